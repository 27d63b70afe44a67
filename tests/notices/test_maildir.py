"""Mail in a Maildir: each letter once, whatever its subject, and a refusal instead of a crash."""

from __future__ import annotations

import errno
import mailbox
import os
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from notices.mail.composing import Sender, compose, message_id
from notices.mail.maildir import DESK, MaildirMail
from notices.mail.port import Mail, MailRefused
from tests.databases import NOW

MAIL = Mail(
    key="ticket:INC-000001:opened",
    to="it-desk@example.org",
    subject="[INC-000001] Écran noir",
    text="Été\n",
    at=NOW,
)


def letters(folder: Path) -> list[EmailMessage]:
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((folder / "new").iterdir())
    ]


def words(letter: EmailMessage) -> str:
    """What was written, without what every letter ends with."""
    body = letter.get_body(preferencelist=("plain",))
    assert body is not None
    return str(body.get_content()).partition("\n-- \n")[0]


async def test_a_letter_is_kept_and_can_be_read(tmp_path: Path) -> None:
    await MaildirMail(tmp_path / "mail").send(MAIL)

    [letter] = letters(tmp_path / "mail")
    assert letter["To"] == MAIL.to
    assert letter["Subject"] == MAIL.subject
    assert words(letter) == MAIL.text
    assert letter["Auto-Submitted"] == "auto-generated"


async def test_a_letter_is_kept_once_per_key(tmp_path: Path) -> None:
    for _ in range(3):
        await MaildirMail(tmp_path / "mail").send(MAIL)
    await MaildirMail(tmp_path / "mail").send(replace(MAIL, subject="again, other words"))
    await MaildirMail(tmp_path / "mail").send(replace(MAIL, key="ticket:INC-000002:opened"))

    assert len(letters(tmp_path / "mail")) == 2


async def test_a_letter_that_was_read_is_not_kept_again(tmp_path: Path) -> None:
    mail = MaildirMail(tmp_path / "mail")
    await mail.send(MAIL)
    box = mailbox.Maildir(tmp_path / "mail")
    for path in list((tmp_path / "mail" / "new").iterdir()):
        path.rename(tmp_path / "mail" / "cur" / f"{path.name}:2,S")
    box.close()

    await mail.send(MAIL)

    assert letters(tmp_path / "mail") == []


async def test_whether_a_letter_is_kept_is_seen_by_its_name_not_by_reading_all_of_them(
    tmp_path: Path,
) -> None:
    mail, folder = MaildirMail(tmp_path / "mail"), tmp_path / "mail"
    for number in range(4):
        await mail.send(replace(MAIL, key=str(number)))
    for number, path in enumerate(sorted((folder / "new").iterdir())):
        path.write_bytes(b"not to be read")
        if number % 2:
            path.rename(folder / "cur" / f"{path.name}:2,RS")

    for again in (mail, MaildirMail(folder)):
        for number in range(4):
            await again.send(replace(MAIL, key=str(number)))

    assert len([*(folder / "new").iterdir(), *(folder / "cur").iterdir()]) == 4


async def test_letters_that_earlier_versions_kept_are_shown_and_not_kept_again(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "mail")
    for number in range(2):
        kept = mailbox.MaildirMessage(compose(replace(MAIL, key=str(number)), DESK))
        if number:
            kept.set_subdir("cur")
        box.add(kept)
    box.close()
    mail = MaildirMail(tmp_path / "mail")

    for number in range(3):
        await mail.send(replace(MAIL, key=str(number)))

    assert len(mail.newest(10)) == 3
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 2


async def test_a_letter_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(MailRefused, match="No space left"):
        await MaildirMail(tmp_path / "mail").send(MAIL)

    assert [path for path in (tmp_path / "mail").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "subject",
    [
        "two\nlines",
        "two\r\nlines",
        "x\r\nBcc: everyone@example.org",
        "x\u2028y\u2029z\x85w\x0bv\x0cu\x1ct",
        "",
        "   ",
        "é" * 400,
        "[INC-000001] 🖨️ brûle",
        "=?utf-8?q?encoded?=",
    ],
)
async def test_any_subject_becomes_one_header_line(tmp_path: Path, subject: str) -> None:
    await MaildirMail(tmp_path / "mail").send(replace(MAIL, subject=subject))

    [letter] = letters(tmp_path / "mail")
    assert letter["Bcc"] is None
    assert letter["Message-ID"]
    assert words(letter) == MAIL.text
    assert "\n" not in letter["Subject"]


@pytest.mark.parametrize(
    "text", ["", "no newline", "x" * 5_000, "From here\n.\n\r\n", "ça 🖨️\n", "Subject: not one\n"]
)
async def test_any_text_arrives(tmp_path: Path, text: str) -> None:
    await MaildirMail(tmp_path / "mail").send(replace(MAIL, text=text))

    [letter] = letters(tmp_path / "mail")
    assert words(letter).split() == text.split()


async def test_an_empty_folder_that_is_there_already_is_used(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()

    await MaildirMail(tmp_path / "mail").send(MAIL)

    assert len(letters(tmp_path / "mail")) == 1


async def test_a_folder_that_does_not_exist_is_made_with_its_parents(tmp_path: Path) -> None:
    await MaildirMail(tmp_path / "a" / "b" / "mail").send(MAIL)

    assert len(letters(tmp_path / "a" / "b" / "mail")) == 1


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/guichet-mail"])
async def test_a_folder_that_cannot_be_written_is_a_refusal_without_the_letter_s_words(
    tmp_path: Path, place: str
) -> None:
    # What even an administrator cannot write: a file in the way, and a system folder.
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(MailRefused) as refused:
        await MaildirMail(tmp_path / place).send(MAIL)

    assert MAIL.subject not in str(refused.value)


async def test_what_was_sent_can_be_read_again_newest_first(tmp_path: Path) -> None:
    mail = MaildirMail(tmp_path / "mail")
    for number in range(4):
        await mail.send(replace(MAIL, key=str(number), subject=f"letter {number}"))
        [path] = [each for each in (tmp_path / "mail" / "new").iterdir() if each.stat().st_mtime > 1_000]
        os.utime(path, (number, number))
        if number == 2:
            path.rename(tmp_path / "mail" / "cur" / f"{path.name}:2,S")

    newest = mail.newest(3)

    assert [letter.subject for letter in newest] == ["letter 3", "letter 2", "letter 1"]
    # What the letter says, whatever became of the file since.
    assert (newest[0].to, newest[0].at) == (MAIL.to, MAIL.at)
    assert newest[0].text.startswith(MAIL.text)
    assert "<h1" in newest[0].html


async def test_a_letter_that_does_not_say_when_it_was_written_is_as_old_as_its_file(tmp_path: Path) -> None:
    await MaildirMail(tmp_path / "mail").send(MAIL)
    undated = tmp_path / "mail" / "new" / "undated"
    undated.write_bytes(b"To: a@example.org\nSubject: x\nDate: some day\n\ny\n")
    os.utime(undated, (5e9, 5e9))

    newest = MaildirMail(tmp_path / "mail").newest(1)

    assert [each.at for each in newest] == [datetime.fromtimestamp(5e9, tz=UTC)]


async def test_a_folder_that_is_not_there_has_no_letters(tmp_path: Path) -> None:
    assert MaildirMail(tmp_path / "nowhere").newest(10) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"Content-Type: text/plain; charset=nonsense\n\nx"])
async def test_what_is_no_letter_does_not_keep_others_from_being_read(tmp_path: Path, content: bytes) -> None:
    mail = MaildirMail(tmp_path / "mail")
    await mail.send(MAIL)
    (tmp_path / "mail" / "new" / "strange").write_bytes(content)

    assert MAIL.subject in [letter.subject for letter in mail.newest(10)]


async def test_letters_are_forgotten_by_their_keys_wherever_they_lie_and_whoever_sent_them(
    tmp_path: Path,
) -> None:
    mail = MaildirMail(tmp_path)
    for number in range(5):
        await mail.send(replace(MAIL, key=f"k{number}"))
    await MaildirMail(tmp_path, Sender("Help <help@old.example.org>")).send(replace(MAIL, key="k5"))
    ids = {letter["Message-ID"]: path for path, letter in kept(tmp_path)}
    read, older, unfinished = (ids[message_id(key, DESK)] for key in ("k1", "k2", "k3"))
    read.rename(tmp_path / "cur" / f"{read.name}:2,S")
    older.rename(tmp_path / "new" / "1700000000.M1P1.host")
    unfinished.rename(tmp_path / "tmp" / unfinished.name)
    (tmp_path / "new" / "notes").write_bytes(b"no letter")

    assert mail.forget(["k1", "k2", "k3", "k5", "never sent"]) == 4

    left = {letter["Message-ID"] for _, letter in kept(tmp_path)} - {None}
    assert left == {message_id(key, DESK) for key in ("k0", "k4")}
    assert mail.forget(["k1"]) == 0
    assert mail.forget([]) == 0
    assert MaildirMail(tmp_path / "nothing").forget(["k1"]) == 0


def kept(folder: Path) -> list[tuple[Path, EmailMessage]]:
    return [
        (path, message_from_bytes(path.read_bytes(), policy=policy.default))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]

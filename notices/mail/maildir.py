"""Mail kept in a Maildir on this machine: what a desk without a mail server sends can still be read."""

from __future__ import annotations

import hashlib
import heapq
import mailbox
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from notices.mail.port import Letter, Mail, MailRefused

_FROM = "Guichet <guichet@localhost>"


class MaildirMail:
    """Writes each letter as a file (RFC 5322) into a Maildir, once per key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: Mail) -> None:
        """Keep a letter; one with the same key is already there and is left alone."""
        try:
            # All three, also in a folder that is there and empty: `mailbox` makes them only with the folder.
            for name in ("tmp", "new", "cur"):
                (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            box = mailbox.Maildir(self._folder)
            message_id = _message_id(mail.key)
            if any(letter["Message-ID"] == message_id for letter in box):
                return
            box.add(_letter(mail, message_id))
        except OSError as error:
            raise MailRefused(f"the mail folder cannot be written: {error.strerror}") from error
        except mailbox.Error as error:
            raise MailRefused("the mail folder cannot be written") from error

    def newest(self, most: int) -> list[Letter]:
        """The newest letters, at most so many; what cannot be read is left out."""
        files = heapq.nlargest(most, self._files())
        return [letter for at, _, path in files if (letter := _read(path, at)) is not None]

    def _files(self) -> Iterator[tuple[float, str, Path]]:
        for name in ("new", "cur"):
            folder = self._folder / name
            for path in folder.iterdir() if folder.is_dir() else ():
                try:
                    yield path.stat().st_mtime, path.name, path
                except OSError:
                    continue  # somebody's mail program has just moved or deleted it


def _read(path: Path, at: float) -> Letter | None:
    try:
        letter = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
        body = letter.get_body(preferencelist=("plain",))
        text = str(body.get_content()) if body is not None else ""
        to, subject = str(letter["To"] or ""), str(letter["Subject"] or "")
        return Letter(to, subject, text, datetime.fromtimestamp(at, tz=UTC))
    except (OSError, LookupError, ValueError, AttributeError):
        return None


def _letter(mail: Mail, message_id: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Message-ID"] = _FROM, mail.to, message_id
    # A header is one line; EmailMessage refuses line breaks, and a subject may come from a chat.
    letter["Subject"] = " ".join(mail.subject.split())
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(mail.text)
    return letter


def _message_id(key: str) -> str:
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@guichet.localhost>"

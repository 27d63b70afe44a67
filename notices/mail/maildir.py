"""Mail kept in a Maildir on this machine: what a desk without a mail server sends can still be read."""

from __future__ import annotations

import asyncio
import heapq
import mailbox
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from notices.mail.composing import Sender, compose
from notices.mail.port import Letter, Mail, MailRefused

DESK = Sender("Guichet <guichet@guichet.localhost>")


class MaildirMail:
    """Writes each letter as a file (RFC 5322) into a Maildir, once per key."""

    def __init__(self, folder: Path, sender: Sender = DESK) -> None:
        self._folder, self._sender = folder, sender

    async def send(self, mail: Mail) -> None:
        """Keep a letter; one with the same key is already there and is left alone."""
        letter = compose(mail, self._sender)
        await asyncio.to_thread(self._keep, letter)

    def _keep(self, letter: EmailMessage) -> None:
        try:
            # All three, also in a folder that is there and empty: `mailbox` makes them only with the folder.
            for name in ("tmp", "new", "cur"):
                (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            box = mailbox.Maildir(self._folder)
            if any(kept["Message-ID"] == letter["Message-ID"] for kept in box):
                return
            box.add(letter.as_bytes(policy=policy.SMTPUTF8.clone(linesep="\n")))
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
        return Letter(
            str(letter["To"] or ""),
            str(letter["Subject"] or "").strip(),
            _body(letter, "plain"),
            _written_at(letter) or datetime.fromtimestamp(at, tz=UTC),
            _body(letter, "html"),
            str(letter["References"] or ""),
            str(letter["Message-ID"] or "").strip("<>").partition("@")[0],
        )
    except (OSError, LookupError, ValueError, AttributeError):
        return None


def _written_at(letter: EmailMessage) -> datetime | None:
    """What the letter itself says; of a file that was copied or restored the machine knows another time."""
    try:
        return parsedate_to_datetime(str(letter["Date"] or "")).astimezone(UTC)
    except ValueError:
        return None


def _body(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""

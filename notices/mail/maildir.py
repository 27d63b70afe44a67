"""Mail kept in a Maildir on this machine: what a desk without a mail server sends can still be read."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import os
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import uuid4

from notices.mail.composing import Sender, compose, message_id
from notices.mail.port import Letter, Mail, MailRefused

DESK = Sender("Guichet <guichet@guichet.localhost>")

_FOLDERS = ("new", "cur")
_OURS = ".guichet"
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_HEAD = 8192
"""How far into a letter its Message-ID stands at most; the desk writes it among the first lines."""


class MaildirMail:
    """Writes each letter as a file (RFC 5322) into a Maildir, once per key.

    The name of a file follows from its Message-ID: whether a letter is there is seen without reading others.
    """

    def __init__(self, folder: Path, sender: Sender = DESK) -> None:
        self._folder, self._sender = folder, sender
        self._named_otherwise: frozenset[str] | None = None

    async def send(self, mail: Mail) -> None:
        """Keep a letter; one with the same key is already there and is left alone."""
        letter = compose(mail, self._sender)
        await asyncio.to_thread(self._keep, letter)

    def _keep(self, letter: EmailMessage) -> None:
        try:
            for folder in ("tmp", "new", "cur"):
                (self._folder / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
            name = _name_of(str(letter["Message-ID"]))
            if not self._is_kept(name):
                self._write(name, letter.as_bytes(policy=policy.SMTPUTF8.clone(linesep="\n")))
        except OSError as error:
            raise MailRefused(f"the mail folder cannot be written: {error.strerror}") from error

    def _is_kept(self, name: str) -> bool:
        """Without opening a letter; mail programs move what was read to `cur` and add flags to its name."""
        if self._named_otherwise is None:
            self._named_otherwise = frozenset(self._names_deserved())
        return (
            (self._folder / "new" / name).exists()
            or name in self._named_otherwise
            or any(each.partition(":")[0] == name for each in os.listdir(self._folder / "cur"))
        )

    def _names_deserved(self) -> Iterator[str]:
        """What letters would be called whose names say nothing: earlier versions kept them so."""
        for _, name, path in self._files():
            if name.partition(":")[0].endswith(_OURS):
                continue
            if found := _message_id_in(path):
                yield _name_of(found)

    def _write(self, name: str, letter: bytes) -> None:
        """Under its name only when it is whole and on the disk."""
        unfinished = self._folder / "tmp" / f"{name}.{uuid4().hex}"
        try:
            with unfinished.open("xb") as file:
                file.write(letter)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._folder / "new" / name)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def newest(self, most: int) -> list[Letter]:
        """The newest letters, at most so many; what cannot be read is left out."""
        files = heapq.nlargest(most, self._files())
        return [letter for at, _, path in files if (letter := _read(path, at)) is not None]

    def forget(self, keys: Collection[str]) -> int:
        """Delete the letters with these keys, also unfinished ones; returns how many there were.

        Whatever the desk's address was when they were kept, for that is half of a Message-ID.

        Raises:
            OSError: one of them cannot be deleted.
        """
        ids = {_local_part(message_id(key, self._sender)) for key in keys}
        paths = [path for _, _, path in self._files("tmp", *_FOLDERS)] if ids else []
        meant = [path for path in paths if _local_part(_message_id_in(path) or "") in ids]
        for path in meant:
            path.unlink(missing_ok=True)
        return len(meant)

    def _files(self, *folders: str) -> Iterator[tuple[float, str, Path]]:
        for name in folders or _FOLDERS:
            folder = self._folder / name
            for path in folder.iterdir() if folder.is_dir() else ():
                try:
                    yield path.stat().st_mtime, path.name, path
                except OSError:
                    continue  # somebody's mail program has just moved or deleted it


def _name_of(message_id: str) -> str:
    return hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()[:32] + _OURS


def _message_id_in(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None  # moved or deleted in this moment, or somebody else's
    found = _MESSAGE_ID.search(head)
    return found[1].decode("utf-8", "replace") if found else None


def _local_part(id_: str) -> str:
    return id_.strip("<>").partition("@")[0]


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
            _local_part(str(letter["Message-ID"] or "")),
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

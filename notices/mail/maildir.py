"""Mail kept in a Maildir on this machine: what a desk without a mail server sends can still be read."""

from __future__ import annotations

import hashlib
import mailbox
from email.message import EmailMessage
from pathlib import Path

from notices.mail.port import Mail, MailRefused

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

"""The way mail leaves: a port, so that the desk does not know by which server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Mail:
    """One letter; `key` becomes the Message-ID, the same at every try."""

    key: str
    to: str
    subject: str
    text: str


@dataclass(frozen=True)
class Letter:
    """A letter that was sent, as it can be read again."""

    to: str
    subject: str
    text: str
    at: datetime


class MailRefused(Exception):
    """The letter was not taken; the text says why, without quoting it."""


class MailPort(Protocol):
    """Takes letters; returns when the other side has them."""

    def send(self, mail: Mail) -> None:
        """Hand a letter over.

        Raises:
            MailRefused: not taken; trying again later may help.
        """


class SentMail(Protocol):
    """Shows what was sent, where that can be read again."""

    def newest(self, most: int) -> list[Letter]:
        """The newest letters, at most so many; what cannot be read is left out."""

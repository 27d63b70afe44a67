"""The way mail leaves: a port, so that the desk does not know by which server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class MailLink:
    """A place to go to from a letter: its whole address, what the button says, and what stands before it."""

    url: str
    label: str
    lead: str = ""


@dataclass(frozen=True)
class Mail:
    """One letter; `key` becomes the Message-ID, the same at every try.

    `thread` is what letters of one conversation have in common, such as a ticket's number; `at` is when it
    was decided to write it.
    """

    key: str
    to: str
    subject: str
    text: str
    at: datetime
    language: str = "en"
    links: tuple[MailLink, ...] = ()
    thread: str | None = None


@dataclass(frozen=True)
class Letter:
    """A letter that was sent, as it can be read again; `thread` is the id its References name."""

    to: str
    subject: str
    text: str
    at: datetime
    html: str = ""
    thread: str = ""
    id: str = ""


class MailRefused(Exception):
    """The letter was not taken; the text says why, without quoting it.

    Permanent: this letter will never be taken, and trying again would only annoy the other side.
    """

    def __init__(self, why: str, *, is_permanent: bool = False) -> None:
        super().__init__(why)
        self.is_permanent = is_permanent


class MailPort(Protocol):
    """Takes letters; returns when the other side has them."""

    async def send(self, mail: Mail) -> None:
        """Hand a letter over.

        Raises:
            MailRefused: not taken; unless that is permanent, trying again later may help.
        """


class SentMail(Protocol):
    """Shows what was sent, where that can be read again."""

    def newest(self, most: int) -> list[Letter]:
        """The newest letters, at most so many; what cannot be read is left out."""

"""The words of a notice: the letter somebody gets, and the line in the conversation."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from sqlalchemy.orm import Session

from identity.people.models import Person
from notices.preferences.logic import NoticeKind
from notices.texts.catalogue import DEFAULT_LANGUAGE, entries, say
from ticketing.groups.logic import name_in
from ticketing.groups.operations import group_for
from ticketing.tickets.audience import WITH_WORDS
from ticketing.tickets.journal import ASSISTANT, DESK, person, person_id_of
from ticketing.tickets.letters import requester_line
from ticketing.tickets.logic import ticket_number
from ticketing.tickets.models import JournalEntry, Ticket
from ticketing.tickets.names import names_of

Words = str | Callable[[str], str]
"""What somebody wrote, or what the desk says in the language it is given."""

ADDED = "added"
"""A reply that comes from the requester."""

TITLE_CHARACTERS = 80


class Side(enum.Enum):
    """From where somebody looks at a ticket; without words of its own a side has those of the next."""

    REQUESTER = ("requester",)
    WATCHER = ("watcher", "requester")
    ASSIGNEE = ("staff",)
    STAFF = ("watching", "staff")

    @property
    def is_staff(self) -> bool:
        return "staff" in self.value


@dataclass(frozen=True)
class Reader:
    """Who gets a letter; of an address that nobody vouches for it is not known whose it is."""

    side: Side
    language: str
    is_verified: bool


@dataclass(frozen=True)
class News:
    """What has happened to a ticket, and the words for whom it concerns and for the staff."""

    ticket: Ticket
    kind: NoticeKind
    entry: JournalEntry
    text: Words | None = None
    staff_text: Words | None = None

    @property
    def number(self) -> str:
        return ticket_number(self.ticket.type, self.ticket.id)

    @property
    def key(self) -> str:
        """As the texts name it."""
        if self.kind is NoticeKind.ON_HOLD and self.ticket.hold_reason is not None:
            return f"{self.kind.value}_{self.ticket.hold_reason.value}"
        if self.kind is NoticeKind.REPLIED and self.entry.actor == person(self.ticket.requester_id):
            return ADDED
        return self.kind.value

    @property
    def has_file(self) -> bool:
        """Whether a file came with the words; it stays with the desk: people are told where it is."""
        return "file" in self.entry.data


def letter(session: Session, news: News, reader: Reader) -> dict[str, Any]:
    """Subject and words. An address that nobody vouches for gets none of the requester's words."""
    values = _values(session, news, reader)
    headline = _said("headline", news.key, reader, values)
    summary = news.ticket.summary if reader.is_verified else ""
    words = news.staff_text or news.text if reader.side.is_staff else news.text
    if not reader.side.is_staff and news.kind not in WITH_WORDS:
        words = None
    body = [
        _said("mail", news.key, reader, values),
        _quoted(words, reader.language),
        _file(news, reader, values),
        _end(news, reader, values),
    ]
    return {
        "subject": f"[{news.number}] {_titled(headline, summary, reader.language)}",
        "text": "\n\n".join(filter(None, body)),
        "ticket": news.number,
        "language": reader.language,
    }


def line(news: News, *, with_invitation: bool) -> str:
    """What is said in the conversation."""
    language = news.ticket.language
    ending = f"notice_end_{news.key}"
    pieces = [
        say(f"notice_ticket_{news.key}", language, ticket=news.number).text,
        _in(news.text, language) if news.kind in WITH_WORDS else "",
        say("notice_file", language).text if news.has_file else "",
        say(ending, language).text if ending in entries(language) else "",
        say("rating_invitation", language).text if with_invitation else "",
    ]
    return "\n\n".join(filter(None, pieces))


def _said(what: str, key: str, reader: Reader, values: dict[str, str]) -> str:
    known = entries(DEFAULT_LANGUAGE)
    names = (f"{what}_{side}_{key}" for side in reader.side.value)
    return say(next(name for name in names if name in known), reader.language, **values).text


def _titled(headline: str, summary: str, language: str) -> str:
    """A subject that a list of mails has room for, its first words first."""
    if not summary:
        return headline
    title = shorten(summary, TITLE_CHARACTERS, placeholder="…")
    if title == "…":  # its first word alone is too long
        title = f"{summary[: TITLE_CHARACTERS - 1]}…"
    return say("headline_and_title", language, headline=headline, title=title).text


def _file(news: News, reader: Reader, values: dict[str, str]) -> str:
    if not news.has_file:
        return ""
    if reader.side.is_staff:
        return say("mail_file_staff", reader.language, **values, entry=str(news.entry.number)).text
    is_at_hand = reader.side is Side.REQUESTER and news.ticket.conversation_id is not None
    return say("mail_file_chat" if is_at_hand else "mail_file_team", reader.language).text


def _end(news: News, reader: Reader, values: dict[str, str]) -> str:
    """What to do next, or where to read more."""
    language = reader.language
    if reader.side.is_staff:
        facts = say("mail_staff_facts", language, **values).text
        return f"{facts}\n\n{say('mail_end_staff', language, **values).text}"
    if reader.side is Side.WATCHER:
        return say("mail_end_watcher", language, **values).text
    way = "mail_end_chat" if news.ticket.conversation_id is not None else "mail_end_phone"
    own = f"{way}_{news.key}"
    return say(own if own in entries(DEFAULT_LANGUAGE) else way, language, **values).text


def _values(session: Session, news: News, reader: Reader) -> dict[str, str]:
    """What the texts of a side may name; of the team nobody outside is told a name."""
    ticket, language = news.ticket, reader.language
    if not reader.side.is_staff:
        return {"ticket": news.number}
    group = group_for(session, ticket.assignment_group)
    return {
        "ticket": news.number,
        "who": _name(session, news.entry.actor, language),
        "assignee": _name(session, ticket.assignee, language),
        "group": name_in(group.names, language, group.key),
        "tier": ticket.tier.value,
        "priority": ticket.priority.value,
        "status": say(f"mail_status_{ticket.status.value}", language).text,
        "requester": requester_line(session.get_one(Person, ticket.requester_id), language),
    }


def _name(session: Session, actor: str | None, language: str) -> str:
    if actor is None:
        return say("mail_nobody", language).text
    if actor in (DESK, ASSISTANT):
        return say("mail_who_desk", language).text
    name = names_of(session, [actor])[actor]
    is_nameless = name == actor and person_id_of(actor) is not None
    return say("mail_who_requester", language).text if is_nameless else name


def _quoted(words: Words | None, language: str) -> str:
    """What somebody wrote stands apart from what the desk says, as mail programs know it."""
    if not isinstance(words, str):
        return _in(words, language)
    return "\n".join(f"> {line}".rstrip() for line in words.splitlines())


def _in(words: Words | None, language: str) -> str:
    if words is None:
        return ""
    return words if isinstance(words, str) else words(language)

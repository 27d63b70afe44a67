"""What is asked before something is put on file, in which order, and what an answer changes. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ticketing.intake.errors import DraftUnreadable
from ticketing.tickets.logic import TicketType
from ticketing.tickets.priority import Impact, Urgency

MOST_FAILED_ANSWERS = 2
LONGEST_TEXT = 4_000


class Purpose(enum.StrEnum):
    """What the answers are for."""

    INCIDENT = "incident"
    REQUEST = "request"
    ACCESS = "access"  # a password or an account: everything is known but how to reach the person
    COMMENT = "comment"
    CONTACT = "contact"


class Field(enum.StrEnum):
    """One thing to ask."""

    NAME = "name"
    ADDRESS = "address"
    WHAT = "what"
    SIMILAR = "similar"
    WHERE_SINCE = "where_since"
    AFFECTED = "affected"
    WORK = "work"
    DETAILS = "details"
    TICKET = "ticket"
    COMMENT = "comment"
    SUMMARY = "summary"


_CONTACT = (Field.NAME, Field.ADDRESS)
ORDER = {
    Purpose.INCIDENT: (
        *_CONTACT,
        Field.WHAT,
        Field.SIMILAR,
        Field.WHERE_SINCE,
        Field.AFFECTED,
        Field.WORK,
        Field.SUMMARY,
    ),
    Purpose.REQUEST: (*_CONTACT, Field.WHAT, Field.SIMILAR, Field.DETAILS, Field.SUMMARY),
    Purpose.ACCESS: _CONTACT,
    Purpose.COMMENT: (Field.TICKET, Field.COMMENT, *_CONTACT),
    Purpose.CONTACT: _CONTACT,
}
CAN_CHANGE = {
    Purpose.INCIDENT: (Field.WHAT, Field.WHERE_SINCE, Field.AFFECTED, Field.WORK),
    Purpose.REQUEST: (Field.WHAT, Field.DETAILS),
}
"""What may be put right at the summary."""


@dataclass(frozen=True)
class Draft:
    """What is known so far, as Rasa keeps it between two turns.

    Attributes:
        settled: fields that are not asked (any more): answered, known, refused or given up.
        failed: how often the field that is asked now was answered with something else.
        similar: numbers of the person's open tickets that may be about the same.
        ticket: the number of the ticket that a comment goes to.
    """

    purpose: Purpose
    settled: frozenset[Field] = frozenset()
    asking: Field | None = None
    failed: int = 0
    name: str | None = None
    address: str | None = None
    what: str | None = None
    details: str | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None
    ticket: str | None = None
    comment: str | None = None
    similar: tuple[str, ...] = ()
    similar_summaries: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    category: str | None = None
    # The summary was refused: which part is to be changed is asked.
    is_changing: bool = False

    @property
    def type(self) -> TicketType:
        """Something broke, or something ordinary is wished for."""
        return TicketType.INCIDENT if self.purpose is Purpose.INCIDENT else TicketType.SERVICE_REQUEST

    def with_settled(self, *fields_: Field) -> Draft:
        """The same, with these not to be asked."""
        return replace(self, settled=self.settled | set(fields_))

    def as_json(self) -> dict[str, Any]:
        """For the assistant's memory; `read_draft` reads it."""
        values = {key: value for key, value in asdict(self).items() if value}
        for key, value in values.items():
            if isinstance(value, frozenset | tuple):
                values[key] = sorted(value) if isinstance(value, frozenset) else list(value)
            elif isinstance(value, enum.Enum):
                values[key] = value.value
        return values


def next_field(draft: Draft) -> Field | None:
    """What to ask next; None when everything is settled."""
    return next((field for field in ORDER[draft.purpose] if field not in draft.settled), None)


def asking(draft: Draft) -> Draft:
    """The draft with its next question asked; the count of failures is for one question only."""
    field = next_field(draft)
    return draft if field is draft.asking else replace(draft, asking=field, failed=0)


def answered(draft: Draft, **values: Any) -> Draft:
    """The field that was asked has its answer."""
    settled = replace(draft, **values, failed=0, is_changing=False)
    return settled if draft.asking is None else settled.with_settled(draft.asking)


def misunderstood(draft: Draft) -> Draft:
    """The answer was something else: once more, and after the second time on without it."""
    failed = draft.failed + 1
    # Without a yes nothing is put on file, however often something else is said.
    if failed < MOST_FAILED_ANSWERS or draft.asking in (None, Field.SUMMARY):
        return replace(draft, failed=failed)
    return replace(draft, failed=0, is_changing=False).with_settled(draft.asking)


def without_contact(draft: Draft) -> Draft:
    """The person wishes to stay unknown: neither is asked again."""
    return replace(draft, name=None, address=None, failed=0).with_settled(*_CONTACT)


def reopened(draft: Draft, field: Field) -> Draft:
    """One part of the summary is asked again."""
    return replace(draft, settled=draft.settled - {field}, failed=0, is_changing=False)


def with_more(draft: Draft, text: str) -> Draft:
    """Something more to know, added to what is on the draft already."""
    details = "\n".join(filter(None, [draft.details, text.strip()]))[:LONGEST_TEXT]
    return replace(draft, details=details)


def to_comment(draft: Draft, number: str) -> Draft:
    """It is about a ticket that is open already: what was said becomes a comment on it."""
    said = "\n".join(filter(None, [draft.what, draft.details]))
    return replace(
        draft, purpose=Purpose.COMMENT, ticket=number, comment=said or None, asking=None, failed=0
    ).with_settled(*ORDER[Purpose.COMMENT])


def read_draft(value: object) -> Draft | None:
    """The draft that the assistant kept, None if it kept none.

    Raises:
        DraftUnreadable: it is not one; the assistant's memory is not trusted.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping) or not set(value) <= {field.name for field in fields(Draft)}:
        raise DraftUnreadable
    try:
        return Draft(**{key: _READ[key](each) for key, each in value.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise DraftUnreadable from error


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT * 2:
        raise DraftUnreadable
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise DraftUnreadable
    return tuple(_text(each) for each in value)


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise DraftUnreadable
    return value


_READ: dict[str, Any] = {
    "purpose": Purpose,
    "settled": lambda value: frozenset(map(Field, _texts(value))),
    "asking": Field,
    "failed": _count,
    "impact": Impact,
    "urgency": Urgency,
    "similar": _texts,
    "similar_summaries": _texts,
    "articles": _texts,
    "is_changing": bool,
    **dict.fromkeys(("name", "address", "what", "details", "ticket", "comment", "category"), _text),
}

"""In which orders the staff reads its tickets, and where a page of them goes on.

A page goes on after the last ticket of the one before, not after so many: what is opened or finished
meanwhile shifts nothing, and a page in the middle costs what the first one costs.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from ticketing.tickets.errors import CursorInvalid
from ticketing.tickets.models import Ticket
from ticketing.tickets.priority import Priority


class StaffSort(enum.Enum):
    """What comes first; among equals the ticket that was opened first, or last where that is asked."""

    DUE = "due"  # what is due next; what is never due comes last
    PRIORITY = "priority"
    OLDEST = "oldest"
    NEWEST = "newest"
    CHANGED = "changed"  # what changed last


@dataclass(frozen=True)
class Stretch:
    """A part of a list in which no key is missing, so that it can be read along an index."""

    keys: tuple[InstrumentedAttribute[Any], ...]
    is_descending: bool = False
    holds: ColumnElement[bool] | None = None

    def page(
        self, wanted: Select[*tuple[Any, ...]], after: Sequence[Any] | None, limit: int
    ) -> Select[*tuple[Any, ...]]:
        """The tickets of this stretch behind a place, in order."""
        if self.holds is not None:
            wanted = wanted.where(self.holds)
        if after is not None:
            here = tuple_(*self.keys)
            place = tuple_(*(literal(value, key.type) for key, value in zip(self.keys, after, strict=True)))
            wanted = wanted.where(here < place if self.is_descending else here > place)
        order = (key.desc() if self.is_descending else key.asc() for key in self.keys)
        return wanted.order_by(*order).limit(limit)


STRETCHES: dict[StaffSort, tuple[Stretch, ...]] = {
    StaffSort.DUE: (
        Stretch((Ticket.next_due_at, Ticket.id), holds=Ticket.next_due_at.is_not(None)),
        Stretch((Ticket.id,), holds=Ticket.next_due_at.is_(None)),
    ),
    StaffSort.PRIORITY: (Stretch((Ticket.priority, Ticket.opened_at, Ticket.id)),),
    StaffSort.OLDEST: (Stretch((Ticket.opened_at, Ticket.id)),),
    StaffSort.NEWEST: (Stretch((Ticket.opened_at, Ticket.id), is_descending=True),),
    StaffSort.CHANGED: (Stretch((Ticket.changed_at, Ticket.id), is_descending=True),),
}


@dataclass(frozen=True)
class Place:
    """Behind which ticket a page begins: the stretch of the list, and the ticket's keys there."""

    stretch: int
    keys: tuple[Any, ...]


def cursor_of(sort: StaffSort, place: Place) -> str:
    """A place as clients hand it back; for them it has no meaning."""
    written = json.dumps([sort.value, place.stretch, *map(_written, place.keys)], separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def place_of(sort: StaffSort, cursor: str) -> Place:
    """The place behind a cursor.

    Raises:
        CursorInvalid: it was not given by this list in this order.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, number, *written = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if name != sort.value or type(number) is not int or number < 0:
            raise CursorInvalid
        keys = STRETCHES[sort][number].keys
        return Place(number, tuple(_read(key, each) for key, each in zip(keys, written, strict=True)))
    except (binascii.Error, ValueError, TypeError, LookupError):
        raise CursorInvalid from None


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, enum.Enum) else value


def _read(key: InstrumentedAttribute[Any], written: Any) -> Any:
    if key.key == Ticket.id.key:
        if type(written) is not int or abs(written) >= 2**31:
            raise CursorInvalid
        return written
    if key.key == Ticket.priority.key:
        return Priority(written)
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise CursorInvalid
    return at

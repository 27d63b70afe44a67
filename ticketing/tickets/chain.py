"""The arithmetic of journals: digests, the chain, replay. No I/O."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from ticketing.tickets.logic import EntryKind

Fields = dict[str, Any]
Fault = tuple[int | None, str]
"""The entry at which something is wrong, or None for the ticket or the problem itself; and what is wrong."""
R = TypeVar("R")


class Said(Protocol):
    """What an entry of any journal says, without its words, which are present as a digest only."""

    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> enum.Enum: ...
    @property
    def before(self) -> Fields: ...
    @property
    def after(self) -> Fields: ...
    @property
    def data(self) -> Fields: ...
    @property
    def actor(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def text_digest(self) -> str | None: ...


class Linked(Said, Protocol):
    """An entry as it is kept."""

    @property
    def id(self) -> int: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class Entry:
    """What an entry in the journal of a ticket says."""

    ticket_id: int
    number: int
    kind: EntryKind
    before: Fields
    after: Fields
    data: Fields
    actor: str
    at: datetime
    text_digest: str | None


class ReplayFailed(Exception):
    """An entry changes something that was not so."""

    def __init__(self, number: int, field: str) -> None:
        super().__init__(f"entry {number} changes a {field} that was not so")
        self.number, self.field = number, field


def told_fields(row: object, names: Iterable[str]) -> Fields:
    """Fields of a row as a journal writes them."""
    return {name: _plain(getattr(row, name)) for name in names}


def change(row: object, **fields: Any) -> tuple[Fields, Fields]:
    """Set fields of a row; returns those that were something else, before and after."""
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    before = told_fields(row, changed)
    for name, value in changed.items():
        setattr(row, name, value)
    return before, told_fields(row, changed)


def entry_digest(previous: str, entry: Entry) -> str:
    """The link of an entry of a ticket."""
    return link(previous, entry.ticket_id, entry)


def link(previous: str, subject: int | str, said: Said) -> str:
    """The link of an entry: SHA-256 over the link before, whose journal it is, and all the entry says."""
    whole = [
        previous,
        subject,
        said.number,
        said.kind.value,
        said.before,
        said.after,
        said.data,
        said.actor,
        said.at.astimezone(UTC).isoformat(timespec="microseconds"),
        said.text_digest,
    ]
    return hashlib.sha256(canonical(whole).encode()).hexdigest()


def text_digest(salt: str, text: str) -> str:
    """What the chain holds of a text: SHA-256 over its salt and itself."""
    return hashlib.sha256(f"{salt}:{text}".encode()).hexdigest()


def opening_words(*words: str | None) -> str:
    """The words that something was opened with (summary, description, details) as one text."""
    return canonical(words)


def canonical(value: Any) -> str:
    """JSON of which there is one form only."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def replay(entries: Iterable[Said]) -> Fields:
    """The fields of a ticket or a problem as its journal tells them.

    Raises:
        ReplayFailed: an entry starts from something else than where the one before has ended.
    """
    state: Fields = {}
    for entry in entries:
        for field, value in entry.before.items():
            if field not in state or state[field] != value:
                raise ReplayFailed(entry.number, field)
        state |= entry.after
    return state


def broken_chain(
    rows: Sequence[R],
    *,
    length: int,
    entry_of: Callable[[R], Linked],
    digest_of: Callable[[str, R], str],
    fault_in: Callable[[R], str | None],
) -> Iterator[Fault]:
    """What is missing, changed, swapped or added in a journal that should have so many entries, in order.

    Args:
        digest_of: the digest of an entry behind the one with this digest.
        fault_in: what is wrong with what stands beside an entry.
    """
    previous = ""
    for expected, row in enumerate(rows, start=1):
        entry = entry_of(row)
        if entry.number != expected:
            yield expected, "it is missing"
            return
        if entry.digest != digest_of(previous, row):
            yield expected, "it is not what was written"
        if why := fault_in(row):
            yield expected, why
        previous = entry.digest
    if length > len(rows):
        yield len(rows) + 1, "it is missing"


def erased_by_nobody(erasures: Iterable[Said], erased: Iterable[Said]) -> Iterator[Fault]:
    """Entries whose words are gone although no erasure tells of it.

    Asked last: the entry that tells of an erasure comes later, and must itself be sound.
    """
    told = {each.data.get("entry") for each in erasures}
    for entry in erased:
        if entry.number not in told:
            yield entry.number, "its text was erased by nobody"


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value

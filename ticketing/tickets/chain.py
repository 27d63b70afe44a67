"""The journal's arithmetic: digests, the chain, replay. No I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ticketing.tickets.logic import EntryKind

Fields = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """What a journal entry says, without its words, which are present as a digest only."""

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
        super().__init__(f"entry {number} changes a {field} that the ticket did not have")
        self.number, self.field = number, field


def entry_digest(previous: str, entry: Entry) -> str:
    """The link of an entry: SHA-256 over the link before and everything the entry says."""
    said = [
        previous,
        entry.ticket_id,
        entry.number,
        entry.kind.value,
        entry.before,
        entry.after,
        entry.data,
        entry.actor,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.text_digest,
    ]
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def text_digest(salt: str, text: str) -> str:
    """What the chain holds of a text: SHA-256 over its salt and itself."""
    return hashlib.sha256(f"{salt}:{text}".encode()).hexdigest()


def opening_words(summary: str, description: str, details: str | None) -> str:
    """The words of a ticket as one text."""
    return canonical([summary, description, details])


def canonical(value: Any) -> str:
    """JSON of which there is one form only."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def replay(entries: Iterable[Entry]) -> Fields:
    """The fields of a ticket as its journal tells them.

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

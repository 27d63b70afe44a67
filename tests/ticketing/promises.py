"""Histories of tickets for the tests of clocks, and a model that counts their minutes one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.ticketing.calendars import MINUTE, Model
from ticketing.sla.history import Happening, Run, points_of, runs_of
from ticketing.sla.logic import PAUSES, Agreement, Conditions, Level, Target
from ticketing.tickets.logic import EntryKind, HoldReason

AGENT, PERSON, DESK = "agent:1", "person:7", "desk"

OPENED = {
    "type": "incident",
    "status": "new",
    "hold_reason": None,
    "assignee": None,
    "priority": "P3",
    "category": "other",
    "assignment_group": "service-desk",
    "tier": "L1",
    "merged_into_id": None,
}

Event = tuple[datetime, str, str | None]
"""When, what, and of which kind: the reason of a hold, who reopens."""

VERBS: dict[str, tuple[str, ...]] = {
    # What can happen to a ticket that is open, on hold, resolved.
    "open": ("hold", "resolve", "resolve by desk", "ask", "answer", "chat", "start", "merge"),
    "on_hold": ("resume", "ask", "answer"),
    "finished": ("reopen", "answer"),
    "merged": ("unmerge", "ask"),
}
AFTERWARDS = {
    "hold": "on_hold",
    "resume": "open",
    "resolve": "finished",
    "resolve by desk": "finished",
    "reopen": "open",
    "merge": "merged",
    "unmerge": "open",
}


@st.composite
def histories(draw: st.DrawFn, start: datetime, most: int = 8) -> list[Event]:
    """What happens to a ticket, one thing after another."""
    at, mode = start, "open"
    events: list[Event] = []
    for _ in range(draw(st.integers(0, most))):
        at += draw(st.integers(1, 900)) * MINUTE
        verb = draw(st.sampled_from(VERBS[mode]))
        kind = draw(st.sampled_from(HoldReason)).value if verb == "hold" else None
        if verb == "reopen":
            kind = draw(st.sampled_from((AGENT, PERSON)))
        events.append((at, verb, kind))
        mode = AFTERWARDS.get(verb, mode)
    return events


def happenings(start: datetime, events: list[Event]) -> list[Happening]:
    """The journal that tells of it."""
    return [
        Happening(EntryKind.OPENED, "assistant", start, OPENED),
        *(_happening(*event) for event in events),
    ]


def runs(start: datetime, events: list[Event]) -> tuple[Run, ...]:
    return runs_of(points_of(happenings(start, events)))


def a_level(model: Model, minutes: dict[Target, int], agreement: Agreement = Agreement.SLA) -> Level:
    """Promises to everybody."""
    lengths = {target: length * MINUTE for target, length in minutes.items()}
    return Level("all", agreement, Conditions(), lengths, model.calendar(), PAUSES[agreement])


def _happening(at: datetime, verb: str, kind: str | None) -> Happening:
    moved, status = EntryKind.MOVED, "status"
    entries: dict[str, tuple[EntryKind, str, dict[str, Any]]] = {
        "hold": (moved, AGENT, {status: "on_hold", "hold_reason": kind}),
        "resume": (moved, AGENT, {status: "in_progress", "hold_reason": None}),
        "start": (moved, AGENT, {status: "in_progress", "assignee": AGENT}),
        "resolve": (moved, AGENT, {status: "resolved"}),
        "resolve by desk": (moved, DESK, {status: "resolved"}),
        "cancel": (moved, AGENT, {status: "cancelled"}),
        "reopen": (EntryKind.REOPENED, kind or AGENT, {status: "assigned"}),
        "ask": (EntryKind.REPLIED, PERSON, {}),
        "answer": (EntryKind.REPLIED, AGENT, {}),
        "chat": (EntryKind.REPLIED, "assistant", {}),
        "merge": (EntryKind.MERGED, AGENT, {"merged_into_id": 2}),
        "unmerge": (EntryKind.UNMERGED, AGENT, {"merged_into_id": None}),
        "P1": (EntryKind.RECLASSIFIED, AGENT, {"priority": "P1"}),
        "pass on": (
            EntryKind.TRANSFERRED,
            AGENT,
            {"assignment_group": kind, status: "new", "assignee": None},
        ),
        "assign": (EntryKind.ASSIGNED, AGENT, {"assignee": kind, status: "assigned" if kind else "new"}),
    }
    what, actor, after = entries[verb]
    return Happening(what, actor, at, after)


@dataclass
class Counted:
    """What the model knows of one promise."""

    used: timedelta = timedelta(0)
    due: datetime | None = None
    met: datetime | None = None
    is_over: bool = False


@dataclass
class Minutes:
    """Counts a ticket's minutes by the meaning of each promise, with no idea of intervals."""

    model: Model
    lengths: dict[Target, int]
    found: dict[tuple[Target, int], Counted] = field(default_factory=dict)
    mode: str = "open"
    hold: str | None = None
    has_answered: bool = False
    asked: int = 0
    is_asked: bool = False

    def count(self, start: datetime, events: list[Event], until: datetime) -> None:
        self.found = {(Target.FIRST_RESPONSE, 1): Counted(), (Target.RESOLUTION, 1): Counted()}
        pending = list(events)
        minute = start
        while True:
            while pending and pending[0][0] == minute:
                self._happens(*pending.pop(0))
            if minute >= until:
                return
            self._passes(minute)
            minute += MINUTE

    def _happens(self, at: datetime, verb: str, kind: str | None) -> None:
        resolution = self.found[Target.RESOLUTION, 1]
        answers = verb in ("answer", "resolve")
        if answers and not self.has_answered:
            self.found[Target.FIRST_RESPONSE, 1].met = at
        if self.is_asked and (answers or verb == "resolve by desk"):
            pending = self.found[Target.NEXT_RESPONSE, self.asked]
            pending.met, pending.is_over = at if answers else None, True
            self.is_asked = False
        self.has_answered = self.has_answered or answers
        if verb == "hold":
            self.hold = kind
        if verb in ("resume", "reopen", "resolve"):
            self.hold = None
        self.mode = AFTERWARDS.get(verb, self.mode)
        if self.mode == "finished" and resolution.met is None:
            resolution.met = at
        if verb == "reopen":
            resolution.met = None
        by_person = verb == "ask" or (verb == "reopen" and kind == PERSON)
        if by_person and self.has_answered and not self.is_asked and self.mode in ("open", "on_hold"):
            self.asked, self.is_asked = self.asked + 1, True
            self.found[Target.NEXT_RESPONSE, self.asked] = Counted()

    def _passes(self, minute: datetime) -> None:
        if not self.model.counts(minute) or self.mode in ("finished", "merged"):
            return
        for (target, _), counted in self.found.items():
            waits = self.hold is not None and target is not Target.FIRST_RESPONSE
            if waits or counted.met or counted.is_over:
                continue
            counted.used += MINUTE
            if counted.used == self.lengths[target] * MINUTE:
                counted.due = minute + MINUTE

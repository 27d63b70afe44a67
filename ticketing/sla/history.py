"""What a journal tells of promises: when each began, went on, waited and ended. No I/O, no calendar."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketing.sla.logic import Facts, Target
from ticketing.tickets.logic import EntryKind, HoldReason, Status, SupportTier, TicketType
from ticketing.tickets.priority import Priority


class Mode(enum.Enum):
    """What a ticket is doing, as clocks see it."""

    OPEN = "open"
    ON_HOLD = "on_hold"
    FINISHED = "finished"
    STOPPED = "stopped"  # cancelled, or merged into another one


CLOSED_MODES = frozenset({Mode.FINISHED, Mode.STOPPED})

IRRELEVANT = frozenset(
    {
        EntryKind.HANDOFF_REQUESTED,
        EntryKind.WORK_NOTED,
        EntryKind.TEXT_ERASED,
        EntryKind.ROUTED,
        EntryKind.SPLIT,
        EntryKind.MARKED_DUPLICATE,
        EntryKind.PARENT_CHANGED,
        EntryKind.TAGGED,
        EntryKind.WATCHED,
        EntryKind.PROBLEM_LINKED,
        EntryKind.PROBLEM_UNLINKED,
        EntryKind.SLA_WARNED,
        EntryKind.SLA_BREACHED,
        EntryKind.LEAD_TOLD,
        EntryKind.RATED,
    }
)
"""Entries that no clock looks at, unless they change what the ticket is."""


@dataclass(frozen=True)
class Happening:
    """A journal entry as clocks need it."""

    kind: EntryKind
    actor: str
    at: datetime
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """How a ticket stands from a moment on."""

    at: datetime
    mode: Mode
    status: Status
    hold: HoldReason | None
    assignee: str | None
    facts: Facts
    happening: Happening

    @property
    def is_open(self) -> bool:
        return self.mode not in CLOSED_MODES


@dataclass(frozen=True)
class Phase:
    """A time in which a ticket did one thing; it goes on where there is no end."""

    since: datetime
    until: datetime | None
    mode: Mode
    hold: HoldReason | None
    why: str


@dataclass(frozen=True)
class Run:
    """One promise to be kept: when it began, its phases, and how it ended.

    Args:
        target: None for the time during which nobody has the ticket.
        occurrence: a next response may be owed many times; each stay in a group is one.
        facts: how the ticket was when the promise ended, or is.
    """

    target: Target | None
    occurrence: int
    phases: tuple[Phase, ...]
    started_at: datetime
    met_at: datetime | None
    cancelled_at: datetime | None
    facts: Facts

    @property
    def ended_at(self) -> datetime | None:
        return self.met_at or self.cancelled_at

    @property
    def is_paused_by_holds(self) -> bool:
        """Nobody has said a word yet: a ticket on hold excuses no silence."""
        return self.target is not Target.FIRST_RESPONSE


def points_of(
    happenings: Iterable[Happening], *, requester_group: str | None = None, is_vip: bool = False
) -> tuple[Point, ...]:
    """How a ticket stood after each entry. Where a clock went backwards, time stands still."""
    state: dict[str, Any] = {}
    points: list[Point] = []
    for happening in happenings:
        state |= happening.after
        points.append(
            Point(
                at=max(happening.at, points[-1].at) if points else happening.at,
                mode=_mode(state),
                status=Status(state["status"]),
                hold=HoldReason(state["hold_reason"]) if state.get("hold_reason") else None,
                assignee=state.get("assignee"),
                facts=Facts(
                    type=TicketType(state["type"]),
                    priority=Priority(state["priority"]),
                    category=state["category"],
                    group=state["assignment_group"],
                    tier=SupportTier(state["tier"]),
                    requester_group=requester_group,
                    is_vip=is_vip,
                ),
                happening=happening,
            )
        )
    return tuple(points)


def runs_of(points: Sequence[Point]) -> tuple[Run, ...]:
    """Every promise that the journal knows of, kept or not."""
    if not points:
        return ()
    return (
        _first_response(points),
        *_next_responses(points),
        _resolution(points),
        *_stays(points),
        *_unassigned(points),
    )


def _mode(state: Mapping[str, Any]) -> Mode:
    status = Status(state["status"])
    if state.get("merged_into_id") is not None or status is Status.CANCELLED:
        return Mode.STOPPED
    if status in (Status.RESOLVED, Status.CLOSED):
        return Mode.FINISHED
    return Mode.ON_HOLD if status is Status.ON_HOLD else Mode.OPEN


def _is_answer(points: Sequence[Point], index: int) -> bool:
    """Whether a person of the team says something to the requester: a reply, or what was done."""
    point = points[index]
    if not point.happening.actor.startswith("agent:"):
        return False
    resolves = point.mode is Mode.FINISHED and (index == 0 or points[index - 1].is_open)
    return point.happening.kind is EntryKind.REPLIED or resolves


def _is_asked(point: Point) -> bool:
    """Whether the requester says something that wants an answer."""
    kinds = (EntryKind.REPLIED, EntryKind.REOPENED)
    return point.is_open and point.happening.kind in kinds and point.happening.actor.startswith("person:")


def _first_response(points: Sequence[Point]) -> Run:
    answers = (index for index in range(len(points)) if _is_answer(points, index))
    return _run(Target.FIRST_RESPONSE, 1, points, 0, met=next(answers, None))


def _resolution(points: Sequence[Point]) -> Run:
    end = _end(points)
    is_met = end is not None and points[end].mode is Mode.FINISHED
    return _run(Target.RESOLUTION, 1, points, 0, met=end if is_met else None)


def _next_responses(points: Sequence[Point]) -> Iterator[Run]:
    asked: int | None = None
    occurrence, has_answered = 0, False
    for index, point in enumerate(points):
        if _is_answer(points, index):
            if asked is not None:
                yield _run(Target.NEXT_RESPONSE, occurrence, points, asked, met=index)
            asked, has_answered = None, True
        elif asked is not None and point.mode is Mode.FINISHED:
            yield _run(Target.NEXT_RESPONSE, occurrence, points, asked, cancelled=index)
            asked = None
        elif asked is None and has_answered and _is_asked(point):
            asked, occurrence = index, occurrence + 1
    if asked is not None:
        yield _run(Target.NEXT_RESPONSE, occurrence, points, asked)


def _stays(points: Sequence[Point]) -> Iterator[Run]:
    """Each time in which a ticket lies with one group at one tier."""
    for occurrence, (start, end) in enumerate(_stretches(points, _place), start=1):
        inside = range(start, len(points) if end is None else end)
        taken = next((index for index in inside if points[index].status is Status.IN_PROGRESS), None)
        ends_well = end is not None and points[end].mode is not Mode.STOPPED
        finished = end if end is not None and points[end].mode is Mode.FINISHED else None
        picked = taken if taken is not None else finished
        yield _run(Target.PICK_UP, occurrence, points, start, met=picked, cancelled=end)
        yield _run(Target.HANDLING, occurrence, points, start, met=end if ends_well else None, cancelled=end)


def _unassigned(points: Sequence[Point]) -> Iterator[Run]:
    for occurrence, (start, end) in enumerate(_stretches(points, _nobody), start=1):
        yield _run(None, occurrence, points, start, met=end)


def _place(point: Point) -> object:
    return (point.facts.group, point.facts.tier) if point.is_open else None


def _nobody(point: Point) -> object:
    return True if point.is_open and point.assignee is None else None


def _stretches(points: Sequence[Point], of: Any) -> Iterator[tuple[int, int | None]]:
    """Where something begins to be so, and where it is so no more."""
    start, so = 0, None
    for index, point in enumerate(points):
        now = of(point)
        if now == so:
            continue
        if so is not None:
            yield start, index
        start, so = index, now
    if so is not None:
        yield start, None


def _end(points: Sequence[Point]) -> int | None:
    """Where a ticket that is not open any more has ended last; None while it is open."""
    end = None
    for index in range(len(points) - 1, -1, -1):
        if points[index].is_open:
            break
        end = index
    return end


def _run(
    target: Target | None,
    occurrence: int,
    points: Sequence[Point],
    start: int,
    *,
    met: int | None = None,
    cancelled: int | None = None,
) -> Run:
    """A promise from an entry on; one that was not kept ends with the ticket."""
    if met is None and cancelled is None:
        cancelled = _end(points)
    end = met if met is not None else cancelled
    return Run(
        target=target,
        occurrence=occurrence,
        phases=tuple(_phases(points, start, end)),
        started_at=points[start].at,
        met_at=points[met].at if met is not None else None,
        cancelled_at=points[cancelled].at if met is None and cancelled is not None else None,
        facts=points[-1 if end is None else _facts_index(target, start, end)].facts,
    )


def _facts_index(target: Target | None, start: int, end: int) -> int:
    # The entry that ends a stay in a group may be the one that takes the ticket elsewhere.
    is_stay = target in (Target.PICK_UP, Target.HANDLING, None)
    return max(start, end - 1) if is_stay else end


def _phases(points: Sequence[Point], start: int, end: int | None) -> Iterator[Phase]:
    waiting: Phase | None = None
    for index in range(start, len(points) if end is None else end):
        point = points[index]
        if waiting and (waiting.mode, waiting.hold) == (point.mode, point.hold):
            continue
        if waiting and point.at > waiting.since:
            yield Phase(waiting.since, point.at, waiting.mode, waiting.hold, waiting.why)
        waiting = Phase(point.at, None, point.mode, point.hold, _why(points, index))
    until = None if end is None else points[end].at
    if waiting and (until is None or until > waiting.since):
        yield Phase(waiting.since, until, waiting.mode, waiting.hold, waiting.why)


def _why(points: Sequence[Point], index: int) -> str:
    point = points[index]
    if point.mode is Mode.ON_HOLD and point.hold is not None:
        return f"on hold: {point.hold.value}"
    if point.mode is Mode.STOPPED:
        return "cancelled" if point.status is Status.CANCELLED else "merged"
    if point.mode is Mode.FINISHED:
        return point.status.value
    if index and not points[index - 1].is_open:
        return "reopened"
    if index and points[index - 1].mode is Mode.ON_HOLD:
        return "taken up again"
    return WORDS.get(point.happening.kind, "open")


WORDS = {
    EntryKind.OPENED: "opened",
    EntryKind.REPLIED: "the requester wrote",
    EntryKind.TRANSFERRED: "came to the group",
    EntryKind.ESCALATED: "came to the tier",
    EntryKind.ESCALATION_DECLINED: "came back",
}

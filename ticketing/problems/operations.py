"""What the team does with problems; every change has its entry in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from identity.agents.queries import find_agent
from ticketing.groups.queries import group_by_key, member_tier
from ticketing.problems.access import access_problem
from ticketing.problems.errors import ProblemMoveNotAllowed, ProblemRefused
from ticketing.problems.journal import ProblemAct, state_of, write_problem_entry
from ticketing.problems.linking import link_locked
from ticketing.problems.logic import (
    FINISHED,
    OPEN,
    SUMMARY_CHARACTERS,
    ProblemDraft,
    ProblemEntryKind,
    ProblemStatus,
    problem_number,
    status_with_cause,
    why_not_move,
)
from ticketing.problems.models import Problem, ProblemEntry, ProblemIncident
from ticketing.routing.queries import categories
from ticketing.tickets.access import access_tickets
from ticketing.tickets.chain import change, opening_words
from ticketing.tickets.errors import TextMissing
from ticketing.tickets.intake import kept
from ticketing.tickets.models import Ticket
from ticketing.tickets.priority import Impact, Priority, Urgency, priority_of


def open_problem(
    session: Session, draft: ProblemDraft, *, incidents: Sequence[int] = (), actor: str, now: datetime
) -> int:
    """Put a problem on file, with the incidents it causes; returns its id.

    No word of a requester gets into it by itself: what is erased from a ticket would stay here.

    Raises:
        ProblemRefused, GroupUnknown, TicketNotFound, LinkNotAllowed: nothing is on file.
    """
    tickets = access_tickets(session, *sorted(set(incidents)))
    first = next((each for each in tickets if each.id == incidents[0]), None) if incidents else None
    problem = _drafted(session, draft, first, now)
    session.add(problem)
    session.flush()
    words = opening_words(problem.summary, problem.description)
    write_problem_entry(
        session, problem, ProblemAct(ProblemEntryKind.OPENED, actor, now, words), after=state_of(problem)
    )
    for ticket in tickets:
        link_locked(session, problem, ticket, actor=actor, now=now)
    return problem.id


def set_cause(session: Session, problem_id: int, text: str, *, actor: str, now: datetime) -> ProblemStatus:
    """Write down why it happens, which makes an open problem a known error; returns where it stands.

    Raises:
        ProblemNotFound, TextMissing, ProblemRefused: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    if (words := kept(text)) is None:
        raise TextMissing
    if problem.status not in OPEN:
        raise ProblemRefused(f"{problem_number(problem.id)} is {problem.status.words}: reopen it first")
    if words != problem.root_cause:
        changed = change(problem, status=status_with_cause(problem.status))
        problem.root_cause = words
        write_problem_entry(
            session, problem, ProblemAct(ProblemEntryKind.CAUSE_FOUND, actor, now, words), *changed
        )
    return problem.status


def move_problem(
    session: Session,
    problem_id: int,
    to: ProblemStatus,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> ProblemStatus:
    """Take a problem to another status; returns the one it had.

    Args:
        reason: what removed the cause, or why it is cancelled or begins again; these need it.

    Raises:
        ProblemNotFound, ProblemMoveNotAllowed: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    before = problem.status
    move(session, problem, to, actor=actor, now=now, reason=reason)
    return before


def move(
    session: Session, problem: Problem, to: ProblemStatus, *, actor: str, now: datetime, reason: str | None
) -> ProblemEntry:
    """The same with a problem that is locked; returns the entry.

    Back under investigation the cause that was believed is none any more; the journal keeps it.
    """
    reason = kept(reason)
    if why := why_not_move(problem.status, to, root_cause=problem.root_cause, reason=reason):
        raise ProblemMoveNotAllowed(problem_number(problem.id), to, why)
    changed = change(problem, status=to)
    if to is ProblemStatus.RESOLVED:
        problem.resolution = reason
    elif to in (ProblemStatus.UNDER_INVESTIGATION, ProblemStatus.KNOWN_ERROR):
        problem.resolution = None
    if to is ProblemStatus.UNDER_INVESTIGATION:
        problem.root_cause = None
    if to in OPEN:
        forget_incidents(session, problem.id)
    return write_problem_entry(
        session, problem, ProblemAct(ProblemEntryKind.MOVED, actor, now, reason), *changed
    )


def forget_incidents(session: Session, problem_id: int, *which: ColumnElement[bool]) -> None:
    """Incidents of a locked problem that were to be resolved with it stay as they are."""
    session.execute(
        update(ProblemIncident)
        .where(ProblemIncident.problem_id == problem_id, ProblemIncident.resolving_entry.is_not(None), *which)
        .values(resolving_entry=None, resolving_after=None)
        .execution_options(synchronize_session=False)
    )


def assign_problem(
    session: Session,
    problem_id: int,
    *,
    actor: str,
    now: datetime,
    group: str | None = None,
    agent_id: int | None = None,
) -> None:
    """Give a problem to a group, to an agent of its group, or (neither is named) back to the whole group.

    Raises:
        ProblemNotFound, GroupUnknown, ProblemRefused: nothing is changed.
    """
    problem = access_problem(session, problem_id)
    number = problem_number(problem.id)
    if problem.status in FINISHED:
        raise ProblemRefused(f"{number} is {problem.status.words}: nobody works on it")
    key = group_by_key(session, group).key if group else problem.assignment_group
    agent = find_agent(session, agent_id)
    if agent_id is not None and (
        agent is None or not agent.is_active or member_tier(session, key, agent_id) is None
    ):
        raise ProblemRefused(
            f"{number} cannot be given to this agent: only active members of {key} may have it"
        )
    changed = change(problem, assignment_group=key, assignee=agent.actor if agent else None)
    if changed[1]:
        write_problem_entry(session, problem, ProblemAct(ProblemEntryKind.ASSIGNED, actor, now), *changed)


def reclassify_problem(
    session: Session,
    problem_id: int,
    *,
    actor: str,
    now: datetime,
    impact: Impact | None = None,
    urgency: Urgency | None = None,
    reason: str | None = None,
) -> Priority:
    """Correct impact or urgency; returns the priority that follows from them. No change, no entry.

    Raises:
        ProblemNotFound: no such problem.
    """
    problem = access_problem(session, problem_id)
    impact, urgency = impact or problem.impact, urgency or problem.urgency
    changed = change(problem, impact=impact, urgency=urgency, priority=priority_of(impact, urgency))
    if changed[1]:
        act = ProblemAct(ProblemEntryKind.RECLASSIFIED, actor, now, kept(reason))
        write_problem_entry(session, problem, act, *changed)
    return problem.priority


def note_on_problem(session: Session, problem_id: int, text: str, *, actor: str, now: datetime) -> int:
    """Write something for the team; returns the number of its entry.

    Raises:
        ProblemNotFound, TextMissing: nothing is written.
    """
    problem = access_problem(session, problem_id)
    if (words := kept(text)) is None:
        raise TextMissing
    act = ProblemAct(ProblemEntryKind.WORK_NOTED, actor, now, words)
    return write_problem_entry(session, problem, act).number


def _drafted(session: Session, draft: ProblemDraft, first: Ticket | None, now: datetime) -> Problem:
    summary = " ".join(draft.summary.split())
    if not summary or len(summary) > SUMMARY_CHARACTERS:
        raise ProblemRefused(f"a problem needs a summary of 1 to {SUMMARY_CHARACTERS} characters")
    group = draft.group or (first.assignment_group if first else None)
    category = draft.category or (first.category if first else None)
    if group is None or category is None:
        raise ProblemRefused("name a group and a category, or the first incident, which has them")
    if category not in categories(session) and not (first and category == first.category):
        raise ProblemRefused(f"there is no category {category!r}; `guichet route category list` shows them")
    impact = draft.impact or (first.impact if first else Impact.MEDIUM)
    urgency = draft.urgency or (first.urgency if first else Urgency.MEDIUM)
    return Problem(
        status=ProblemStatus.NEW,
        assignment_group=group_by_key(session, group).key,
        category=category,
        impact=impact,
        urgency=urgency,
        priority=priority_of(impact, urgency),
        summary=summary,
        description=kept(draft.description) or "",
        opened_at=now,
        changed_at=now,
        journal_length=0,
        journal_head="",
    )

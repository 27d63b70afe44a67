"""What `guichet problem` says: one set of facts, as JSON or in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from desk.cli.console import counted, say
from desk.cli.promising import a_table, show
from ticketing.problems.logic import ProblemEntryKind
from ticketing.problems.queries import Likeness, LinkedIncident, ProblemInFull, ProblemRow, ProblemStep

Facts = dict[str, Any]


def row_facts(row: ProblemRow) -> Facts:
    """A problem in a list."""
    return {
        "number": row.number,
        "status": row.status.value,
        "priority": row.priority.value,
        "group": row.assignment_group,
        "assignee": row.assignee_name,
        "category": row.category,
        "summary": row.summary,
        "workaround": row.workaround,
        "incidents": row.incidents,
        "open_incidents": row.open_incidents,
        "opened_at": row.opened_at.isoformat(timespec="seconds"),
        "changed_at": row.changed_at.isoformat(timespec="seconds"),
    }


def likeness_facts(found: Likeness) -> Facts:
    """The same with how much a text is like it."""
    return {**row_facts(found.problem), "score": round(found.score, 3)}


def incident_facts(incident: LinkedIncident) -> Facts:
    """An incident of a problem."""
    return {
        "number": incident.number,
        "status": incident.status.value,
        "priority": incident.priority.value,
        "summary": incident.summary,
        "linked_at": incident.linked_at.isoformat(timespec="seconds"),
        "knows_workaround": incident.knows_workaround,
    }


def full_facts(problem: ProblemInFull) -> Facts:
    """Everything of a problem."""
    return {
        **row_facts(problem.row),
        "impact": problem.impact.value,
        "urgency": problem.urgency.value,
        "description": problem.description,
        "root_cause": problem.root_cause,
        "resolution": problem.resolution,
        "linked": [incident_facts(each) for each in problem.incidents],
        "journal": [_step_facts(step) for step in problem.journal],
    }


def show_rows(rows: Sequence[ProblemRow], scores: Sequence[float] = ()) -> None:
    """Problems in a list, for people."""
    if not rows:
        say("no problems")
        return
    names = ["number", "P", "status", "group", "who has it", "incidents", "way round", "summary"]
    cells = [
        [
            row.number,
            row.priority.value,
            row.status.value,
            row.assignment_group,
            row.assignee_name or "–",
            f"{row.incidents} ({row.open_incidents} open)",
            "yes" if row.workaround else "–",
            row.summary,
        ]
        for row in rows
    ]
    if scores:
        names.append("alike")
        cells = [[*each, f"{score:.2f}"] for each, score in zip(cells, scores, strict=True)]
    show(a_table(names, cells))
    say(counted(len(rows), "problem"))


def full_lines(problem: ProblemInFull) -> Iterator[str]:
    """Everything of a problem, for people; times in UTC."""
    row = problem.row
    yield f"{row.number}  {row.summary}"
    yield f"status      {row.status.words}"
    yield (
        f"priority    {row.priority.value} (impact {problem.impact.value}, urgency {problem.urgency.value})"
    )
    yield f"group       {row.assignment_group}, {row.assignee_name or 'nobody has it'}"
    yield f"category    {row.category}"
    for name, text in (
        ("about", problem.description),
        ("cause", problem.root_cause),
        ("way round", row.workaround),
        ("resolution", problem.resolution),
    ):
        if text:
            yield f"{name:<11} {text}"
    yield f"incidents   {row.incidents} ({row.open_incidents} open)"
    for each in problem.incidents:
        told = "  was told the way round" if each.knows_workaround else ""
        yield f"  {each.number}  {each.priority.value}  {each.status.words}  {each.summary}{told}"
    yield "journal"
    for step in problem.journal:
        yield f"  {step.number:>3}  {_time(step.at)}  {step.actor_name}: {_in_words(step)}"


def _step_facts(step: ProblemStep) -> Facts:
    return {
        "entry": step.number,
        "kind": step.kind.value,
        "at": step.at.isoformat(timespec="seconds"),
        "actor": step.actor_name,
        "after": step.after,
        "data": step.data,
        "text": step.text,
    }


def _in_words(step: ProblemStep) -> str:
    what = step.kind.value.replace("_", " ")
    if step.kind is not ProblemEntryKind.OPENED:
        changed = [f"{name} {value}" for name, value in step.after.items() if name != "workaround_entry"]
        what += f" ({', '.join(changed)})" if changed else ""
    tickets = step.data.get("tickets", [step.data["ticket"]] if "ticket" in step.data else [])
    what += "".join(f" {ticket}" for ticket in tickets)
    return f"{what}: {step.text}" if step.text else what


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"

"""`guichet problem`: opening, linking, looking into, working round, ending."""

from __future__ import annotations

import contextlib
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed
from desk.cli.problem_deeds import Number, do
from desk.cli.ticket_deeds import As, AsJson, agent_id, id_of, words
from ticketing.problems.logic import ProblemStatus
from ticketing.tickets.priority import Impact, Urgency

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.database import Database
    from ticketing.problems.resolving import Finished

Incidents = Annotated[list[str], typer.Argument(metavar="INCIDENT…", help="INC-000123 …")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="The words; - takes standard input.")]
Why = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; for the team alone.")]
WithIncidents = Annotated[
    bool,
    typer.Option("--resolve-incidents", help="Resolve its open incidents too, and tell their requesters."),
]
Told = Annotated[
    str | None,
    typer.Option("--text", metavar="TEXT", help="What their requesters read; the resolution otherwise."),
]
OptionalImpact = Annotated[Impact | None, typer.Option()]
OptionalUrgency = Annotated[Urgency | None, typer.Option()]
Category = Annotated[str | None, typer.Option(metavar="KEY", help="That of the first incident otherwise.")]
Group = Annotated[str | None, typer.Option(metavar="GROUP", help="That of the first incident otherwise.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `guichet problem`."""
    app.command("open")(open_)
    for command in (
        link,
        unlink,
        cause,
        workaround,
        move,
        assign,
        reclassify,
        note,
        resolve,
        close,
    ):
        app.command(command.__name__)(command)


def open_(
    summary: Annotated[str, typer.Argument(metavar="SUMMARY", help="In the team's own words.")],
    incident: Annotated[
        list[str] | None, typer.Option("--incident", metavar="INC", help="What it causes. Repeatable.")
    ] = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="More; - takes standard input.")] = "",
    group: Group = None,
    category: Category = None,
    impact: OptionalImpact = None,
    urgency: OptionalUrgency = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Open a problem, with the incidents it causes."""
    from ticketing.problems.logic import ProblemDraft, problem_number
    from ticketing.problems.operations import open_problem

    draft = ProblemDraft(summary, words(description), group, category, impact, urgency)

    def deed(session: Session, _: int, actor: str, now: datetime) -> str:
        ids = [id_of(session, each) for each in incident or ()]
        return problem_number(open_problem(session, draft, incidents=ids, actor=actor, now=now))

    do(None, as_, as_json, deed)


def link(number: Number, incidents: Incidents, as_: As = None, as_json: AsJson = False) -> None:
    """Say which incidents it causes; their requesters are told the way round, if there is one."""
    from ticketing.problems.linking import link_incident

    def deed(session: Session, problem_id: int, actor: str, now: datetime) -> None:
        for ticket_id in sorted(id_of(session, each) for each in incidents):
            link_incident(session, problem_id, ticket_id, actor=actor, now=now)

    do(number, as_, as_json, deed)


def unlink(number: Number, incidents: Incidents, as_: As = None, as_json: AsJson = False) -> None:
    """Say which incidents it does not cause after all."""
    from ticketing.problems.linking import unlink_incident

    def deed(session: Session, problem_id: int, actor: str, now: datetime) -> None:
        for ticket_id in sorted(id_of(session, each) for each in incidents):
            unlink_incident(session, problem_id, ticket_id, actor=actor, now=now)

    do(number, as_, as_json, deed)


def cause(number: Number, text: Text, as_: As = None, as_json: AsJson = False) -> None:
    """Write down why it happens: it is a known error then."""
    from ticketing.problems.operations import set_cause

    said = words(text)
    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: set_cause(session, id_, said, actor=actor, now=now),
    )


def workaround(
    number: Number,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The words; - takes standard input.")
    ] = None,
    is_none: Annotated[bool, typer.Option("--none", help="Nothing helps any more.")] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say what helps meanwhile: the requester of each open incident and of its children is told, once."""
    from ticketing.problems.workarounds import set_workaround, tell_workaround

    if (text is None) != is_none:
        raise CommandFailed("say what helps, or --none where nothing does any more")
    said = words(text) if text is not None else None
    if said is not None and not said.strip():
        raise CommandFailed("there is nothing to tell; --none where nothing helps any more")

    def after(database: Database, problem_id: int, _: str, now: datetime) -> dict[str, Any]:
        return {"told": database.in_batches(tell_workaround, problem_id, now=now)}

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: set_workaround(session, id_, said, actor=actor, now=now),
        after,
    )


def move(
    number: Number,
    to: Annotated[ProblemStatus, typer.Argument(metavar="STATUS")],
    reason: Why = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Take it to another status; cancelling and beginning again need a reason."""
    from ticketing.problems.operations import move_problem

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: move_problem(session, id_, to, actor=actor, now=now, reason=reason),
    )


def assign(
    number: Number,
    agent: Annotated[str | None, typer.Argument(metavar="[AGENT]", help="Its key; nobody otherwise.")] = None,
    group: Annotated[str | None, typer.Option(metavar="GROUP", help="To another group.")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Give it to an agent of its group, to another group, or back to the whole group."""
    from ticketing.problems.operations import assign_problem

    def deed(session: Session, problem_id: int, actor: str, now: datetime) -> None:
        to = agent_id(session, agent) if agent else None
        assign_problem(session, problem_id, group=group, agent_id=to, actor=actor, now=now)

    do(number, as_, as_json, deed)


def reclassify(
    number: Number,
    impact: OptionalImpact = None,
    urgency: OptionalUrgency = None,
    reason: Why = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Correct impact or urgency; the priority follows from them."""
    from ticketing.problems.operations import reclassify_problem

    if impact is None and urgency is None:
        raise CommandFailed("name --impact, --urgency or both")

    def deed(session: Session, problem_id: int, actor: str, now: datetime) -> None:
        reclassify_problem(
            session, problem_id, impact=impact, urgency=urgency, reason=reason, actor=actor, now=now
        )

    do(number, as_, as_json, deed)


def note(number: Number, text: Text, as_: As = None, as_json: AsJson = False) -> None:
    """Write something for the team."""
    from ticketing.problems.operations import note_on_problem

    said = words(text)
    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: note_on_problem(session, id_, said, actor=actor, now=now),
    )


def resolve(
    number: Number,
    resolution: Annotated[str, typer.Argument(metavar="TEXT", help="What removed the cause.")],
    with_incidents: WithIncidents = False,
    text: Told = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Write down what removed the cause; names the incidents that are still open, or resolves them too."""
    from ticketing.problems.resolving import resolve_problem

    said, told = words(resolution), words(text) if text is not None else None

    def deed(session: Session, problem_id: int, actor: str, now: datetime) -> Finished:
        return resolve_problem(
            session, problem_id, said, actor=actor, now=now, with_incidents=with_incidents, told=told
        )

    do(number, as_, as_json, deed, _incidents)


def close(
    number: Number,
    with_incidents: WithIncidents = False,
    text: Told = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Close a resolved one; names the incidents that are still open, or resolves them too."""
    from ticketing.problems.resolving import close_problem

    told = words(text) if text is not None else None

    def deed(session: Session, problem_id: int, actor: str, now: datetime) -> Finished:
        return close_problem(
            session, problem_id, actor=actor, now=now, with_incidents=with_incidents, told=told
        )

    do(number, as_, as_json, deed, _incidents)


def _incidents(database: Database, problem_id: int, _: str, __: datetime) -> dict[str, Any]:
    """What becomes of the incidents when a problem ends. The desk goes on with what does not get through."""
    from storage.database import DatabaseUnavailable
    from ticketing.problems.queries import open_incidents_of
    from ticketing.problems.resolving import incidents_to_resolve, resolve_incidents
    from ticketing.tickets.reaching import families_to_reach

    before = [each.number for each in database.read(open_incidents_of, problem_id)]
    waiting = database.read(incidents_to_resolve, problem_id)
    with contextlib.suppress(DatabaseUnavailable):
        database.in_batches(lambda session: resolve_incidents(session, problem_id, now=clock.now()))
        for ticket_id in set(waiting) & set(database.read(families_to_reach)):
            database.in_batches(partial(_reach, ticket_id))
    still_open = [each.number for each in database.read(open_incidents_of, problem_id)]
    return {"resolved": [each for each in before if each not in still_open], "still_open": still_open}


def _reach(ticket_id: int, session: Session) -> int:
    from ticketing.tickets.reaching import reach_children

    return reach_children(session, ticket_id, now=clock.now())

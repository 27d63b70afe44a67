"""`guichet ticket`: the moves from status to status."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.ticket_deeds import (
    As,
    AsJson,
    NeededReason,
    Number,
    Reason,
    agent_id,
    do,
    words,
)
from ticketing.tickets.logic import HoldReason, ResolutionCode, Status

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Told = Annotated[
    str, typer.Option("--text", metavar="TEXT", help="What the requester reads; - takes standard input.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to `guichet ticket`."""
    for command in (start, hold, resolve, close, cancel, reopen):
        app.command(command.__name__)(command)


def start(number: Number, reason: Reason = None, as_: As = None, as_json: AsJson = False) -> None:
    """Begin the work, or go on with it after a hold."""
    _move(number, Status.IN_PROGRESS, as_, as_json, reason=reason)


def hold(
    number: Number,
    waits_for: Annotated[HoldReason, typer.Argument(help="What it waits for.")],
    reason: Reason = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Let a ticket wait: for the requester, a supplier or a change."""
    _move(number, Status.ON_HOLD, as_, as_json, reason=reason, hold_reason=waits_for)


def resolve(
    number: Number,
    code: Annotated[ResolutionCode, typer.Option(help="How it was resolved.")],
    text: Told,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Resolve a ticket, and its open children with it; the requester reads the text."""
    _move(number, Status.RESOLVED, as_, as_json, reason=words(text), code=code)


def close(number: Number, reason: Reason = None, as_: As = None, as_json: AsJson = False) -> None:
    """Close a resolved ticket without waiting for the desk to do it."""
    _move(number, Status.CLOSED, as_, as_json, reason=reason)


def cancel(number: Number, text: Told, as_: As = None, as_json: AsJson = False) -> None:
    """Cancel a ticket for good; the requester reads the text."""
    _move(number, Status.CANCELLED, as_, as_json, reason=words(text))


def reopen(
    number: Number,
    reason: NeededReason,
    to: Annotated[
        str | None, typer.Option("--to", metavar="AGENT", help="Who gets it; whoever had it otherwise.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Take up a finished ticket again."""
    from ticketing.tickets.reopening import reopen_ticket

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> None:
        assignee = f"agent:{agent_id(session, to)}" if to else None
        reopen_ticket(session, ticket_id, reason=reason, assignee=assignee, actor=actor, now=now)

    do(number, as_, as_json, deed)


def _move(number: str, to: Status, as_: str | None, as_json: bool, **how: Any) -> None:
    from ticketing.tickets.handling import move_ticket

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: move_ticket(session, id_, to, actor=actor, now=now, **how),
    )

"""`guichet outbox`: what leaves the desk, what could not, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed, say
from desk.cli.ticket_deeds import read, write
from desk.settings.reading import load

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from notices.outbox.repairing import ShownParcel


app = typer.Typer(help="The outbox: what is on its way, and what was given up.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The number `guichet outbox list` shows.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


@app.command("list")
def list_(
    is_dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    is_waiting: Annotated[bool, typer.Option("--waiting", help="Only what is on its way.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """What is in the outbox, newest first, without what it says."""
    from notices.outbox.models import OutboxState
    from notices.outbox.operations import outbox_counts
    from notices.outbox.repairing import list_parcels

    states = [*[OutboxState.DEAD] * is_dead, *[OutboxState.WAITING] * is_waiting]
    parcels, counts = read(
        load(), lambda session: (list_parcels(session, states=states, limit=limit), outbox_counts(session))
    )
    in_all = {state.value: count for state, count in counts.items()}
    if as_json:
        print(json.dumps({"counts": in_all, "parcels": [_facts(each) for each in parcels]}))
        return
    _print_table(parcels)
    say(", ".join(f"{count} {state}" for state, count in in_all.items()))


@app.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """One of them, with its words."""
    from notices.outbox.repairing import show_parcel

    parcel, text = read(load(), lambda session: show_parcel(session, number))
    if as_json:
        print(json.dumps({**_facts(parcel), "text": text}))
        return
    for name, value in _facts(parcel).items():
        if value not in (None, ""):
            say(f"{name:<16}{value}")
    say(f"\n{text}" if text else "\n(its words are forgotten)")


@app.command()
def resend(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]...", help="Which.")] = None,
    is_dead: Annotated[bool, typer.Option("--dead", help="Everything that was given up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try again at once, as often as a new letter; under the same key, so a repeat can be recognised."""
    from notices.outbox.models import OutboxState
    from notices.outbox.repairing import list_parcels, resend_parcel

    if bool(numbers) == is_dead:
        raise CommandFailed("say which: numbers, or --dead for everything that was given up")

    def again(session: Session) -> list[ShownParcel]:
        dead = list_parcels(session, states=(OutboxState.DEAD,), limit=100_000) if is_dead else ()
        wanted = numbers or [each.id for each in dead]
        return [resend_parcel(session, each, now=clock.now()) for each in wanted]

    # In one transaction: several numbers are changed together or not at all.
    _say_done("due again", write(load(), again), as_json=as_json)


@app.command()
def drop(numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...")], as_json: AsJson = False) -> None:
    """Never send these; their words and addresses are forgotten."""
    from notices.outbox.repairing import drop_parcel

    dropped = write(load(), lambda session: [drop_parcel(session, each) for each in numbers])
    _say_done("dropped", dropped, as_json=as_json)


def _say_done(done: str, parcels: list[ShownParcel], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"parcels": [_facts(each) for each in parcels]}))
        return
    for each in parcels:
        say(f"{each.id} is {done}: {each.key}")
    if not parcels:
        say("nothing to do")


def _facts(parcel: ShownParcel) -> dict[str, Any]:
    facts = asdict(parcel) | {"state": parcel.state.value}
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in facts.items()
    }


def _print_table(parcels: Sequence[ShownParcel]) -> None:
    from desk.cli.fitting import Column, print_fitting
    from desk.cli.tickets import plain

    columns = (
        Column("number"),
        Column("state"),
        Column("what", room=20),
        Column("to", room=16, goes=3),
        Column("tries", goes=2),
        Column("written", goes=1),
        Column("trouble", room=20, goes=4),
    )
    rows = [
        (
            str(each.id),
            each.state.value,
            plain(each.key),
            plain(each.recipient),
            str(each.attempts),
            f"{each.created_at:%Y-%m-%d %H:%M}",
            plain(each.error or ""),
        )
        for each in parcels
    ]
    if rows:
        print_fitting(columns, rows)

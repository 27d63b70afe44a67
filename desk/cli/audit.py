"""`guichet audit`: whether the journals are as they were written, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.console import CommandFailed, err, say
from desk.settings import load

if TYPE_CHECKING:
    from storage.database import Database
    from ticketing.tickets.audit import Checked
    from ticketing.tickets.journal import Broken

app = typer.Typer(help="The journals: are they as they were written?", no_args_is_help=True)

Numbers = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NUMBER]...", help="INC-000123 …; all of them if none is named."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]
Moment = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="2026-03-02, or with a time; UTC."
    ),
]


@app.command()
def verify(numbers: Numbers = None, as_json: AsJson = False) -> None:
    """Walk the journals and name the first broken entry of each; exit code 1 when there is one."""
    from desk.cli.opened import open_database

    database = open_database(load())
    try:
        found = _named(database, numbers) if numbers else _all(database)
    finally:
        database.close()
    if as_json:
        print(json.dumps(_facts(found)))
    else:
        for broken in found.broken:
            say(f"{broken.ticket}  {_place(broken)}: {broken.why}")
        say(f"{_some(found.tickets, 'journal')} checked, {_some(found.entries, 'entry', 'entries')}")
    if not found.broken:
        return
    raise CommandFailed(f"{_some(len(found.broken), 'journal is', 'journals are')} not as written")


@app.command()
def export(
    since: Moment = None,
    until: Moment = None,
    with_texts: Annotated[
        bool, typer.Option("--texts", help="With the words of people; without, only their digests.")
    ] = False,
    after: Annotated[
        int, typer.Option(metavar="ID", min=0, help="Only what was written behind this entry's `id`.")
    ] = 0,
) -> None:
    """Print the journal entries, one JSON object per line, times in UTC."""
    from desk.cli.opened import open_database
    from ticketing.tickets.audit import export_journal

    database = open_database(load())
    try:
        while batch := database.read(
            export_journal,
            after=after,
            since=_utc(since),
            until=_utc(until),
            with_texts=with_texts,
        ):
            for entry in batch:
                print(_line(asdict(entry), with_texts))
            after = batch[-1].id
    finally:
        database.close()


def _named(database: Database, numbers: list[str]) -> Checked:
    from ticketing.tickets.audit import verify_some
    from ticketing.tickets.errors import TicketNotFound
    from ticketing.tickets.numbers import parse_number

    ids = []
    for number in numbers:
        parsed = parse_number(number)
        if parsed is None:
            raise CommandFailed(f"{number!r} is not the number of a ticket; one looks like INC-000123")
        ids.append(parsed[1])
    try:
        return database.read(verify_some, ids)
    except TicketNotFound:
        raise CommandFailed(f"not all of these tickets are there: {', '.join(numbers)}") from None


def _all(database: Database) -> Checked:
    from ticketing.tickets.audit import Checked, tickets_on_file

    tickets, entries = 0, 0
    broken: list[Broken] = []
    with _progress(database.read(tickets_on_file)) as advance:
        for batch in _batches(database):
            tickets, entries = tickets + batch.tickets, entries + batch.entries
            broken += batch.broken
            advance(batch.tickets)
    return Checked(None, tickets, entries, tuple(broken))


def _batches(database: Database) -> Iterator[Checked]:
    from ticketing.tickets.audit import verify_journals

    last: int | None = 0
    while last is not None:
        batch = database.read(verify_journals, after=last)
        yield batch
        last = batch.last_id


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar for whoever looks; nothing in a log."""
    if not err.is_terminal:
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("journals", total=total)
        yield lambda done: bar.advance(task, done)


def _facts(found: Checked) -> dict[str, Any]:
    return {
        "ok": not found.broken,
        "checked": {"journals": found.tickets, "entries": found.entries},
        "broken": [{"ticket": each.ticket, "entry": each.entry, "why": each.why} for each in found.broken],
    }


def _line(entry: dict[str, Any], with_texts: bool) -> str:
    """One line whatever it holds: a line break or a colour code in a name is written as an escape."""
    if not with_texts:
        del entry["text"]
    entry["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(entry, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f")


def _place(broken: Broken) -> str:
    return "the ticket itself" if broken.entry is None else f"entry {broken.entry}"


def _some(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)

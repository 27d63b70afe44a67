"""`guichet audit`: whether the journals are as they were written, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.console import CommandFailed, counted, err, say
from desk.settings.reading import load

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.database import Database
    from ticketing.tickets.audit import Checked
    from ticketing.tickets.verifying import Broken

app = typer.Typer(help="The journals: are they as they were written?", no_args_is_help=True)

Numbers = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NUMBER]...", help="INC-000123, PRB-000007 …; all if none is named."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]
Moment = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="2026-03-02, or with a time; UTC."
    ),
]


@app.command()
def verify(
    numbers: Numbers = None,
    with_files: Annotated[
        bool, typer.Option("--files", help="Read the attached files too: are their bytes those put there?")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Walk the journals and name the first broken entry of each; exit code 1 when there is one."""
    from desk.cli.opened import opened

    settings = load()
    with opened(settings) as database:
        found = _named(database, numbers) if numbers else _all(database)
        if with_files:
            damaged = _damaged_files(database, settings.attachments_folder, numbers)
            found = replace(found, broken=(*found.broken, *damaged))
    if as_json:
        print(json.dumps(_facts(found)))
    else:
        for broken in found.broken:
            say(f"{broken.ticket}  {_place(broken)}: {broken.why}")
        say(f"{counted(found.tickets, 'journal')} checked, {counted(found.entries, 'entry', 'entries')}")
    if not found.broken:
        return
    raise CommandFailed(f"{counted(len(found.broken), 'journal is', 'journals are')} not as written")


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
    of_problems: Annotated[
        bool, typer.Option("--problems", help="The journals of problems; their ids are of their own.")
    ] = False,
) -> None:
    """Print the journal entries of tickets, one JSON object per line, times in UTC."""
    from desk.cli.opened import opened
    from ticketing.problems.audit import export_problem_journal
    from ticketing.tickets.audit import export_journal

    with opened(load()) as database:
        while batch := database.read(
            export_problem_journal if of_problems else export_journal,
            after=after,
            since=_utc(since),
            until=_utc(until),
            with_texts=with_texts,
        ):
            for entry in batch:
                print(_line(asdict(entry), "problem" if of_problems else "ticket", with_texts))
            after = batch[-1].id


def _named(database: Database, numbers: list[str]) -> Checked:
    from ticketing.problems.errors import ProblemNotFound
    from ticketing.problems.logic import PREFIX, parse_problem_number
    from ticketing.tickets.audit import verify_some
    from ticketing.tickets.errors import TicketNotFound
    from ticketing.tickets.numbers import parse_number

    tickets, problems = [], []
    for number in numbers:
        is_problem = number.strip().upper().startswith(PREFIX)
        parsed = None if is_problem else parse_number(number)
        problem_id = parse_problem_number(number) if is_problem else None
        if parsed is None and problem_id is None:
            raise CommandFailed(
                f"{number!r} is no number; one looks like INC-000123, REQ-000123 or PRB-000123"
            )
        tickets += [parsed[1]] if parsed else []
        problems += [problem_id] if problem_id is not None else []
    try:
        found = [database.read(verify_some, tickets)] if tickets else []
        return _together([*found, *(database.read(_one_problem, problem_id) for problem_id in problems)])
    except (TicketNotFound, ProblemNotFound):
        raise CommandFailed(f"not all of these are there: {', '.join(numbers)}") from None


def _damaged_files(database: Database, folder: Path, numbers: list[str] | None) -> Iterator[Broken]:
    """Files whose bytes are gone or are others. Each is read once, however many tickets have it."""
    from ticketing.tickets.audit import attached_files
    from ticketing.tickets.errors import FileGone
    from ticketing.tickets.fetching import whole_file
    from ticketing.tickets.files import Files
    from ticketing.tickets.numbers import parse_number
    from ticketing.tickets.verifying import Broken

    tickets = None if numbers is None else [parsed[1] for each in numbers if (parsed := parse_number(each))]
    files, sound, after = Files(folder), set[str](), 0
    while batch := database.read(attached_files, after=after, tickets=tickets):
        for each in batch:
            try:
                if each.digest not in sound:
                    whole_file(files, each.digest)
                sound.add(each.digest)
            except FileGone:
                yield Broken(each.ticket, each.entry, "the bytes of its file are gone, or are others")
        after = batch[-1].entry_id


def _all(database: Database) -> Checked:
    from ticketing.problems.audit import problems_on_file
    from ticketing.tickets.audit import tickets_on_file, verify_journals

    total = database.read(tickets_on_file) + database.read(problems_on_file)
    found = []
    with _progress(total) as advance:
        for verify_some_more in (verify_journals, _some_problems):
            for batch in _batches(database, verify_some_more):
                found.append(batch)
                advance(batch.tickets)
    return _together(found)


def _batches(database: Database, verify_some_more: Callable[..., Checked]) -> Iterator[Checked]:
    last: int | None = 0
    while last is not None:
        batch = database.read(verify_some_more, after=last)
        yield batch
        last = batch.last_id


def _some_problems(session: Session, *, after: int, limit: int = 200) -> Checked:
    from ticketing.problems.audit import verify_problem_journals
    from ticketing.tickets.audit import see_one_state

    see_one_state(session)
    return verify_problem_journals(session, after=after, limit=limit)


def _one_problem(session: Session, problem_id: int) -> Checked:
    from sqlalchemy import select

    from ticketing.problems.errors import ProblemNotFound
    from ticketing.problems.models import Problem

    found = _some_problems(session, after=problem_id - 1, limit=1)
    if session.scalar(select(Problem.id).where(Problem.id == problem_id)) is None:
        raise ProblemNotFound
    return found


def _together(found: Sequence[Checked]) -> Checked:
    from ticketing.tickets.audit import Checked

    return Checked(
        last_id=None,
        tickets=sum(batch.tickets for batch in found),
        entries=sum(batch.entries for batch in found),
        broken=tuple(broken for batch in found for broken in batch.broken),
    )


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
        "broken": [{"number": each.ticket, "entry": each.entry, "why": each.why} for each in found.broken],
    }


def _line(entry: dict[str, Any], whose: str, with_texts: bool) -> str:
    """One line whatever it holds: a line break or a colour code in a name is written as an escape."""
    if not with_texts:
        del entry["text"]
    entry = {whose if name == "number" else name: value for name, value in entry.items()}
    entry["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(entry, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f")


def _place(broken: Broken) -> str:
    return "itself" if broken.entry is None else f"entry {broken.entry}"


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)

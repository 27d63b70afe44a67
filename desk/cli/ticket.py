"""`guichet ticket`: finding tickets, looking at one, and everything the team does with one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli import clock, erasing, ticket_bonds, ticket_moves, ticket_work
from desk.cli.console import CommandFailed, say
from desk.cli.ticket_deeds import As, AsJson, Number, actor_of, agent_id, id_of, read
from desk.settings.reading import load
from ticketing.tickets.logic import Status, SupportTier, TicketType
from ticketing.tickets.priority import Priority

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ticketing.tickets.lists import StaffFilter

app = typer.Typer(help="Tickets: what the team has to do.", no_args_is_help=True)
ticket_work.register(app)
ticket_moves.register(app)
ticket_bonds.register(app)
erasing.register_for_tickets(app)

MANY = typer.Option(help="Repeatable: any of them.")


@app.command("list")
def list_(
    status: Annotated[list[Status] | None, MANY] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Finished ones too.")] = False,
    group: Annotated[list[str] | None, typer.Option(metavar="GROUP", help="Repeatable: any of them.")] = None,
    assignee: Annotated[str | None, typer.Option(metavar="AGENT", help="Who has it.")] = None,
    is_mine: Annotated[bool, typer.Option("--mine", help="What the agent of --as has.")] = False,
    is_unassigned: Annotated[bool, typer.Option("--unassigned", help="What nobody has.")] = False,
    is_watched: Annotated[bool, typer.Option("--watched", help="What the agent of --as watches.")] = False,
    tier: Annotated[list[SupportTier] | None, MANY] = None,
    priority: Annotated[list[Priority] | None, MANY] = None,
    type_: Annotated[list[TicketType] | None, typer.Option("--type", help="Repeatable: any of them.")] = None,
    category: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Repeatable: any of them.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="Repeatable: all of them.")] = None,
    requester: Annotated[str | None, typer.Option(metavar="WHO", help="An address or a number.")] = None,
    words: Annotated[str | None, typer.Option(metavar="TEXT", help="In the summary; or a number.")] = None,
    is_breached: Annotated[
        bool | None, typer.Option("--breached/--kept", help="Whether a target was missed.")
    ] = None,
    due_before: Annotated[
        datetime | None,
        typer.Option(metavar="DATE", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="2027-03-01; UTC."),
    ] = None,
    sort: Annotated[
        str, typer.Option(metavar="ORDER", help="due, priority, oldest, newest or changed.")
    ] = "due",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Goes on behind a page: its `next`.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List tickets: the open ones, what is due next first, unless something else is asked."""
    from desk.cli.tickets import row_facts, rows_table
    from identity.people.administration import people_known_as
    from ticketing.tickets.lists import StaffFilter, staff_list
    from ticketing.tickets.sorting import StaffSort
    from ticketing.tickets.tagging import tag_of

    settings = load()
    if sort not in {each.value for each in StaffSort}:
        raise CommandFailed(f"{sort!r} is no order; there are {', '.join(each.value for each in StaffSort)}")
    which = StaffFilter(
        statuses=frozenset(status or (Status if is_all else StaffFilter.statuses)),
        groups=frozenset(group or ()),
        is_unassigned=is_unassigned,
        tiers=frozenset(tier or ()),
        priorities=frozenset(priority or ()),
        categories=frozenset(category or ()),
        types=frozenset(type_ or ()),
        tags=frozenset(map(tag_of, tag or ())),
        words=words,
        is_breached=is_breached,
        due_before=due_before and due_before.replace(tzinfo=UTC),
    )

    def look(session: Session) -> StaffFilter:
        found = which
        _refuse_unknown(session, which)
        if assignee:
            found = replace(found, assignee=f"agent:{agent_id(session, assignee)}")
        if is_mine:
            found = replace(found, assignee=actor_of(session, as_, settings))
        if is_watched:
            found = replace(found, watcher=actor_of(session, as_, settings))
        if requester:
            people = people_known_as(session, requester)
            found = replace(found, requesters=frozenset(each.id for each in people))
        return found

    page = read(
        settings,
        lambda session: staff_list(
            session,
            look(session),
            StaffSort(sort),
            limit=limit,
            cursor=after,
            language=settings.default_language,
        ),
    )
    if as_json:
        facts = {"tickets": [row_facts(row) for row in page.rows], "next": page.next_cursor}
        print(json.dumps(facts, ensure_ascii=False))
        return
    rows_table(page.rows, clock.now())
    if page.next_cursor:
        say(f"there are more: --after {page.next_cursor}")


def _refuse_unknown(session: Session, which: StaffFilter) -> None:
    """A list that is empty because of a slip of the pen tells nobody so."""
    from ticketing.groups.queries import group_by_key
    from ticketing.routing.errors import CategoryUnknown
    from ticketing.routing.queries import categories

    for key in which.groups:
        group_by_key(session, key)
    for key in which.categories - set(categories(session) if which.categories else ()):
        raise CategoryUnknown(key)


@app.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show everything there is on a ticket: its words, its clocks, what belongs to it and its journal."""
    from desk.cli.ticket_sheet import print_sheet
    from desk.cli.tickets import ticket_facts
    from ticketing.sla.queries import explain
    from ticketing.tickets.lists import staff_ticket

    settings, now = load(), clock.now()

    def look(session: Session) -> tuple[object, object]:
        ticket_id = id_of(session, number)
        ticket = staff_ticket(session, ticket_id, language=settings.default_language)
        return ticket, explain(session, ticket_id, now=now)

    ticket, clocks = read(settings, look)
    if as_json:
        print(json.dumps(ticket_facts(ticket, clocks), ensure_ascii=False))
    else:
        print_sheet(ticket, clocks)


@app.command("file")
def file_(
    number: Number,
    entry: Annotated[int, typer.Argument(metavar="ENTRY", help="The entry of the journal that brought it.")],
    to: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; not there yet.")],
    as_json: AsJson = False,
) -> None:
    """Write a file that is on a ticket to a place of its own."""
    from ticketing.tickets.errors import FileGone
    from ticketing.tickets.fetching import whole_file
    from ticketing.tickets.files import Files
    from ticketing.tickets.lists import staff_ticket

    settings = load()
    ticket = read(settings, lambda session: staff_ticket(session, id_of(session, number)))
    found = next((each for each in ticket.attachments if each.entry == entry), None)
    if found is None:
        raise CommandFailed(f"entry {entry} of {ticket.row.number} brought no file")
    files = Files(settings.attachments_folder)
    try:
        content = whole_file(files, found.digest).read_bytes()
    except FileGone:
        where = files.path(found.digest)
        raise CommandFailed(f"{where} is not there any more, or not as it was") from None
    try:
        with to.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise CommandFailed(f"{to} cannot be written: {error.strerror}") from None
    if as_json:
        print(json.dumps({"ticket": ticket.row.number, "entry": entry, "name": found.name, "file": str(to)}))
    else:
        say(f"{found.name} is in {to}")

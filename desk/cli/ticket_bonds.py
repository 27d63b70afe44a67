"""`guichet ticket`: what belongs together, who watches, tags and files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.console import CommandFailed
from desk.cli.ticket_deeds import (
    As,
    AsJson,
    Number,
    Reason,
    actor_of,
    agent_id,
    do,
    id_of,
    read,
    words,
)
from desk.settings.reading import load
from ticketing.tickets.logic import TicketType, Visibility

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Other = Annotated[str, typer.Argument(metavar="OTHER", help="The number of the other ticket.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `guichet ticket`."""
    for command in (merge, unmerge, split, duplicate, parent, watch, tag, attach):
        app.command(command.__name__)(command)


def merge(
    number: Number,
    into: Other,
    is_finished_fine: Annotated[
        bool, typer.Option("--finished", help="The other one is resolved or closed, and that is meant so.")
    ] = False,
    reason: Reason = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Let the work on a ticket go on in another one; its requester watches that one from then on."""
    from ticketing.tickets.merging import merge_ticket

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> dict[str, Any]:
        other = id_of(session, into)
        joined = merge_ticket(
            session,
            ticket_id,
            other,
            actor=actor,
            now=now,
            reason=reason,
            is_finished_fine=is_finished_fine,
        )
        return {"into": joined.other}

    do(number, as_, as_json, deed)


def unmerge(number: Number, reason: Reason = None, as_: As = None, as_json: AsJson = False) -> None:
    """Take a merged ticket apart again; it stands as it stood."""
    from ticketing.tickets.merging import unmerge_ticket

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> dict[str, Any]:
        return {"from": unmerge_ticket(session, ticket_id, actor=actor, now=now, reason=reason).other}

    do(number, as_, as_json, deed)


def split(
    number: Number,
    text: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the new one is about; - takes standard input.")
    ] = None,
    entry: Annotated[
        list[int] | None,
        typer.Option(metavar="ENTRY", help="A reply whose words it takes along. Repeatable."),
    ] = None,
    type_: Annotated[TicketType | None, typer.Option("--type", help="That of the old one otherwise.")] = None,
    category: Annotated[str | None, typer.Option(metavar="KEY")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Put part of a ticket on file as a new one of the same requester."""
    from ticketing.tickets.letters import Team
    from ticketing.tickets.splitting import split_ticket

    settings = load()

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> dict[str, Any]:
        joined = split_ticket(
            session,
            ticket_id,
            text=words(text) if text else None,
            entries=entry or (),
            type_=type_,
            category=category,
            team=Team(settings.team_email, settings.default_language),
            actor=actor,
            now=now,
        )
        return {"new": joined.number}

    do(number, as_, as_json, deed)


def duplicate(
    number: Number,
    of: Other,
    text: Annotated[
        str, typer.Option("--text", metavar="TEXT", help="What the requester reads; - takes standard input.")
    ],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Resolve a ticket because another one is about the same."""
    from ticketing.tickets.merging import resolve_as_duplicate

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> dict[str, Any]:
        other = id_of(session, of)
        joined = resolve_as_duplicate(session, ticket_id, other, text=words(text), actor=actor, now=now)
        return {"duplicate_of": joined.other}

    do(number, as_, as_json, deed)


def parent(
    number: Number,
    of: Annotated[
        str | None, typer.Argument(metavar="[PARENT]", help="The incident of which it is a symptom.")
    ] = None,
    is_none: Annotated[bool, typer.Option("--none", help="It has none any more.")] = False,
    reason: Reason = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Make a ticket the child of an incident: answers and the resolution there reach it too."""
    from ticketing.tickets.families import set_parent, unset_parent

    if (of is None) is not is_none:
        raise CommandFailed("name the parent, or say --none")

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> dict[str, Any]:
        if of is None:
            unset_parent(session, ticket_id, actor=actor, now=now, reason=reason)
            return {"parent": None}
        set_parent(session, ticket_id, id_of(session, of), actor=actor, now=now, reason=reason)
        return {"parent": of}

    do(number, as_, as_json, deed)


def watch(
    number: Number,
    agent: Annotated[list[str] | None, typer.Option(metavar="AGENT", help="An agent. Repeatable.")] = None,
    person: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO", help="Somebody who asks: an address or a number. Repeatable."),
    ] = None,
    is_over: Annotated[bool, typer.Option("--remove", help="They watch it no more.")] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Have people told what happens to a ticket: whoever is named, or else whoever acts."""
    from identity.people.administration import person_known_as
    from ticketing.tickets.journal import person as person_actor
    from ticketing.tickets.names import names_of
    from ticketing.tickets.watching import unwatch_ticket, watch_ticket, watchers_of

    names: dict[str, str] = {}

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> dict[str, Any]:
        named = [f"agent:{agent_id(session, key)}" for key in agent or ()]
        named += [person_actor(person_known_as(session, who).id) for who in person or ()]
        change = unwatch_ticket if is_over else watch_ticket
        for each in named or [actor]:
            change(session, ticket_id, each, actor=actor, now=now)
        watchers = list(watchers_of(session, ticket_id))
        names.update(names_of(session, watchers))
        return {"watchers": watchers}

    do(
        number,
        as_,
        as_json,
        deed,
        lambda facts: {**facts, "watchers": [names[each] for each in facts["watchers"]]},
    )


def tag(
    number: Number,
    tags: Annotated[list[str], typer.Argument(metavar="TAG...", help="Words to find it again by.")],
    is_off: Annotated[bool, typer.Option("--remove", help="Take these off.")] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Put tags on a ticket, or take some off."""
    from ticketing.tickets.tagging import tag_ticket

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> None:
        add, remove = ((), tags) if is_off else (tags, ())
        tag_ticket(session, ticket_id, add=add, remove=remove, actor=actor, now=now)

    do(number, as_, as_json, deed)


def attach(
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="20 MB at most; no programs.")],
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="Words beside it.")] = None,
    is_reply: Annotated[
        bool, typer.Option("--reply", help="With a reply; without, with a note for the team alone.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Put a file on a ticket."""
    from ticketing.tickets.attaching import attach_file, take_file
    from ticketing.tickets.files import Files

    settings = load()
    files = Files(settings.attachments_folder)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from None

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> dict[str, Any]:
        visibility = Visibility.REPLY if is_reply else Visibility.WORK_NOTE
        entry = attach_file(session, ticket_id, taken, visibility=visibility, text=text, actor=actor, now=now)
        return {"entry": entry, "file": taken.name}

    # Nothing is kept for a ticket that is not there, and nobody waits for the database meanwhile.
    read(settings, lambda session: (actor_of(session, as_, settings), id_of(session, number)))
    with files.held():
        taken = take_file(files, file.name, content)
        do(number, as_, as_json, deed)

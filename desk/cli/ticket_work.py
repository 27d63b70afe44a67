"""`guichet ticket`: opening, passing on, writing, judging anew."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed, say
from desk.cli.ticket_deeds import (
    As,
    AsJson,
    NeededReason,
    Number,
    Reason,
    actor_of,
    agent_id,
    do,
    words,
    write,
)
from desk.settings.reading import load
from ticketing.tickets.logic import SupportTier, TicketType
from ticketing.tickets.priority import Impact, Urgency

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Text = Annotated[str, typer.Argument(metavar="TEXT", help="The words; - takes standard input.")]
Tier = Annotated[SupportTier | None, typer.Option(help="Not the next tier, but this one.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `guichet ticket`."""
    for name, command in (
        ("open", open_),
        ("assign", assign),
        ("unassign", unassign),
        ("transfer", transfer),
        ("reply", reply),
        ("note", note),
        ("escalate", escalate),
        ("decline", decline),
        ("reclassify", reclassify),
    ):
        app.command(name)(command)


def open_(
    text: Annotated[
        str, typer.Option("--text", metavar="TEXT", help="What it is about; - takes standard input.")
    ],
    requester: Annotated[
        str | None, typer.Option("--for", metavar="WHO", help="Who phoned: an address or a number.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of somebody who is not known yet.")
    ] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Of somebody not known yet.")] = None,
    is_new: Annotated[
        bool, typer.Option("--new", help="Somebody else, though the address is known already.")
    ] = False,
    lang: Annotated[str | None, typer.Option(metavar="LANGUAGE", help="en or fr.")] = None,
    details: Annotated[str | None, typer.Option(metavar="TEXT", help="On what, and since when.")] = None,
    type_: Annotated[TicketType, typer.Option("--type")] = TicketType.INCIDENT,
    impact: Annotated[Impact | None, typer.Option()] = None,
    urgency: Annotated[Urgency | None, typer.Option()] = None,
    category: Annotated[str | None, typer.Option(metavar="KEY")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Open a ticket for somebody who phoned or came by."""
    from desk.cli.tickets import in_short, short
    from notices.texts.catalogue import LANGUAGES
    from ticketing.tickets.intake import Intake
    from ticketing.tickets.letters import Team
    from ticketing.tickets.phoning import open_for_person

    settings, now = load(), clock.now()
    if lang is not None and lang not in LANGUAGES:
        raise CommandFailed(f"{lang!r} is none of the languages: {', '.join(LANGUAGES)}")
    if (requester is None) == (name is None and email is None):
        raise CommandFailed("say for whom: --for WHO, or --name and --email of somebody who is not known yet")
    intake = Intake(
        type=type_,
        description=words(text),
        details=details,
        impact=impact,
        urgency=urgency,
        category=category,
    )

    def act(session: Session) -> dict[str, Any]:
        actor = actor_of(session, as_, settings)
        language = lang or settings.default_language
        if email is not None and not is_new:
            _refuse_known(session, email)
        ticket_id, _ = open_for_person(
            session,
            _requester(session, requester, name, email, language, now),
            intake,
            language=lang,
            team=Team(settings.team_email, settings.default_language),
            actor=actor,
            now=now,
        )
        return short(session, ticket_id)

    facts = write(settings, act)
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        say(in_short(facts))


def assign(
    number: Number,
    agent: Annotated[str | None, typer.Argument(metavar="[AGENT]", help="Whom to give it to.")] = None,
    reason: Reason = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Give a ticket to an agent; without one, to whom its group's method chooses."""
    from ticketing.tickets.assigning import assign_ticket, assign_to_next

    def deed(session: Session, ticket_id: int, actor: str, now: datetime) -> None:
        if agent is None:
            assign_to_next(session, ticket_id, actor=actor, now=now)
        else:
            assign_ticket(session, ticket_id, agent_id(session, agent), actor=actor, now=now, reason=reason)

    do(number, as_, as_json, deed)


def unassign(number: Number, reason: Reason = None, as_: As = None, as_json: AsJson = False) -> None:
    """Take a ticket from whoever has it; it waits in its group."""
    from ticketing.tickets.assigning import unassign_ticket

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: unassign_ticket(session, id_, actor=actor, now=now, reason=reason),
    )


def transfer(
    number: Number,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="A group's key.")],
    reason: NeededReason,
    tier: Tier = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Pass a ticket to another group, where it starts at the first tier unless --tier names one."""
    from ticketing.tickets.assigning import transfer_ticket

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: transfer_ticket(
            session, id_, group, reason=reason, tier=tier, actor=actor, now=now
        ),
    )


def reply(number: Number, text: Text, as_: As = None, as_json: AsJson = False) -> None:
    """Write something that the requester is told; on a parent, all its open children are."""
    from ticketing.tickets.handling import add_reply

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: {
            "entry": add_reply(session, id_, words(text), actor=actor, now=now)
        },
    )


def note(number: Number, text: Text, as_: As = None, as_json: AsJson = False) -> None:
    """Write something for the team alone."""
    from ticketing.tickets.handling import add_work_note

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: {
            "entry": add_work_note(session, id_, words(text), actor=actor, now=now)
        },
    )


def escalate(
    number: Number, reason: NeededReason, tier: Tier = None, as_: As = None, as_json: AsJson = False
) -> None:
    """Take a ticket up a tier, or from the last one to the group it passes on to."""
    from ticketing.tickets.escalating import escalate_ticket

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: escalate_ticket(
            session, id_, reason=reason, to_tier=tier, actor=actor, now=now
        ),
    )


def decline(number: Number, reason: NeededReason, as_: As = None, as_json: AsJson = False) -> None:
    """Send an escalated ticket back where it came from, and say why."""
    from ticketing.tickets.escalating import decline_escalation

    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: decline_escalation(
            session, id_, reason=reason, actor=actor, now=now
        ),
    )


def reclassify(
    number: Number,
    impact: Annotated[Impact | None, typer.Option()] = None,
    urgency: Annotated[Urgency | None, typer.Option()] = None,
    category: Annotated[str | None, typer.Option(metavar="KEY", help="Its group stays the same.")] = None,
    reason: Reason = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Correct impact or urgency, from which the priority follows, or the category."""
    from ticketing.tickets.handling import reclassify as reclassify_ticket

    if impact is None and urgency is None and category is None:
        raise CommandFailed("say what is different: --impact, --urgency, --category")
    do(
        number,
        as_,
        as_json,
        lambda session, id_, actor, now: reclassify_ticket(
            session,
            id_,
            impact=impact,
            urgency=urgency,
            category=category,
            reason=reason,
            actor=actor,
            now=now,
        ),
    )


def _refuse_known(session: Session, email: str) -> None:
    """One caller must not become several people, whose tickets nobody sees together."""
    from identity.people.administration import people_known_as
    from identity.people.errors import PersonUnknown

    try:
        known = people_known_as(session, email)
    except PersonUnknown:
        return
    numbers = ", ".join(f"{each.id} ({each.name or 'no name'})" for each in known)
    raise CommandFailed(
        f"{email} is known, as number {numbers}: --for NUMBER if it is that person, --new if it is not"
    )


def _requester(
    session: Session, who: str | None, name: str | None, email: str | None, language: str, now: datetime
) -> int:
    """Whoever is named, or somebody new who proves nothing by it."""
    from identity.people.administration import person_known_as
    from identity.people.operations import add_anonymous_person, leave_contact

    if who is not None:
        return person_known_as(session, who).id
    person = add_anonymous_person(session, language=language, now=now)
    return leave_contact(session, person.id, name=name, email=email, now=now).id

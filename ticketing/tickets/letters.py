"""What the team is written about tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from identity.people.models import Person
from notices.outbox.operations import put_in_outbox
from notices.texts.catalogue import say
from ticketing.groups.logic import name_in
from ticketing.groups.operations import group_for
from ticketing.pictures.queries import pictures_within
from ticketing.routing.queries import category_name
from ticketing.tickets.logic import ticket_number
from ticketing.tickets.models import Ticket

NOTHING = "–"


@dataclass(frozen=True)
class Team:
    """Where a team reads its mail, and in which language."""

    email: str
    language: str


def tell_team_of_ticket(
    session: Session, ticket: Ticket, requester: Person, team: Team, *, asked_for_person: bool, now: datetime
) -> None:
    """A new ticket, with everything that is known."""
    team = _of_group(session, ticket, team)
    language = team.language
    pictures = (
        pictures_within(session, ticket.conversation_id, ticket.first_seq, ticket.last_seq)
        if ticket.conversation_id is not None
        else 0
    )
    key = "mail_handoff_requested" if asked_for_person else "mail_ticket_opened"
    body = say(
        key if ticket.conversation_id is not None else "mail_ticket_opened_by_phone",
        language,
        ticket=ticket_number(ticket.type, ticket.id),
        type=say(f"mail_type_{ticket.type.value}", language).text,
        priority=ticket.priority.value,
        impact=say(f"mail_impact_{ticket.impact.value}", language).text,
        urgency=say(f"mail_urgency_{ticket.urgency.value}", language).text,
        group=_group(session, ticket, language),
        category=category_name(session, ticket.category, language),
        requester=requester_line(requester, language),
        description=ticket.description or NOTHING,
        details=ticket.details or NOTHING,
        pictures=str(pictures or NOTHING),
        articles="\n".join(f"- {slug}" for slug in ticket.articles_tried) or NOTHING,
    ).text
    _put(session, ticket, "opened", "mail_ticket_opened_subject", body, team, now)


def tell_team_of_comment(
    session: Session, ticket: Ticket, requester: Person, team: Team, *, entry: int, text: str, now: datetime
) -> None:
    """What the requester has added."""
    team = _of_group(session, ticket, team)
    body = _words(session, ticket, requester, team, "mail_comment_added", text)
    _put(session, ticket, f"comment:{entry}", "mail_comment_added_subject", body, team, now)


def tell_team_of_reopening(
    session: Session, ticket: Ticket, requester: Person, team: Team, *, entry: int, text: str, now: datetime
) -> None:
    """What the requester still misses in a ticket that was finished."""
    team = _of_group(session, ticket, team)
    body = _words(session, ticket, requester, team, "mail_ticket_reopened", text)
    _put(session, ticket, f"reopened:{entry}", "mail_ticket_reopened_subject", body, team, now)


def tell_group_of_arrival(
    session: Session, ticket: Ticket, *, came_from: str, entry: int, reason: str | None, now: datetime
) -> None:
    """A ticket that another group has passed on, where its new group has a mailbox of its own."""
    group = group_for(session, ticket.assignment_group)
    if not group.email:
        return
    team = Team(group.email, group.language or ticket.language)
    requester = session.get_one(Person, ticket.requester_id)
    number = ticket_number(ticket.type, ticket.id)
    body = say(
        "mail_ticket_passed",
        team.language,
        ticket=number,
        priority=ticket.priority.value,
        status=say(f"mail_status_{ticket.status.value}", team.language).text,
        group=_group(session, ticket, team.language),
        tier=ticket.tier.value,
        came_from=name_in(group_for(session, came_from).names, team.language, came_from),
        requester=requester_line(requester, team.language),
        reason=reason or NOTHING,
        description=ticket.description or NOTHING,
    ).text
    _put(session, ticket, f"passed:{entry}", "mail_ticket_passed_subject", body, team, now)


def _of_group(session: Session, ticket: Ticket, desk: Team) -> Team:
    """Where the ticket's group reads its mail; the desk's own where it has said nothing."""
    group = group_for(session, ticket.assignment_group)
    return Team(group.email or desk.email, group.language or desk.language)


def _words(session: Session, ticket: Ticket, requester: Person, team: Team, key: str, text: str) -> str:
    return say(
        key,
        team.language,
        ticket=ticket_number(ticket.type, ticket.id),
        status=say(f"mail_status_{ticket.status.value}", team.language).text,
        group=_group(session, ticket, team.language),
        requester=requester_line(requester, team.language),
        text=text,
    ).text


def _put(
    session: Session, ticket: Ticket, what: str, subject_key: str, body: str, team: Team, now: datetime
) -> None:
    number = ticket_number(ticket.type, ticket.id)
    subject = say(subject_key, team.language, ticket=number, summary=ticket.summary).text
    put_in_outbox(
        session,
        key=f"ticket:{number}:{what}",
        port="mail",
        recipient=team.email,
        payload={"subject": subject, "text": body, "ticket": number, "language": team.language},
        now=now,
    )


def _group(session: Session, ticket: Ticket, language: str) -> str:
    return name_in(group_for(session, ticket.assignment_group).names, language, ticket.assignment_group)


def requester_line(requester: Person, language: str) -> str:
    """Who asked, and whether that is known or only said."""
    who = " ".join(filter(None, [requester.name, requester.email and f"<{requester.email}>"]))
    if not who:
        return say("mail_unknown_requester", language).text
    return who if requester.is_verified else f"{who} {say('mail_not_verified', language).text}"

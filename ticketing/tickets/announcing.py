"""Telling people what became of a ticket: by mail and in the conversation, after the commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.agents.logic import agent_actor, agent_id_of
from identity.agents.models import Agent
from identity.people.models import Person
from notices.outbox.operations import put_in_outbox
from notices.preferences.logic import NoticeKind
from notices.preferences.queries import wants
from notices.texts.catalogue import say
from ticketing.tickets.audience import AUDIENCE, IN_CONVERSATION, WITH_WORDS, Party
from ticketing.tickets.journal import person, person_id_of
from ticketing.tickets.logic import ticket_number
from ticketing.tickets.models import JournalEntry, Ticket, TicketWatcher

MAIL = "mail"
CONVERSATION = "conversation"
"""Ports of the outbox. A line in the conversation goes through it too: whoever writes there locks the
conversation first, and whoever changes a ticket has locked the ticket."""


@dataclass(frozen=True)
class Recipient:
    """Somebody to tell; of an address that nobody vouches for it is not known whose it is."""

    actor: str
    email: str | None
    language: str
    is_staff: bool
    is_verified: bool


def announce(
    session: Session,
    ticket: Ticket,
    kind: NoticeKind,
    *,
    entry: JournalEntry,
    now: datetime,
    text: str | None = None,
    link: str | None = None,
    agents: Sequence[int] = (),
) -> None:
    """Tell whoever the kind concerns: requester, watchers, assignee; never who did it.

    Called with the entry that tells of it, in its transaction; entry and kind are the notice's key: each is
    told once.

    Args:
        text: the words meant for them (a reply, a resolution, a reason), if there are some.
        link: a path on the desk where the requester may say something, such as what it thinks of a
            resolution: a secret of its own, so in no letter to others or to an address nobody vouches for.
        agents: ids of agents to tell beside those (the leads of a group).
    """
    number = ticket_number(ticket.type, ticket.id)
    key = f"ticket:{number}:{kind.value}:{entry.number}"
    for recipient in _recipients(session, ticket, AUDIENCE[kind], agents):
        is_told = recipient.email and recipient.actor != entry.actor and wants(session, recipient.actor, kind)
        if not is_told:
            continue
        put_in_outbox(
            session,
            key=f"{key}:{recipient.actor}",
            port=MAIL,
            recipient=str(recipient.email),
            payload=_letter(ticket, number, kind, recipient, text, _own(link, ticket, recipient)),
            now=now,
        )
    is_news = kind in IN_CONVERSATION and entry.actor != person(ticket.requester_id)
    if is_news and ticket.conversation_id is not None:
        line = _line(ticket, number, kind, text)
        if link:
            line = f"{line}\n\n{say('rating_invitation', ticket.language).text}"
        put_in_outbox(
            session,
            key=f"{key}:{CONVERSATION}",
            port=CONVERSATION,
            recipient=str(ticket.conversation_id),
            payload={"text": line, "ticket": number, "link": link},
            now=now,
        )


def _own(link: str | None, ticket: Ticket, to: Recipient) -> str | None:
    return link if to.is_verified and to.actor == person(ticket.requester_id) else None


def _recipients(
    session: Session, ticket: Ticket, parties: frozenset[Party], named: Sequence[int]
) -> Iterator[Recipient]:
    """Each once, whatever brings them here."""
    watchers = session.scalars(
        select(TicketWatcher.watcher)
        .where(TicketWatcher.ticket_id == ticket.id)
        .order_by(TicketWatcher.watcher)
    ).all()
    people = [ticket.requester_id] if Party.REQUESTER in parties else []
    if Party.PEOPLE in parties:
        people += [id_ for each in watchers if (id_ := person_id_of(each)) is not None]
    staff = list(named) if Party.NAMED in parties else []
    if Party.ASSIGNEE in parties and (assignee := agent_id_of(ticket.assignee)) is not None:
        staff.append(assignee)
    if Party.AGENTS in parties:
        staff += [id_ for each in watchers if (id_ := agent_id_of(each)) is not None]
    for person_id in dict.fromkeys(people):
        found = session.get_one(Person, person_id)
        # A requester reads in the language the ticket was written in.
        language = ticket.language if person_id == ticket.requester_id else found.language
        yield Recipient(person(person_id), found.email, language, False, found.is_verified)
    for agent_id in dict.fromkeys(staff):
        agent = session.get(Agent, agent_id)
        if agent is not None and agent.is_active:
            yield Recipient(agent_actor(agent_id), agent.email, agent.language, True, True)


def _letter(
    ticket: Ticket, number: str, kind: NoticeKind, to: Recipient, text: str | None, link: str | None
) -> dict[str, Any]:
    """Subject, words and link. An address that nobody vouches for gets none of the requester's words."""
    side = "staff" if to.is_staff else "requester"
    headline = say(f"headline_{side}_{kind.value}", to.language, ticket=number).text
    summary = ticket.summary if to.is_verified else ""
    subject = f"[{number}] {headline}" + (f": {summary}" if summary else "")
    has_words = text and (to.is_staff or kind in WITH_WORDS)
    body = [say(f"mail_{side}_{kind.value}", to.language, ticket=number).text, text if has_words else ""]
    end = "mail_end_staff" if to.is_staff else "mail_end_requester"
    body.append(say(end, to.language, ticket=number).text)
    if link:
        body.append(say("rating_invitation", to.language).text)
    return {
        "subject": subject,
        "text": "\n\n".join(filter(None, body)),
        "link": link,
        "ticket": number,
        "language": to.language,
    }


def _line(ticket: Ticket, number: str, kind: NoticeKind, text: str | None) -> str:
    said = say(f"notice_ticket_{kind.value}", ticket.language, ticket=number).text
    return f"{said}\n\n{text}" if text and kind in WITH_WORDS else said

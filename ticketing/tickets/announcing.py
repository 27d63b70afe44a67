"""Telling people what became of a ticket: by mail and in the conversation, after the commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.agents.logic import agent_actor, agent_id_of
from identity.agents.models import Agent
from identity.people.models import Person
from notices.outbox.operations import put_in_outbox
from notices.preferences.logic import NoticeKind
from notices.preferences.queries import wants
from ticketing.tickets.audience import AUDIENCE, IN_CONVERSATION, Party
from ticketing.tickets.journal import person, person_id_of
from ticketing.tickets.models import JournalEntry, Ticket, TicketWatcher
from ticketing.tickets.wording import News, Reader, Side, Words, letter, line

MAIL = "mail"
CONVERSATION = "conversation"
"""Ports of the outbox. A line in the conversation goes through it too: whoever writes there locks the
conversation first, and whoever changes a ticket has locked the ticket."""


@dataclass(frozen=True)
class Recipient:
    """Somebody to tell, and as whom."""

    actor: str
    email: str | None
    reader: Reader


def announce(
    session: Session,
    ticket: Ticket,
    kind: NoticeKind,
    *,
    entry: JournalEntry,
    now: datetime,
    text: Words | None = None,
    staff_text: Words | None = None,
    link: str | None = None,
    agents: Sequence[int] = (),
    words_of: JournalEntry | None = None,
) -> None:
    """Tell whoever the kind concerns: requester, watchers, assignee; never who did it.

    Called with the entry that tells of it, in its transaction; entry and kind are the notice's key: each is
    told once.

    A key names the entry whose words a letter has: who erases those finds the letter by it.

    Args:
        text: the words meant for them (a reply, a resolution, a reason), if there are some.
        staff_text: the words for the staff, where it is told others.
        link: a path on the desk where the requester may say something, such as what it thinks of a
            resolution: a secret of its own, so in no letter to others or to an address nobody vouches for.
        agents: ids of agents to tell beside those (the leads of a group).
        words_of: the entry whose words they are, where it is an earlier one of the same transaction.
    """
    news = News(ticket, kind, entry, text, staff_text)
    key = f"ticket:{news.number}:{kind.value}:{(words_of or entry).number}"
    for recipient in _recipients(session, ticket, AUDIENCE[kind], agents):
        is_told = recipient.email and recipient.actor != entry.actor and wants(session, recipient.actor, kind)
        if not is_told:
            continue
        places = {"place": _place(ticket, recipient), "link": _own(link, ticket, recipient)}
        put_in_outbox(
            session,
            key=f"{key}:{recipient.actor}",
            port=MAIL,
            recipient=str(recipient.email),
            payload={**letter(session, news, recipient.reader), **places},
            now=now,
        )
    is_news = kind in IN_CONVERSATION and entry.actor != person(ticket.requester_id)
    if is_news and ticket.conversation_id is not None:
        put_in_outbox(
            session,
            key=f"{key}:{CONVERSATION}",
            port=CONVERSATION,
            recipient=str(ticket.conversation_id),
            payload={
                "text": line(news, with_invitation=link is not None),
                "ticket": news.number,
                "link": link,
            },
            now=now,
        )


def _place(ticket: Ticket, to: Recipient) -> dict[str, int] | None:
    """Whose page of the ticket a letter leads to; its address is made when the letter leaves."""
    person_id = person_id_of(to.actor)
    return {"ticket": ticket.id, "person": person_id} if person_id is not None else None


def _own(link: str | None, ticket: Ticket, to: Recipient) -> str | None:
    return link if to.reader.is_verified and to.actor == person(ticket.requester_id) else None


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
        is_own = person_id == ticket.requester_id
        # A requester reads in the language the ticket was written in.
        reader = Reader(
            Side.REQUESTER if is_own else Side.WATCHER,
            ticket.language if is_own else found.language,
            found.is_verified,
        )
        yield Recipient(person(person_id), found.email, reader)
    for agent_id in dict.fromkeys(staff):
        agent = session.get(Agent, agent_id)
        if agent is not None and agent.is_active:
            actor = agent_actor(agent_id)
            side = Side.ASSIGNEE if actor == ticket.assignee else Side.STAFF
            yield Recipient(actor, agent.email, Reader(side, agent.language, True))

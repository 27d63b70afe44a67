"""One ticket about two things: the second gets a ticket of its own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.conversations.models import Conversation
from ticketing.routing.queries import check_chosen
from ticketing.tickets.access import access_ticket
from ticketing.tickets.errors import EntryNotFound, SplitNotAllowed
from ticketing.tickets.filing import Origin, file_ticket
from ticketing.tickets.intake import Intake, kept
from ticketing.tickets.journal import Act, write_entry
from ticketing.tickets.letters import Team
from ticketing.tickets.logic import EntryKind, Status, TicketType, Visibility, ticket_number
from ticketing.tickets.merging import Joined
from ticketing.tickets.models import JournalEntry, JournalText, Ticket, TicketReply


def split_ticket(
    session: Session,
    ticket_id: int,
    *,
    text: str | None = None,
    entries: Collection[int] = (),
    type_: TicketType | None = None,
    category: str | None = None,
    team: Team,
    actor: str,
    now: datetime,
) -> Joined:
    """Put part of a ticket on file as a new one of the same requester, routed by its own words.

    Both say in their journals where the other one is. Returns the new number and the old one.

    Args:
        text: what the new one is about, before the words of the entries.
        entries: numbers of replies; work notes cannot be taken along, for the requester reads a ticket.
        type_: that of the old one if None.

    Raises:
        TicketNotFound: no such ticket.
        EntryNotFound: one of the entries is no reply with words.
        CategoryNotChosen: no ticket gets the category that was named.
        SplitNotAllowed: there is nothing to put on file, or the ticket is merged or cancelled.
    """
    ticket = access_ticket(session, ticket_id)
    number = ticket_number(ticket.type, ticket.id)
    if ticket.merged_into_id is not None:
        raise SplitNotAllowed(number, "it is merged; split the ticket in which it goes on")
    if ticket.status is Status.CANCELLED:
        raise SplitNotAllowed(number, "it is cancelled; open a new ticket")
    if category is not None:
        check_chosen(session, category)
    parts = [kept(text), *_words_of(session, ticket, number, entries)]
    description = kept("\n\n".join(filter(None, parts)))
    if description is None:
        raise SplitNotAllowed(number, "say what the new one is about, or which replies it takes along")
    new = file_ticket(
        session,
        session.get_one(Person, ticket.requester_id),
        Intake(type=type_ or ticket.type, description=description, category=category),
        _origin(session, ticket),
        team,
        actor=actor,
        now=now,
    )
    new_number = ticket_number(new.type, new.id)
    data = {"into": new_number, "entries": sorted(set(entries))}
    write_entry(session, ticket, Act(EntryKind.SPLIT, actor, now, data=data))
    write_entry(session, new, Act(EntryKind.SPLIT, actor, now, data={"from": number}))
    return Joined(new_number, number, new.status)


def _words_of(session: Session, ticket: Ticket, number: str, entries: Collection[int]) -> list[str]:
    """The words of replies, in the order in which they were written."""
    found = {
        entry: text
        for entry, text in session.execute(
            select(JournalEntry.number, JournalText.text)
            .join(JournalText, JournalText.entry_id == JournalEntry.id)
            .join(TicketReply, TicketReply.entry_id == JournalEntry.id)
            .where(
                JournalEntry.ticket_id == ticket.id,
                JournalEntry.number.in_(entries),
                TicketReply.visibility == Visibility.REPLY,
                JournalText.text.is_not(None),
            )
        )
    }
    for missing in sorted(set(entries) - set(found)):
        raise EntryNotFound(number, missing, last=ticket.journal_length, why="is no reply with words")
    return [text for _, text in sorted(found.items()) if text]


def _origin(session: Session, ticket: Ticket) -> Origin:
    conversation = session.get(Conversation, ticket.conversation_id) if ticket.conversation_id else None
    return Origin(
        conversation_id=ticket.conversation_id,
        site=conversation.site_key if conversation else "",
        channel=ticket.channel,
        language=ticket.language,
        first_seq=ticket.first_seq,
        last_seq=ticket.last_seq,
    )

"""Asking a requester once what it thinks of how a ticket was resolved, and keeping the answer."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.people.models import Person
from notices.preferences.logic import NoticeKind
from notices.preferences.queries import wants
from ticketing.conversations.errors import MessageEmpty, MessageTooLong
from ticketing.conversations.wording import storable
from ticketing.ratings.errors import CommentTooLong, RatingNotFound, ScoreInvalid
from ticketing.ratings.logic import COMMENT_CHARACTERS, PATH, SCORES, token_digest, why_not_ask
from ticketing.ratings.models import Rating
from ticketing.ratings.queries import AskedRating, find_rating, seen
from ticketing.tickets.access import access_ticket
from ticketing.tickets.journal import Act, person, write_entry
from ticketing.tickets.logic import EntryKind
from ticketing.tickets.models import JournalEntry, Ticket, TicketTag

TOKEN_BYTES = 24


def ask_for_rating(session: Session, ticket: Ticket, *, entry: JournalEntry, now: datetime) -> str | None:
    """The link by which a requester may say what it thinks of a resolution; None where it is not asked.

    Once per ticket, whatever becomes of it later. The ticket is locked by whoever calls.

    Args:
        entry: the one that tells of the resolution.
    """
    if _was_asked(session, ticket) or not _is_asked(session, ticket, entry):
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        Rating(
            ticket_id=ticket.id,
            person_id=ticket.requester_id,
            token_digest=token_digest(token),
            asked_at=now,
        )
    )
    session.flush()
    return f"{PATH}{token}"


def give_rating(
    session: Session, token: str, score: int, comment: str | None = None, *, now: datetime
) -> AskedRating:
    """Keep what a requester thinks. What was said first stands: a second time changes nothing.

    Raises:
        RatingNotFound, ScoreInvalid, CommentTooLong: nothing is kept.
    """
    if score not in SCORES:
        raise ScoreInvalid
    words = _storable(comment)
    rating = find_rating(session, token, now)
    ticket = access_ticket(session, rating.ticket_id)
    if ticket.merged_into_id is not None:
        raise RatingNotFound
    # Of two answers at once the second sees, behind the lock on the ticket, that there is one.
    session.refresh(rating)
    if rating.given_at is None:
        act = Act(EntryKind.RATED, person(rating.person_id), now, words, {"score": score})
        entry = write_entry(session, ticket, act)
        rating.score, rating.given_at, rating.entry_id = score, now, entry.id
        session.flush()
    return seen(session, rating, ticket)


def _storable(comment: str | None) -> str | None:
    try:
        return storable((comment or "").strip(), COMMENT_CHARACTERS).text
    except MessageEmpty:
        return None
    except MessageTooLong:
        raise CommentTooLong from None


def _was_asked(session: Session, ticket: Ticket) -> bool:
    return session.scalar(select(Rating.id).where(Rating.ticket_id == ticket.id)) is not None


def _is_asked(session: Session, ticket: Ticket, entry: JournalEntry) -> bool:
    requester = session.get_one(Person, ticket.requester_id)
    is_reached = ticket.conversation_id is not None or (requester.email and requester.is_verified)
    if not is_reached or not wants(session, person(requester.id), NoticeKind.RATING_ASKED):
        return False
    why = why_not_ask(
        ticket.resolution_code,
        is_merged=ticket.merged_into_id is not None,
        is_duplicate=ticket.duplicate_of_id is not None,
        is_own=entry.actor == person(ticket.requester_id),
        tags=session.scalars(select(TicketTag.tag).where(TicketTag.ticket_id == ticket.id)).all(),
    )
    return why is None

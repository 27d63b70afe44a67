"""What requesters were asked and what they said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from ticketing.ratings.errors import RatingNotFound
from ticketing.ratings.logic import GOOD, is_over, token_digest
from ticketing.ratings.models import Rating
from ticketing.tickets.logic import TicketType, ticket_number
from ticketing.tickets.models import JournalText, Ticket


@dataclass(frozen=True)
class AskedRating:
    """What somebody is asked about; score and words once they are given."""

    ticket: str
    summary: str
    language: str
    score: int | None
    comment: str | None
    given_at: datetime | None


@dataclass(frozen=True)
class GivenRating:
    """A rating in a list of the team."""

    ticket: str
    type: TicketType
    summary: str
    group: str
    assignee: str | None
    score: int
    comment: str | None
    given_at: datetime


@dataclass(frozen=True)
class Satisfaction:
    """Ratings in numbers; `mean` and `good` (the share of 4 and 5) are None while there are none."""

    asked: int
    given: int
    mean: float | None
    good: float | None


def asked_rating(session: Session, token: str, *, now: datetime) -> AskedRating:
    """What is asked under a secret.

    Raises:
        RatingNotFound: nothing, or it was too long ago, or the ticket went on as another one.
    """
    rating = find_rating(session, token, now)
    ticket = session.get_one(Ticket, rating.ticket_id)
    if ticket.merged_into_id is not None:
        raise RatingNotFound
    return seen(session, rating, ticket)


def find_rating(session: Session, token: str, now: datetime) -> Rating:
    """The row behind a secret.

    Raises:
        RatingNotFound: there is none, or it was asked too long ago.
    """
    digest = token_digest(token)
    rating = session.scalar(select(Rating).where(Rating.token_digest == digest)) if digest else None
    if rating is None or is_over(rating.asked_at, now):
        raise RatingNotFound
    return rating


def seen(session: Session, rating: Rating, ticket: Ticket) -> AskedRating:
    """A row as the requester sees it."""
    said = session.get(JournalText, rating.entry_id) if rating.entry_id is not None else None
    return AskedRating(
        ticket=ticket_number(ticket.type, ticket.id),
        summary=ticket.summary,
        language=ticket.language,
        score=rating.score,
        comment=said.text if said else None,
        given_at=rating.given_at,
    )


def list_ratings(
    session: Session, *, since: datetime | None = None, limit: int = 100
) -> tuple[GivenRating, ...]:
    """Ratings that were given, the latest first."""
    wanted = (
        select(Rating, Ticket, JournalText.text)
        .join(Ticket, Ticket.id == Rating.ticket_id)
        .outerjoin(JournalText, JournalText.entry_id == Rating.entry_id)
        .where(Rating.given_at.is_not(None))
        .order_by(Rating.given_at.desc(), Rating.id.desc())
        .limit(limit)
    )
    if since is not None:
        wanted = wanted.where(Rating.given_at >= since)
    return tuple(
        GivenRating(
            ticket=ticket_number(ticket.type, ticket.id),
            type=ticket.type,
            summary=ticket.summary,
            group=ticket.assignment_group,
            assignee=ticket.assignee,
            score=rating.score,
            comment=text,
            given_at=rating.given_at,
        )
        for rating, ticket, text in session.execute(wanted)
        if rating.score is not None and rating.given_at is not None
    )


def satisfaction(session: Session, *, since: datetime | None = None) -> Satisfaction:
    """Ratings in numbers; those asked since a moment, if one is named."""
    is_good = case((Rating.score.in_(GOOD), 1), else_=0)
    wanted = select(
        func.count(), func.count(Rating.score), func.sum(Rating.score), func.sum(is_good)
    ).select_from(Rating)
    if since is not None:
        wanted = wanted.where(Rating.asked_at >= since)
    asked, given, total, good = session.execute(wanted).one()
    if not given:
        return Satisfaction(asked, 0, None, None)
    return Satisfaction(asked, given, int(total) / given, int(good) / given)

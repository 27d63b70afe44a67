"""What is known of pictures: who may see one, how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.pictures.errors import PictureNotFound
from ticketing.pictures.logic import LOOSE_LIFE, QUOTA_WINDOW, Kept, PictureKind, PictureState
from ticketing.pictures.models import Picture


@dataclass(frozen=True)
class ShownPicture:
    """What is needed to hand a picture out."""

    id: str
    name: str
    kind: PictureKind


def access_picture(session: Session, picture_id: str, *, person_id: int | None = None) -> ShownPicture:
    """The door to a picture, of this person if one is named: somebody else's does not exist.

    Raises:
        PictureNotFound
    """
    picture = session.get(Picture, picture_id)
    if picture is None or picture.state is PictureState.REMOVED:
        raise PictureNotFound
    if person_id is not None and picture.person_id != person_id:
        raise PictureNotFound
    return ShownPicture(picture.id, picture.name, picture.kind)


def kept_by(session: Session, person_id: int, *, now: datetime) -> Kept:
    """How much a person has sent within a day, and how much there is of everybody."""
    pictures, size = session.execute(
        select(func.count(), func.coalesce(func.sum(Picture.size), 0)).where(
            Picture.person_id == person_id, Picture.created_at > now - QUOTA_WINDOW
        )
    ).one()
    in_all = session.scalar(select(func.coalesce(func.sum(Picture.size), 0))) or 0
    return Kept(int(pictures), int(size), int(in_all), _of_anonymous(session, person_id))


def _of_anonymous(session: Session, person_id: int) -> int | None:
    """How much all who are anonymous have sent, if this is one of them."""
    if session.get_one(Person, person_id).is_verified:
        return None
    theirs = (
        select(func.coalesce(func.sum(Picture.size), 0))
        .join(Person, Person.id == Picture.person_id)
        .where(Person.is_verified.is_(False))
    )
    return int(session.scalar(theirs) or 0)


def first_loose_picture(
    session: Session, conversation_id: int, after_seq: int, *, now: datetime
) -> int | None:
    """Where a conversation shows the first picture after a position, if that was within a day."""
    return session.scalar(
        select(func.min(Picture.seq)).where(
            Picture.conversation_id == conversation_id,
            Picture.seq > after_seq,
            Picture.created_at > now - LOOSE_LIFE,
        )
    )


def pictures_within(session: Session, conversation_id: int, first_seq: int, last_seq: int) -> int:
    """How many pictures a stretch of a conversation shows."""
    shown = Picture.conversation_id == conversation_id, Picture.seq.between(first_seq, last_seq)
    return session.scalar(select(func.count()).select_from(Picture).where(*shown)) or 0

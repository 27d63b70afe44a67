"""Keeping pictures, showing each in one line, and letting go of those that no line shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from identity.people.models import Person
from ticketing.conversations.models import Conversation
from ticketing.pictures.errors import PictureNotFound, QuotaSpent
from ticketing.pictures.logic import (
    UNUSED_LIFE,
    PictureKind,
    PictureLimits,
    PictureState,
    is_beyond_quota,
    is_full,
)
from ticketing.pictures.models import Picture
from ticketing.pictures.queries import kept_by


@dataclass(frozen=True)
class NewPicture:
    """A picture whose file is ready to be kept, under the id that names the file."""

    id: str
    name: str
    kind: PictureKind
    width: int
    height: int
    size: int


def check_room(session: Session, person_id: int, more: int, limits: PictureLimits, *, now: datetime) -> None:
    """Refuse what would be too much, before it is sent or when it is kept.

    Raises:
        QuotaSpent
    """
    kept = kept_by(session, person_id, now=now)
    if is_beyond_quota(kept, more, limits):
        raise QuotaSpent("you have sent as many pictures as one person may in a day; describe it in words")
    if is_full(kept, more, limits):
        raise QuotaSpent("there is no room for pictures at the moment; describe it in words")


def keep_picture(
    session: Session,
    picture: NewPicture,
    *,
    person_id: int,
    conversation_id: int,
    limits: PictureLimits,
    now: datetime,
) -> None:
    """Put a picture on file, for the line that will show it.

    Raises:
        QuotaSpent: others came in meanwhile; nothing is kept.
    """
    # Locked: two pictures of one person that arrive together are counted one after the other. Only that:
    # whoever has the conversation, for which the row below waits, may be about to refer to the person.
    session.get_one(Person, person_id, with_for_update={"key_share": True})
    check_room(session, person_id, picture.size, limits, now=now)
    row = Picture(
        **vars(picture),
        person_id=person_id,
        conversation_id=conversation_id,
        state=PictureState.UNUSED,
        seq=None,
        created_at=now,
    )
    session.add(row)
    session.flush()


def use_picture(session: Session, picture_id: str, conversation: Conversation, *, seq: int) -> dict[str, Any]:
    """Let one line of its conversation show a picture; returns what the line tells of it.

    The condition in the update makes the second line lose, whichever it is.

    Raises:
        PictureNotFound
    """
    used = session.execute(
        update(Picture)
        .where(
            Picture.id == picture_id,
            Picture.person_id == conversation.person_id,
            Picture.conversation_id == conversation.id,
            Picture.state == PictureState.UNUSED,
        )
        .values(state=PictureState.USED, seq=seq)
        .returning(Picture.id, Picture.name, Picture.width, Picture.height, Picture.size)
    ).first()
    if used is None:
        raise PictureNotFound
    return {
        "id": used.id,
        "name": used.name,
        "width": used.width,
        "height": used.height,
        "bytes": used.size,
    }


def give_up_unused(session: Session, *, now: datetime, limit: int = 100) -> list[str]:
    """Pictures that no line can show any more, because none did for a day; returns whose files have to go.

    Those of a sweep that was interrupted are among them.
    """
    too_old = and_(Picture.state == PictureState.UNUSED, Picture.created_at <= now - UNUSED_LIFE)
    rows = session.scalars(
        select(Picture)
        .where(Picture.state != PictureState.USED, or_(too_old, Picture.state == PictureState.REMOVED))
        .order_by(Picture.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.state = PictureState.REMOVED
    return [row.id for row in rows]


def forget_removed(session: Session, picture_ids: list[str]) -> None:
    """Their files are gone: so are they."""
    session.execute(delete(Picture).where(Picture.id.in_(picture_ids), Picture.state == PictureState.REMOVED))

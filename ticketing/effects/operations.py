"""Doing something at most once, however often it is asked for: per turn, or per client id (TRUST RL-5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ticketing.effects.models import Effect, PersonEffect


@dataclass(frozen=True)
class EffectKey:
    """Which effect of which turn: the same key means the same deed."""

    turn_id: str
    name: str
    ordinal: int = 0


def once(
    session: Session, key: EffectKey, deed: Callable[[], dict[str, Any]], *, now: datetime
) -> dict[str, Any]:
    """The result of the deed: done now, or as it was recorded the first time.

    The row is the lock: it is inserted before the deed, in the deed's own transaction.
    """
    effect = Effect(turn_id=key.turn_id, name=key.name, ordinal=key.ordinal, result={}, at=now)
    try:
        with session.begin_nested():
            session.add(effect)
    except IntegrityError:
        return _recorded(session, key)
    result = deed()
    effect.result = result
    session.flush()
    return result


@dataclass(frozen=True)
class PersonEffectKey:
    """Which deed of which person, by the id that the person's client gave it."""

    person_id: int
    client_id: str


def once_for_person(
    session: Session, key: PersonEffectKey, name: str, deed: Callable[[], dict[str, Any]], *, now: datetime
) -> tuple[dict[str, Any], bool]:
    """The same for a person; returns the result, and whether it was recorded before.

    One id is one deed, whatever is asked for the second time.
    """
    effect = PersonEffect(person_id=key.person_id, client_id=key.client_id, name=name, result={}, at=now)
    try:
        with session.begin_nested():
            session.add(effect)
    except IntegrityError:
        recorded = select(PersonEffect.result).where(
            PersonEffect.person_id == key.person_id, PersonEffect.client_id == key.client_id
        )
        return session.scalars(recorded).one(), True
    effect.result = deed()
    session.flush()
    return effect.result, False


# Made once: it runs with every answer.
_OF_TURN = select(Effect.name, Effect.result).where(Effect.turn_id == bindparam("turn")).order_by(Effect.id)


def effects_of(session: Session, turn_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and result of everything a turn has caused, in order."""
    return [(row.name, row.result) for row in session.execute(_OF_TURN, {"turn": turn_id})]


def _recorded(session: Session, key: EffectKey) -> dict[str, Any]:
    result: dict[str, Any] = session.scalars(
        select(Effect.result).where(
            Effect.turn_id == key.turn_id, Effect.name == key.name, Effect.ordinal == key.ordinal
        )
    ).one()
    return result

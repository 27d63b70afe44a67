"""The desk with one of its protections taken out: `python -m tests.nemesis.mutant NAME`.

The run must then fail. `unique-key` is taken out of the database before the start instead
(`without_unique_key`), because that is where it lives.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from ticketing.effects.models import Effect
from ticketing.effects.operations import EffectKey

UNIQUE_KEY = "uq_message_channel_external_id"


def without_speaker_check() -> None:
    """Answers are committed whoever speaks."""
    from ticketing.tickets import operations as tickets
    from ticketing.turns import operations, settlement

    for module in (operations, settlement, tickets):
        _replace(module, "may_answer", lambda *_: True)


def without_effect_key() -> None:
    """An effect is had again whenever its turn runs again."""
    from ticketing.tickets import operations

    def again(
        session: Session, key: EffectKey, deed: Callable[[], dict[str, Any]], *, now: datetime
    ) -> dict[str, Any]:
        before = session.scalar(select(func.count()).where(Effect.turn_id == key.turn_id)) or 0
        result = deed()
        session.add(
            Effect(turn_id=key.turn_id, name=key.name, ordinal=key.ordinal + before, result=result, at=now)
        )
        return result

    _replace(operations, "once", again)


def _replace(module: ModuleType, name: str, other: Callable[..., Any]) -> None:
    """A protection that goes by another name now must not be left in unseen."""
    assert callable(getattr(module, name)), name
    setattr(module, name, other)


def without_unique_key(database_url: str) -> None:
    """The table of messages takes the same line twice."""
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("message") as table:
                table.drop_constraint(UNIQUE_KEY, type_="unique")
    finally:
        engine.dispose()


IN_THE_CODE: dict[str, Callable[[], None]] = {
    "speaker-check": without_speaker_check,
    "effect-key": without_effect_key,
}
IN_THE_DATABASE: dict[str, Callable[[str], None]] = {"unique-key": without_unique_key}
MUTATIONS = (*IN_THE_CODE, *IN_THE_DATABASE)


if __name__ == "__main__":
    IN_THE_CODE[sys.argv[1]]()
    from desk import serve

    serve.main()

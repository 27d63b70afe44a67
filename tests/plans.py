"""By which index a database finds something, on one that the migrations made.

That is how installations are: which of two indices SQLite takes depends on the order in which they were made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from storage import schema
from storage.database import Database
from tests.databases import BACKENDS, an_empty_postgres


@pytest.fixture(params=BACKENDS)
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A desk's database without rows, as the migrations leave it, on each back end in turn."""
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'migrated.db'}"
        if request.param == "postgresql":
            url = stack.enter_context(an_empty_postgres())
        schema.upgrade(url)
        database = Database(url, threads=1)
        stack.callback(database.close)
        yield database


def plans(db: Database, operation: Callable[..., Any], *args: Any, **kwargs: Any) -> list[str]:
    """How each SELECT of an operation is answered, one line each; the operation is carried out."""
    found: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            explained = "EXPLAIN " if is_postgres else "EXPLAIN QUERY PLAN "
            rows = connection.connection.execute(explained + statement, parameters).fetchall()
            found.append(" / ".join(str(row[-1]) for row in rows))

    def work(session: Session) -> None:
        if is_postgres:
            # Tables as small as these it would rather read whole.
            for way in ("seqscan", "bitmapscan"):
                session.connection().exec_driver_sql(f"SET LOCAL enable_{way} = off")
        operation(session, *args, **kwargs)

    is_postgres = db.engine.dialect.name == "postgresql"
    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        db.write(work)
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    return found

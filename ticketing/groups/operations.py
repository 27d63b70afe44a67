"""Finding the group that a ticket goes to."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ticketing.groups.logic import DEFAULT_GROUP, SHIPPED, AssignmentMethod
from ticketing.groups.models import AssignmentGroup
from ticketing.tickets.logic import SupportTier

_TABLE = AssignmentGroup.metadata.tables[AssignmentGroup.__tablename__]
_INSERT_MISSING = {
    dialect.__name__.rpartition(".")[2]: dialect.insert(_TABLE).on_conflict_do_nothing()
    for dialect in (sqlite, postgresql)
}


def group_for(session: Session, key: str) -> AssignmentGroup:
    """The group of a key, or the default one: a ticket always has a group."""
    found = session.get(AssignmentGroup, key)
    if found is None and key in SHIPPED:
        ship_groups(session)
        found = session.get(AssignmentGroup, key)
    return found or group_for(session, DEFAULT_GROUP)


def ship_groups(session: Session) -> None:
    """Add the shipped groups that are missing; those that are there stay as they are."""
    insert = _INSERT_MISSING[session.get_bind().dialect.name]
    rows = [
        {"key": key, "names": dict(names), "tiers": [SupportTier.L1.value], "method": AssignmentMethod.MANUAL}
        for key, names in SHIPPED.items()
    ]
    session.connection().execute(insert, rows)

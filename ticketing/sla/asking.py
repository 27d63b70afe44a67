"""Whether what a level or a rule asks for is there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ticketing.groups.queries import all_groups
from ticketing.routing.queries import categories
from ticketing.sla.logic import Conditions, why_not_conditions


def why_not_asked(session: Session, conditions: Conditions) -> str | None:
    """The reason nothing can be asked like this, or None: also that a group or a category is not there."""
    if why := why_not_conditions(conditions):
        return why
    if unknown := sorted(set(conditions.groups) - {group.key for group in all_groups(session)}):
        return f"there is no group {unknown[0]!r}; `guichet group list` shows them"
    if unknown := sorted(set(conditions.categories) - set(categories(session))):
        return f"there is no category {unknown[0]!r}; `guichet route category list` shows them"
    return None

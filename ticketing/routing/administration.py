"""What an administrator does with routing rules: added, changed, put in order, removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.agents.logic import why_not_language
from identity.people.logic import why_not_requester_group
from identity.sites.queries import all_sites
from ticketing.groups.logic import why_not_key, why_not_skills
from ticketing.groups.queries import group_by_key
from ticketing.routing.errors import CategoryUnknown, RoutingRefused, RuleUnknown
from ticketing.routing.logic import why_not_words
from ticketing.routing.models import RoutingRule
from ticketing.routing.queries import categories, rule_of, rules
from ticketing.routing.rules import CHANNELS, Conditions, Outcome, Rule
from ticketing.tickets.logic import TicketType


class RuleChanges(TypedDict, total=False):
    """What is to be different; what is not in it stays.

    Of `conditions` and `outcome` only what is named changes, by the names of `Conditions` and `Outcome`.
    """

    conditions: Mapping[str, Any]
    outcome: Mapping[str, Any]
    is_active: bool


def add_rule(session: Session, key: str, changes: RuleChanges, *, position: int | None = None) -> Rule:
    """A new rule, after the others or at a place counted from 1.

    Raises:
        CategoryUnknown, GroupUnknown, RoutingRefused: nothing is added.
    """
    rows = _lock_rules(session)
    if why := why_not_key(key):
        raise RoutingRefused(f"{key!r}: {why}")
    if any(row.key == key for row in rows):
        raise RoutingRefused(f"there is a rule {key!r} already")
    row = RoutingRule(key=key, conditions={}, outcome={}, is_active=True, position=0)
    _change(session, row, {"outcome": {}, **changes})
    session.add(row)
    _put(rows, row, position)
    session.flush()
    return rule_of(row)


def change_rule(session: Session, key: str, changes: RuleChanges) -> Rule:
    """Bring what is named to the new state.

    Raises:
        RuleUnknown, CategoryUnknown, GroupUnknown, RoutingRefused: nothing is changed.
    """
    row = _row(_lock_rules(session), key)
    _change(session, row, changes)
    session.flush()
    return rule_of(row)


def move_rule(session: Session, key: str, position: int) -> tuple[Rule, ...]:
    """Put a rule at a place counted from 1; returns all of them in order.

    Raises:
        RuleUnknown, RoutingRefused: nothing is changed.
    """
    rows = _lock_rules(session)
    row = _row(rows, key)
    rows.remove(row)
    _put(rows, row, position)
    session.flush()
    return rules(session)


def remove_rule(session: Session, key: str) -> Rule:
    """Take a rule away for good; the journals of tickets that it sent somewhere keep its key.

    Raises:
        RuleUnknown: there is none.
    """
    rows = _lock_rules(session)
    row = _row(rows, key)
    removed = rule_of(row)
    session.delete(row)
    rows.remove(row)
    _number(rows)
    session.flush()
    return removed


def _lock_rules(session: Session) -> list[RoutingRule]:
    wanted = select(RoutingRule).order_by(RoutingRule.position, RoutingRule.key).with_for_update()
    return list(session.scalars(wanted, execution_options={"populate_existing": True}))


def _row(rows: list[RoutingRule], key: str) -> RoutingRule:
    found = next((row for row in rows if row.key == key), None)
    if found is None:
        raise RuleUnknown(key)
    return found


def _put(rows: list[RoutingRule], row: RoutingRule, position: int | None) -> None:
    last = len(rows) + 1
    place = last if position is None else position
    if not 1 <= place <= last:
        raise RoutingRefused(f"there is no place {place}; there are 1 to {last}")
    rows.insert(place - 1, row)
    _number(rows)


def _number(rows: list[RoutingRule]) -> None:
    for position, row in enumerate(rows, start=1):
        row.position = position


def _change(session: Session, row: RoutingRule, changes: RuleChanges) -> None:
    if "conditions" in changes:
        row.conditions = _checked_conditions(session, {**row.conditions, **changes["conditions"]})
    if "outcome" in changes:
        row.outcome = _checked_outcome(session, {**row.outcome, **changes["outcome"]})
    if "is_active" in changes:
        row.is_active = changes["is_active"]


def _checked_conditions(session: Session, asked: Mapping[str, Any]) -> dict[str, Any]:
    conditions = Conditions.read(asked)
    tree = categories(session)
    for category in conditions.categories:
        if category not in tree:
            raise CategoryUnknown(category)
    _refuse(why_not_words(conditions.words))
    _known(
        "site", conditions.sites, tuple(site.key for site in all_sites(session)) if conditions.sites else ()
    )
    _known("channel", conditions.channels, CHANNELS)
    _known("type", conditions.types, tuple(type_.value for type_ in TicketType))
    for language in conditions.languages:
        _refuse(why_not_language(language))
    for group in conditions.requester_groups:
        _refuse(why_not_requester_group(group))
    return conditions.kept()


def _checked_outcome(session: Session, decided: Mapping[str, Any]) -> dict[str, Any]:
    outcome = Outcome.read(decided)
    kept = outcome.kept()
    if not kept:
        raise RoutingRefused("a rule decides something: a group, skills, impact or urgency")
    if outcome.group:
        group_by_key(session, outcome.group)
    _refuse(why_not_skills(outcome.skills))
    return kept


def _known(what: str, asked: tuple[str, ...], known: tuple[str, ...]) -> None:
    if unknown := [each for each in asked if each not in known]:
        there = ", ".join(known) or "none"
        raise RoutingRefused(f"there is no {what} {unknown[0]!r}; there are: {there}")


def _refuse(why: str | None) -> None:
    if why:
        raise RoutingRefused(why)

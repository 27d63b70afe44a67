"""The tree of categories and the rules, as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.groups.logic import name_in
from ticketing.routing import models
from ticketing.routing.categories import shipped
from ticketing.routing.errors import CategoryNotChosen
from ticketing.routing.logic import Categories, Category
from ticketing.routing.rules import Conditions, Outcome, Rule


def categories(session: Session) -> Categories:
    """Every category, in the order in which they are tried; also those switched off.

    Words that a shipped category has not been given here are those it was shipped with: a later version may
    know more of them.
    """
    rows = session.scalars(
        select(models.Category).order_by(models.Category.position, models.Category.key)
    ).all()
    return {row.key: _category(row) for row in rows} or shipped()


def check_chosen(session: Session, key: str) -> None:
    """See that a category somebody chose is one that tickets get.

    Raises:
        CategoryNotChosen: there is none with this key, or it is switched off.
    """
    tree = categories(session)
    if key not in tree or not tree[key].is_active:
        choice = [each.key for each in tree.values() if each.is_active]
        raise CategoryNotChosen(key, is_off=key in tree, choice=choice)


def category_name(session: Session, key: str, language: str) -> str:
    """What people call a category; its key, where it has no name."""
    found = categories(session).get(key)
    return name_in(found.names, language, key) if found else key


def rules(session: Session) -> tuple[Rule, ...]:
    """Every rule in order; those switched off too."""
    rows = session.scalars(
        select(models.RoutingRule).order_by(models.RoutingRule.position, models.RoutingRule.key)
    )
    return tuple(rule_of(row) for row in rows)


def rule_of(row: models.RoutingRule) -> Rule:
    """The frozen value of a row."""
    return Rule(row.key, Conditions.read(row.conditions), Outcome.read(row.outcome), row.is_active)


def _category(row: models.Category) -> Category:
    return Category(
        key=row.key,
        group=row.group_key,
        words=_words(row.key, row.words),
        names=row.names,
        parent=row.parent_key,
        is_active=row.is_active,
    )


def _words(key: str, own: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    as_shipped = shipped()[key].words if key in shipped() else {}
    return {**as_shipped, **{language: tuple(words) for language, words in own.items()}}

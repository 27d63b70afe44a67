"""What an administrator does with the tree of categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from notices.texts.catalogue import LANGUAGES
from ticketing.groups.logic import named, why_not_key, why_not_names
from ticketing.groups.operations import ship_groups
from ticketing.groups.queries import group_by_key
from ticketing.routing import models
from ticketing.routing.categories import shipped
from ticketing.routing.errors import CategoryUnknown, RoutingRefused
from ticketing.routing.logic import OTHER, Category, why_not_parent, why_not_words
from ticketing.routing.queries import categories
from ticketing.sla.upkeep import renew

_TABLE = models.Category.metadata.tables[models.Category.__tablename__]
_INSERT_MISSING = {
    dialect.__name__.rpartition(".")[2]: dialect.insert(_TABLE).on_conflict_do_nothing()
    for dialect in (sqlite, postgresql)
}


class CategoryChanges(TypedDict, total=False):
    """What is to be different; what is not in it stays.

    Of `names` and `words` only the languages that are named change. None for a language's words takes back
    those it was shipped with; none at all is an empty list. None for `group`: whoever gets the parent.
    """

    names: Mapping[str, str]
    parent: str | None
    group: str | None
    words: Mapping[str, Sequence[str] | None]
    is_active: bool


def add_category(session: Session, key: str, changes: CategoryChanges) -> Category:
    """A new category, tried after the others; without a group of its own its parent's gets it.

    Raises:
        GroupUnknown, RoutingRefused: nothing is added.
    """
    if why := why_not_key(key):
        raise RoutingRefused(f"{key!r}: {why}")
    ship_categories(session)
    if key in categories(session):
        raise RoutingRefused(f"there is a category {key!r} already")
    last = session.scalar(select(func.max(models.Category.position))) or 0
    row = models.Category(key=key, names={}, words={}, position=last + 1, is_active=True)
    _change(session, row, {"names": {}, **changes})
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise RoutingRefused(f"there is a category {key!r} already") from None
    renew(session)
    return categories(session)[key]


def change_category(session: Session, key: str, changes: CategoryChanges) -> Category:
    """Bring what is named to the new state. What is switched off is not found by words any more.

    Raises:
        CategoryUnknown, GroupUnknown, RoutingRefused: nothing is changed.
    """
    ship_categories(session)
    row = session.get(models.Category, key, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        raise CategoryUnknown(key)
    _change(session, row, changes)
    session.flush()
    if "parent" in changes:
        # A level or a rule that holds for a category holds for everything below it.
        renew(session)
    return categories(session)[key]


def ship_categories(session: Session) -> None:
    """Add the shipped categories that are missing; those that are there stay as they are."""
    ship_groups(session)
    insert = _INSERT_MISSING[session.get_bind().dialect.name]
    rows = [
        {"key": key, "names": dict(each.names), "words": {}, "group_key": each.group, "position": position}
        for position, (key, each) in enumerate(shipped().items(), start=1)
    ]
    session.connection().execute(insert, [{**row, "is_active": True} for row in rows])


def _change(session: Session, row: models.Category, changes: CategoryChanges) -> None:
    if "names" in changes:
        names = named(row.names, changes["names"])
        _refuse(row.key, why_not_names(names))
        row.names = names
    if "parent" in changes:
        row.parent_key = _parent(session, row.key, changes["parent"])
    if "group" in changes:
        group = changes["group"]
        row.group_key = group_by_key(session, group).key if group else None
    if "words" in changes:
        row.words = _words(row, changes["words"])
    if "is_active" in changes:
        if row.key == OTHER and not changes["is_active"]:
            raise RoutingRefused(f"{OTHER} stays: it is what fits nowhere")
        row.is_active = changes["is_active"]


def _parent(session: Session, key: str, parent: str | None) -> str | None:
    if not parent:
        return None
    tree = categories(session)
    _refuse(key, why_not_parent(key, parent, tree))
    return parent


def _words(row: models.Category, changes: Mapping[str, Sequence[str] | None]) -> dict[str, list[str]]:
    words = {language: list(found) for language, found in row.words.items()}
    for language, found in changes.items():
        if language not in LANGUAGES:
            raise RoutingRefused(f"{language!r} is none of the languages: {', '.join(LANGUAGES)}")
        if found is None:
            words.pop(language, None)
            continue
        _refuse(row.key, why_not_words(found))
        words[language] = list(dict.fromkeys(word.strip() for word in found))
    return words


def _refuse(key: str, why: str | None) -> None:
    if why:
        raise RoutingRefused(f"{key}: {why}")

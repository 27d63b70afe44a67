"""`guichet route category`: the tree of what requests are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.console import CommandFailed
from desk.cli.promising import AsJson, a_table, read, tell, write

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ticketing.routing.category_administration import CategoryChanges
    from ticketing.routing.logic import Categories

app = typer.Typer(help="Categories: what requests are about.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The category's key.")]
NameEn = Annotated[str | None, typer.Option(metavar="NAME", help="What it is called in English.")]
NameFr = Annotated[str | None, typer.Option(metavar="NAME", help="What it is called in French.")]
Parent = Annotated[str | None, typer.Option(metavar="KEY", help="The category it stands below; '' for none.")]
Group = Annotated[
    str | None, typer.Option(metavar="KEY", help="Who gets it; '' for whoever gets the one above.")
]
Words = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORDS", help="A word, a phrase or 'word*' that speaks for it. Repeatable; replaces all."
    ),
]


@app.command("list")
def list_(
    with_words: Annotated[bool, typer.Option("--words", help="With the words that speak for each.")] = False,
    as_json: AsJson = False,
) -> None:
    """The categories, those below others under them."""
    found = read(_facts)
    tell({"categories": found}, as_json, lambda: _table(found, with_words=with_words))


@app.command()
def add(
    key: Annotated[str, typer.Argument(metavar="KEY", help="What is typed for it from now on.")],
    name_en: NameEn = None,
    name_fr: NameFr = None,
    parent: Parent = None,
    group: Group = None,
    word_en: Words = None,
    word_fr: Words = None,
    as_json: AsJson = False,
) -> None:
    """A new category; what it does not say itself it has from the one above it."""
    from ticketing.routing.category_administration import add_category

    changes = _changes(name_en, name_fr, parent, group, word_en, word_fr)
    _edit(key, lambda session: add_category(session, key, changes), as_json)


@app.command()
def change(
    key: Key,
    name_en: NameEn = None,
    name_fr: NameFr = None,
    parent: Parent = None,
    group: Group = None,
    word_en: Words = None,
    word_fr: Words = None,
    shipped_words: Annotated[
        bool, typer.Option("--shipped-words", help="The words it came with, in both languages, again.")
    ] = False,
    active: Annotated[
        bool | None, typer.Option("--active/--off", help="Whether new requests may be about it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named."""
    from ticketing.routing.category_administration import change_category

    changes = _changes(name_en, name_fr, parent, group, word_en, word_fr)
    if shipped_words:
        changes["words"] = {"en": None, "fr": None}
    if active is not None:
        changes["is_active"] = active
    if not changes:
        raise CommandFailed(
            "nothing is named that could change; `guichet route category change --help` lists what can"
        )
    _edit(key, lambda session: change_category(session, key, changes), as_json)


def _changes(
    name_en: str | None,
    name_fr: str | None,
    parent: str | None,
    group: str | None,
    word_en: list[str] | None,
    word_fr: list[str] | None,
) -> CategoryChanges:
    changes: CategoryChanges = {}
    if names := {lang: name for lang, name in (("en", name_en), ("fr", name_fr)) if name is not None}:
        changes["names"] = names
    if parent is not None:
        changes["parent"] = parent or None
    if group is not None:
        changes["group"] = group or None
    words = (("en", word_en), ("fr", word_fr))
    if given := {language: [word for word in some if word] for language, some in words if some is not None}:
        changes["words"] = given
    return changes


def _edit(key: str, deed: Any, as_json: bool) -> None:
    def act(session: Session) -> dict[str, Any]:
        deed(session)
        return next(each for each in _facts(session) if each["key"] == key)

    facts = write(act)
    tell(facts, as_json, lambda: _table([facts], with_words=True))


def _facts(session: Session) -> list[dict[str, Any]]:
    from ticketing.routing.logic import group_of
    from ticketing.routing.queries import categories

    tree = categories(session)
    return [
        {
            "key": key,
            "names": dict(tree[key].names),
            "parent": tree[key].parent,
            "depth": depth,
            "group": tree[key].group,
            "goes_to": group_of(key, tree),
            "words": {language: list(words) for language, words in tree[key].words.items()},
            "active": tree[key].is_active,
        }
        for key, depth in _in_order(tree)
    ]


def _in_order(tree: Categories, parent: str | None = None, depth: int = 0) -> list[tuple[str, int]]:
    """Every category with how deep it stands, each followed by those below it."""
    found: list[tuple[str, int]] = []
    for key, category in tree.items():
        if category.parent == parent:
            found += [(key, depth), *_in_order(tree, key, depth + 1)]
    return found


def _table(found: list[dict[str, Any]], *, with_words: bool) -> Any:
    from ticketing.groups.logic import DEFAULT_GROUP

    columns = ("key", "name", "goes to", "", *(("words",) if with_words else ()))
    return a_table(
        columns,
        (
            (
                "  " * each["depth"] + each["key"],
                " / ".join(each["names"].values()),
                each["goes_to"] or f"{DEFAULT_GROUP} (by default)",
                "" if each["active"] else "off",
                *((_words(each["words"]),) if with_words else ()),
            )
            for each in found
        ),
    )


def _words(words: dict[str, list[str]]) -> str:
    return "\n".join(f"{language}: {', '.join(some)}" for language, some in words.items() if some) or "none"

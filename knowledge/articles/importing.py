"""Brings a folder of article files ({language}/{slug}.md) into the database.

A broken file is reported and left out; the others are imported.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from knowledge.articles.errors import ArticleBroken, Flaw
from knowledge.articles.frontmatter import parse_article
from knowledge.articles.logic import ArticleDraft
from knowledge.articles.operations import Imported, import_article, withdraw_missing


@dataclass(frozen=True)
class Library:
    """What a folder holds: the articles, what is wrong with the rest, and every (language, slug) present."""

    drafts: tuple[ArticleDraft, ...]
    flaws: tuple[Flaw, ...]
    present: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    added: int
    updated: int
    unchanged: int
    kept: int
    withdrawn: int
    flaws: tuple[Flaw, ...]


def read_library(folder: Path) -> Library:
    """Every article below `folder`; raises FileNotFoundError when there is no such folder."""
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}")
    drafts: list[ArticleDraft] = []
    flaws: list[Flaw] = []
    paths = sorted(folder.glob("*/*.md"))
    for path in paths:
        try:
            drafts.append(_read(path, folder))
        except ArticleBroken as broken:
            flaws += broken.flaws
    drafts, doubled = _without_doubles(drafts)
    return Library(tuple(drafts), (*flaws, *doubled), frozenset((p.parent.name, p.stem) for p in paths))


def import_library(session: Session, library: Library, *, now: datetime) -> ImportReport:
    """Store the articles of a library that was read, and unpublish those whose file is gone."""
    withdrawn = withdraw_missing(session, library.present, now=now)
    session.flush()
    done = Counter(import_article(session, draft, now=now) for draft in library.drafts)
    return ImportReport(
        added=done[Imported.ADDED],
        updated=done[Imported.UPDATED],
        unchanged=done[Imported.UNCHANGED],
        kept=done[Imported.KEPT],
        withdrawn=withdrawn,
        flaws=library.flaws,
    )


def _read(path: Path, folder: Path) -> ArticleDraft:
    file = str(path.relative_to(folder))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ArticleBroken((Flaw(file, 1, "the file is not UTF-8 text"),)) from error
    return parse_article(text, file=file, slug=path.stem, language=path.parent.name)


def _without_doubles(drafts: list[ArticleDraft]) -> tuple[list[ArticleDraft], list[Flaw]]:
    """Two files of one language with one translation key: which is the translation cannot be known."""
    first: dict[tuple[str, str], ArticleDraft] = {}
    flaws = []
    for draft in drafts:
        other = first.setdefault((draft.language, draft.translation), draft)
        if other is not draft:
            reason = f"translation {draft.translation!r} is already used by {other.slug}.md"
            flaws.append(Flaw(f"{draft.language}/{draft.slug}.md", 1, reason))
    return list(first.values()), flaws

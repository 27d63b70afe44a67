"""Storing, importing and reading articles, on both back ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.articles.errors import ArticleNotFound
from knowledge.articles.importing import ImportReport, import_library, read_library
from knowledge.articles.logic import Audience
from knowledge.articles.operations import Imported, import_article, save_article
from knowledge.articles.queries import article_for, published_articles, revision
from storage.database import Database
from tests.databases import NOW, later
from tests.knowledge.articles import ALL, IMPRIMANTE, PRINTER, VPN, a_file, an_article


def import_all(db: Database) -> None:
    for draft in ALL:
        db.write(import_article, draft, now=NOW)


def import_folder(db: Database, folder: Path, after: float = 0) -> ImportReport:
    return db.write(import_library, read_library(folder), now=later(after))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    (folder / "en").mkdir(parents=True)
    (folder / "fr").mkdir()
    (folder / "en" / "vpn.md").write_text(a_file(), encoding="utf-8")
    (folder / "fr" / "rpv.md").write_text(a_file(title='"Le RPV"'), encoding="utf-8")
    return folder


def test_an_unchanged_article_is_left_alone(db: Database) -> None:
    assert db.write(import_article, VPN, now=NOW) is Imported.ADDED
    assert db.write(import_article, VPN, now=later(60)) is Imported.UNCHANGED
    assert db.read(published_articles)[0].updated_at == NOW


def test_a_changed_file_replaces_the_article(db: Database) -> None:
    db.write(import_article, VPN, now=NOW)

    assert db.write(import_article, an_article(title="VPN"), now=later(60)) is Imported.UPDATED
    assert [(each.title, each.updated_at) for each in db.read(published_articles)] == [("VPN", later(60))]


def test_an_article_edited_in_the_desk_is_never_overwritten(db: Database) -> None:
    db.write(import_article, VPN, now=NOW)
    db.write(save_article, an_article(title="Our own VPN"), now=NOW)

    assert db.write(import_article, an_article(title="New in the library"), now=NOW) is Imported.KEPT
    renamed = an_article(slug="vpn-renamed", title="Renamed in the library")
    assert db.write(import_article, renamed, now=NOW) is Imported.KEPT
    assert [each.title for each in db.read(published_articles)] == ["Our own VPN"]


def test_a_folder_is_imported_in_every_language(db: Database, folder: Path) -> None:
    report = import_folder(db, folder)

    assert (report.added, report.flaws) == (2, ())
    assert {(each.language, each.slug) for each in db.read(published_articles)} == {
        ("en", "vpn"),
        ("fr", "rpv"),
    }


def test_a_broken_file_is_reported_and_the_others_are_imported(db: Database, folder: Path) -> None:
    (folder / "en" / "broken.md").write_text(a_file(title=None, translation="other"), encoding="utf-8")
    (folder / "en" / "latin.md").write_bytes(b"---\ntitle: \xe9t\xe9\n---\n")

    report = import_folder(db, folder)

    assert report.added == 2
    assert [str(flaw) for flaw in report.flaws] == [
        "en/broken.md:1: title is missing",
        "en/latin.md:1: the file is not UTF-8 text",
    ]


def test_a_file_that_breaks_does_not_take_its_article_away(db: Database, folder: Path) -> None:
    import_folder(db, folder)
    (folder / "en" / "vpn.md").write_text("oops", encoding="utf-8")

    report = import_folder(db, folder, 60)

    assert (report.withdrawn, len(report.flaws)) == (0, 1)
    assert len(db.read(published_articles)) == 2


def test_an_article_whose_file_is_gone_is_withdrawn_and_comes_back_with_it(
    db: Database, folder: Path
) -> None:
    import_folder(db, folder)
    (folder / "fr" / "rpv.md").rename(folder / "fr" / "vpn.md")

    assert import_folder(db, folder, 60).withdrawn == 1
    assert [each.slug for each in db.read(published_articles, "fr")] == ["vpn"]

    (folder / "fr" / "vpn.md").rename(folder / "fr" / "rpv.md")
    assert import_folder(db, folder, 90).updated == 1
    assert [each.slug for each in db.read(published_articles, "fr")] == ["rpv"]


def test_two_files_with_one_translation_key_are_refused_as_one(db: Database, folder: Path) -> None:
    (folder / "en" / "zzz.md").write_text(a_file(), encoding="utf-8")

    report = import_folder(db, folder)

    assert [str(flaw) for flaw in report.flaws] == [
        "en/zzz.md:1: translation 'vpn' is already used by vpn.md"
    ]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_library(tmp_path / "nowhere")


def test_the_reader_gets_the_language_asked_for_by_either_name(db: Database) -> None:
    import_all(db)

    reading = db.read(article_for, PRINTER.slug, "fr")

    assert (reading.article.slug, reading.is_fallback) == (IMPRIMANTE.slug, False)
    assert [each.slug for each in reading.translations] == [PRINTER.slug]


def test_the_reader_gets_another_language_when_there_is_no_translation(db: Database) -> None:
    import_all(db)

    reading = db.read(article_for, VPN.slug, "fr")

    assert (reading.article.language, reading.is_fallback) == ("en", True)


def test_what_is_for_agents_only_does_not_exist_for_requesters(db: Database) -> None:
    db.write(import_article, an_article(audience=Audience.AGENTS), now=NOW)

    assert db.read(published_articles) == ()
    with pytest.raises(ArticleNotFound):
        db.read(article_for, VPN.slug, "en")


def test_the_revision_changes_with_the_articles_and_only_then(db: Database) -> None:
    import_all(db)
    before = db.read(revision)

    db.write(import_article, VPN, now=later(60))
    assert db.read(revision) == before

    db.write(save_article, an_article(title="Other"), now=later(60))
    assert db.read(revision) != before


def test_the_shipped_library_is_whole() -> None:
    library = read_library(Path(__file__).parents[2] / "knowledge" / "library")
    keys = {
        language: {d.translation for d in library.drafts if d.language == language}
        for language in ("en", "fr")
    }

    assert library.flaws == ()
    assert len(keys["en"]) >= 10
    assert keys["en"] == keys["fr"]

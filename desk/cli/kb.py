"""`guichet kb`: the knowledge base from the command line."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli.console import CommandFailed, say
from desk.preparation.steps import is_missing_file
from desk.settings import Settings, load
from storage.database import Database

if TYPE_CHECKING:
    from knowledge.encoder.runtime import OnnxEncoder

app = typer.Typer(help="The knowledge base.", no_args_is_help=True)
LanguageOption = Annotated[str | None, typer.Option("--lang", help="en or fr")]


@app.command("import")
def import_(
    folder: Annotated[Path | None, typer.Argument(help="A folder with en/*.md and fr/*.md.")] = None,
) -> None:
    """Bring article files into the database (GUICHET_LIBRARY's when no folder is named).

    Articles that came from files and are not in this folder are withdrawn.
    """
    from knowledge.articles.importing import import_library, read_library

    settings = load()
    chosen = folder or settings.library
    if not chosen.is_dir():
        raise CommandFailed(f"{chosen} is not a folder")
    report = _database(settings).write(import_library, read_library(chosen), now=datetime.now(UTC))
    for flaw in report.flaws:
        say(f"left out: {flaw}")
    say(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.kept} kept as edited in the desk, {report.withdrawn} withdrawn"
    )
    if chosen.absolute() != settings.library:
        say(f"the next start imports {settings.library} again; set GUICHET_LIBRARY={chosen} to keep these")
    if report.flaws:
        raise CommandFailed(f"{len(report.flaws)} flaws found; those articles were left out")


@app.command("list")
def list_(language: LanguageOption = None) -> None:
    """List the published articles."""
    from knowledge.articles.queries import published_articles

    settings = load()
    articles = _database(settings).read(published_articles, _known(language, settings))
    for article in articles:
        say(f"{article.language}  {article.slug:32}  {article.title}  ({article.category})")
    say(f"{len(articles)} articles")


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What a person would ask.")],
    language: LanguageOption = None,
    limit: Annotated[int, typer.Option(min=1, max=20, help="How many articles.")] = 3,
) -> None:
    """Search as the assistant does: what it would answer, or that it would say it does not know."""
    from knowledge.search.findings import Band
    from knowledge.search.loading import SearchLoader

    settings = load()
    spoken = _known(language, settings) or settings.default_language
    loader = SearchLoader(
        _database(settings),
        _encoder(settings),
        languages=settings.languages,
        threshold=settings.search_threshold,
    )
    findings = loader.load().find(question, spoken, limit)
    verdict = "answers with the first" if findings.band is Band.ANSWER else "says it does not know; nearest"
    say(f"{verdict} ({findings.mode} search, confidence {findings.confidence:.2f})")
    for hit in findings.hits:
        say(f"\n{hit.score:.3f}  {hit.language}/{hit.slug}  {hit.title}")
        say("       " + hit.passage.replace("\n", "\n       "))


def _encoder(settings: Settings) -> "OnnxEncoder | None":
    if settings.encoder == "none":
        return None
    from knowledge.encoder.runtime import EncoderError, OnnxEncoder

    try:
        return OnnxEncoder(settings.encoder_folder, threads=settings.encoder_threads)
    except EncoderError as error:
        say(f"without the encoder, by words only: {error}")
        return None


def _known(language: str | None, settings: Settings) -> str | None:
    if language is not None and language not in settings.languages:
        raise CommandFailed(f"--lang {language}: this desk speaks {', '.join(settings.languages)}")
    return language


def _database(settings: Settings) -> Database:
    from storage import schema

    if is_missing_file(settings.database_url) or not schema.status(settings.database_url).is_current:
        raise CommandFailed("the database is not ready; `guichet db upgrade` makes it so")
    return Database(settings.database_url, threads=1)

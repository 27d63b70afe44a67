"""`guichet site`: the pages that may show the counter, and the keys their servers sign with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeVar

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed, counted, say
from desk.settings.reading import load
from desk.settings.values import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from identity.sites.administration import SiteChanges

P = ParamSpec("P")
T = TypeVar("T")

app = typer.Typer(help="Sites: the pages that may show the counter.", no_args_is_help=True)
key_app = typer.Typer(help="The keys by which a site's server says who is there.", no_args_is_help=True)
app.add_typer(key_app, name="key")

Key = Annotated[str, typer.Argument(metavar="KEY", help="The site's key.")]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--origin", metavar="ORIGIN", help="Where the pages are: https://intranet.example. Repeatable."
    ),
]
Color = Annotated[str | None, typer.Option(metavar="#RRGGBB", help="The counter's colour.")]
LogoFile = Annotated[str | None, typer.Option(metavar="FILE", help="PNG, JPEG or WebP; kept as a small PNG.")]
Greeting = Annotated[str | None, typer.Option(metavar="TEXT", help="What the counter says first.")]
Requests = Annotated[
    list[str] | None, typer.Option(metavar="TEXT", help="A frequent request, six at most. Repeatable.")
]
PrivacyFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="A privacy notice of the site's own (YAML or TOML).")
]
Required = Annotated[
    bool | None,
    typer.Option("--require-identity/--no-require-identity", help="Nobody may ask without being signed in."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    origin: Origins = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Its key; made from the name otherwise.")
    ] = None,
    is_again: Annotated[
        bool, typer.Option("--again", help="The key is that of a removed site, and this is the same one.")
    ] = False,
    color: Color = None,
    logo: LogoFile = None,
    greeting_en: Greeting = None,
    greeting_fr: Greeting = None,
    request_en: Requests = None,
    request_fr: Requests = None,
    privacy: PrivacyFile = None,
    require_identity: Required = None,
    as_json: AsJson = False,
) -> None:
    """Add a site; prints what to put on its pages and on its server. Secrets are shown this once."""
    from desk.cli.sites import added
    from identity.sites.administration import add_site
    from identity.sites.keys import new_host_key

    settings, now = load(), clock.now()
    changes = _changes(
        color=color,
        logo=logo,
        greeting={"en": greeting_en, "fr": greeting_fr},
        requests={"en": request_en, "fr": request_fr},
        privacy=privacy,
        require_identity=require_identity,
    )
    host_key = new_host_key(now)
    site = _write(
        settings,
        add_site,
        name=name,
        origins=origin or [],
        key=key,
        is_again=is_again,
        changes=changes,
        host_key=host_key,
        now=now,
    )
    _tell(added(site, host_key, settings), as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the sites with their origins."""
    from desk.cli.sites import summary
    from identity.sites.queries import all_sites

    settings = load()
    sites = [summary(site) for site in _read(settings, all_sites)]
    if as_json:
        print(json.dumps({"sites": sites}, ensure_ascii=False))
        return
    for site in sites:
        needs = "  identity required" if site["identity_required"] else ""
        say(f"{site['key']:20}  {site['name']:24}  {', '.join(site['origins'])}{needs}")
    say(counted(len(sites), "site"))


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """Show a site, and what to put on its pages. Secrets are not shown again."""
    from desk.cli.sites import shown
    from identity.sites.queries import shown_site

    settings = load()
    _tell(shown(_of(key, lambda: _read(settings, shown_site, key)), settings), as_json)


@app.command()
def change(
    key: Key,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    origin: Origins = None,
    color: Color = None,
    logo: LogoFile = None,
    greeting_en: Greeting = None,
    greeting_fr: Greeting = None,
    request_en: Requests = None,
    request_fr: Requests = None,
    privacy: PrivacyFile = None,
    require_identity: Required = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named; an empty value takes the shipped one back. Origins replace those before."""
    from desk.cli.sites import shown
    from identity.sites.administration import change_site

    settings = load()
    changes = _changes(
        name=name,
        origins=origin,
        color=color,
        logo=logo,
        greeting={"en": greeting_en, "fr": greeting_fr},
        requests={"en": request_en, "fr": request_fr},
        privacy=privacy,
        require_identity=require_identity,
    )
    if not changes:
        raise CommandFailed("nothing is named that could change; `guichet site change --help` lists what can")
    site = _of(key, lambda: _write(settings, change_site, key, changes))
    _tell(shown(site, settings), as_json)


@app.command()
def remove(
    key: Key,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Close a site: its pages show no counter, and who was talking there is let go. What was said is kept."""
    from identity.sites.administration import remove_site
    from identity.sites.queries import shown_site

    settings = load()
    site = _of(key, lambda: _read(settings, shown_site, key))
    if not is_sure:
        if as_json or not sys.stdin.isatty():
            raise CommandFailed(f"--yes is needed to remove {key!r} without being asked")
        typer.confirm(f"Remove {site.name} ({key}) from {', '.join(site.origins)}?", abort=True)
    _of(key, lambda: _write(settings, remove_site, key))
    if as_json:
        print(json.dumps({"removed": key}))
    else:
        say(f"{key} is removed; what was said there is kept")


@key_app.command("add")
def add_key(
    key: Key,
    public_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A public key (PEM, Ed25519 or RSA) instead of a new secret."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """One more key for the site's server. Two are believed, until the old one is removed."""
    from desk.cli.sites import key_added
    from identity.sites.administration import add_host_key
    from identity.sites.keys import new_host_key, public_host_key

    settings, now = load(), clock.now()
    host_key = public_host_key(public_key, now) if public_key else new_host_key(now)
    site = _of(key, lambda: _write(settings, add_host_key, key, host_key))
    _tell(key_added(site, host_key), as_json)


@key_app.command("remove")
def remove_key(
    key: Key,
    key_id: Annotated[
        str, typer.Argument(metavar="KEY_ID", help="Which one; `guichet site show` lists them.")
    ],
    as_json: AsJson = False,
) -> None:
    """Believe a key no more, from now on."""
    from desk.cli.sites import keys_left
    from identity.sites.administration import remove_host_key

    settings = load()
    site = _of(key, lambda: _write(settings, remove_host_key, key, key_id))
    _tell(keys_left(site, key_id), as_json)


def _changes(
    *,
    color: str | None,
    logo: str | None,
    greeting: dict[str, str | None],
    requests: dict[str, list[str] | None],
    privacy: str | None,
    require_identity: bool | None,
    name: str | None = None,
    origins: list[str] | None = None,
) -> SiteChanges:
    """What was named on the command line; an empty value means the shipped one."""
    from identity.sites.logo import read_logo
    from notices.privacy.notice import read_notice

    changes: SiteChanges = {}
    if name is not None:
        changes["name"] = name
    if origins:
        changes["origins"] = origins
    if color is not None:
        changes["color"] = color or None
    if logo is not None:
        changes["logo"] = read_logo(Path(logo).expanduser()) if logo else None
    if words := {language: text for language, text in greeting.items() if text is not None}:
        changes["greeting"] = words
    if texts := {language: each for language, each in requests.items() if each}:
        changes["requests"] = {language: [] if each == [""] else each for language, each in texts.items()}
    if privacy is not None:
        changes["privacy"] = read_notice(Path(privacy).expanduser()) if privacy else None
    if require_identity is not None:
        changes["is_identity_required"] = require_identity
    return changes


def _of(key: str, work: Callable[[], T]) -> T:
    """What is done with a site, or a sentence that it is not there."""
    from identity.sites.errors import SiteRefused, SiteUnknown

    try:
        return work()
    except SiteUnknown:
        raise CommandFailed(f"there is no site {key!r}; `guichet site list` shows them") from None
    except SiteRefused as error:
        raise CommandFailed(f"{key}: {error}") from None


def _read(
    settings: Settings, operation: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    from desk.cli.opened import opened

    with opened(settings) as database:
        return database.read(operation, *args, **kwargs)


def _write(
    settings: Settings, operation: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    from desk.cli.opened import opened

    with opened(settings) as database:
        return database.write(operation, *args, **kwargs)


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    from desk.cli.sites import in_words

    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        for line in in_words(facts):
            say(line)

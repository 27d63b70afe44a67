"""What the database says: schema, articles, sites, mail."""

from collections.abc import Iterator

from desk.cli.checks.findings import PREPARES, Finding, State
from desk.cli.checks.reading import is_ready, read
from desk.preparation.steps import is_missing_file
from desk.settings.texts import masked
from desk.settings.values import Settings
from desk.web_assets import loaders_folder
from desk.widget.embedding import warnings_about
from desk.widget.files import broken_loaders
from identity.sites.origins import why_not_origin


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

    counts = read(
        settings,
        lambda session: {each: len(published_articles(session, each)) for each in settings.languages},
    )
    what = ", ".join(f"{count} in {language}" for language, count in counts.items())
    if all(counts.values()):
        yield Finding("articles", State.OK, what)
    else:
        yield Finding("articles", State.WARN, what, "`guichet kb import` brings in the shipped ones")


def widget(settings: Settings) -> Iterator[Finding]:
    """Whether the sites can show the counter, and whether pinned loaders are still what pages expect."""
    from identity.sites.queries import all_sites

    for name in broken_loaders(settings.var):
        what = f"{loaders_folder(settings.var) / name} was changed: pages that pin it show no counter"
        yield Finding(
            "widget", State.FAIL, what, "bring it back from a backup, or give those pages a new line"
        )
    if not is_ready(settings):
        return
    sites = read(settings, all_sites)
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


def mail(settings: Settings) -> Iterator[Finding]:
    """Where mail goes, and whether some of it was given up."""
    from notices.outbox.models import OutboxState
    from notices.outbox.operations import outbox_counts, outbox_trouble

    where = f"by {settings.smtp_host}, encryption: {settings.smtp_encryption}"
    if not settings.smtp_host:
        where = f"kept in {settings.var / 'mail'} (no GUICHET_SMTP_HOST)"
    if not is_ready(settings):
        yield Finding("mail", State.OK, where)
        return
    counts, trouble = read(settings, lambda session: (outbox_counts(session), outbox_trouble(session)))
    where += f"; {counts[OutboxState.WAITING]} on their way"
    if dead := counts[OutboxState.DEAD]:
        do = "`guichet outbox list --dead` says why; `guichet outbox resend --dead` tries again"
        yield Finding("mail", State.WARN, f"{where}, {dead} given up", do)
    elif trouble:
        count, why = trouble
        do = "look at the GUICHET_SMTP_… settings and at the server; the desk goes on trying"
        yield Finding("mail", State.WARN, f"{where}, {count} of them not yet taken: {why}", do)
    elif settings.letters_url is None:
        do = "set GUICHET_PUBLIC_URL to the address people use"
        yield Finding(
            "mail", State.WARN, f"{where}; letters have no links, as only this machine reaches the desk", do
        )
    else:
        yield Finding("mail", State.OK, where)

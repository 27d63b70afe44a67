"""`guichet db`: the schema of the database."""

from typing import TYPE_CHECKING

import typer

from desk.cli.console import CommandFailed, say
from desk.preparation.steps import is_missing_file
from desk.settings.reading import load
from desk.settings.texts import masked

if TYPE_CHECKING:
    from storage.schema import SchemaStatus

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to the schema of this version; makes it when there is none."""
    from storage import schema

    settings = load()
    schema.upgrade(settings.database_url)
    say(
        f"{masked('database_url', settings.database_url)} has schema {_status(settings.database_url).current}"
    )


@app.command()
def status() -> None:
    """Say which schema the database has and which this version needs; exit code 1 when they differ."""
    settings = load()
    found = _status(settings.database_url)
    say(f"database  {masked('database_url', settings.database_url)}")
    say(f"schema    {found.current or 'none'}")
    say(f"needed    {found.head}")
    if not found.is_current:
        raise CommandFailed("the database is not up to date; `guichet db upgrade` mends that")


def _status(url: str) -> "SchemaStatus":
    from storage import schema

    if is_missing_file(url):
        raise CommandFailed("there is no database yet; `guichet db upgrade` makes it")
    return schema.status(url)

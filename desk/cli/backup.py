"""`guichet backup`: everything kept, in one file, while the desk runs."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from desk.cli import clock
from desk.cli.console import CommandFailed, say
from desk.preparation.steps import is_missing_file
from desk.settings.reading import inherited, load
from desk.settings.values import Settings

if TYPE_CHECKING:
    from storage.backup.archive import Manifest


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")],
    leaves_secrets_out: Annotated[
        bool, typer.Option("--no-secrets", help="Without the installation's own secrets.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Write the database and the files beside it into one file, while the desk runs."""
    from storage.backup.taking import take_backup

    settings = load()
    if is_missing_file(settings.database_url):
        raise CommandFailed("there is no database yet; `guichet run` makes it")
    manifest = take_backup(
        settings.database_url,
        folders_of(settings, with_secrets=not leaves_secrets_out),
        file.expanduser().absolute(),
        version=metadata.version("guichet"),
        now=clock.now(),
        environ=inherited(),
    )
    _tell(file, manifest, as_json)


def folders_of(settings: Settings, *, with_secrets: bool = True) -> dict[str, Path]:
    """What is kept beside the database, by its name in a backup. Everything else can be made again."""
    folders = {
        "attachments": settings.attachments_folder,
        "pictures": settings.pictures_folder,
        # Pages out there pin them.
        "loaders": settings.var / "loaders",
    }
    return folders | ({"secrets": settings.secrets_folder} if with_secrets else {})


def _tell(file: Path, manifest: Manifest, as_json: bool) -> None:
    has_secrets = any(name.startswith("secrets/") for name in manifest.files)
    size = file.expanduser().stat().st_size
    if as_json:
        print(
            json.dumps(
                {
                    "file": str(file),
                    "bytes": size,
                    "files": len(manifest.files),
                    "taken_at": manifest.taken_at.isoformat(timespec="seconds"),
                    "schema": manifest.schema,
                    "secrets": has_secrets,
                    "last": manifest.last,
                }
            )
        )
        return
    say(f"{file}  {size:,} bytes, {len(manifest.files)} files, schema {manifest.schema}")
    if has_secrets:
        say("the installation's secrets are in it: keep it where nobody else reads it")

"""Copying a PostgreSQL database while others write into it, and putting a copy in its place.

PostgreSQL's own programs do it: pg_dump knows every type and every order of things.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from storage.backup.errors import DEBIAN, BackupError, ToolMissing


def dump_database(url: URL, snapshot: str, target: Path, environ: Mapping[str, str]) -> None:
    """Write the state that a snapshot shows, in pg_dump's own compressed format.

    Raises:
        BackupError: pg_dump is missing or has failed.
    """
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    _run("pg_dump", [*arguments, f"--file={target}"], url, environ)
    target.chmod(0o600)


def put_in_place(
    dump: Path,
    url: URL,
    before: Sequence[str],
    after: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
) -> None:
    """Replace the tables by those of a dump, in one transaction: all of it happens, or nothing.

    Args:
        before, after: statements that run first and last in it.
        folder: where scripts may be written.

    Raises:
        BackupError: a program is missing or has failed; the database is as it was.
    """
    scripts = [folder / name for name in ("before.sql", "tables.sql", "after.sql")]
    _run("pg_restore", ["--no-owner", "--no-privileges", f"--file={scripts[1]}", str(dump)], None, environ)
    for script, statements in ((scripts[0], before), (scripts[2], after)):
        script.write_text("".join(f"{statement};\n" for statement in statements), encoding="utf-8")
    arguments = [
        "--no-psqlrc",
        "--quiet",
        "--output=/dev/null",
        "--set=ON_ERROR_STOP=1",
        "--single-transaction",
    ]
    _run("psql", [*arguments, *(f"--file={script}" for script in scripts)], url, environ)


def tables_in(connection: Connection) -> list[str]:
    """The tables in the schema that the desk uses."""
    found = connection.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
    )
    return list(found)


def refuse_others(connection: Connection) -> None:
    """Refuse to go on while anybody else is connected.

    Raises:
        BackupError: somebody is.
    """
    others = connection.scalars(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    ).one()
    if others:
        raise BackupError(f"the database has {others} other connections; stop every desk that uses it first")


def _run(name: str, arguments: Sequence[str], url: URL | None, environ: Mapping[str, str]) -> None:
    command = [_tool(name, environ), *arguments]
    environment = {**environ, "PGCONNECT_TIMEOUT": "10", "LC_ALL": "C"}
    if url is not None:
        # Every process of the machine may read arguments: the password is not among them.
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
        plain = url.set(drivername="postgresql", password=None)
        command += [f"--dbname={plain.render_as_string(hide_password=False)}"]
    ended = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, with arguments of ours
        command, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if ended.returncode:
        raise BackupError(f"{name} has failed: {_first_error(ended.stderr)}")


def _tool(name: str, environ: Mapping[str, str]) -> str:
    if found := shutil.which(name, path=environ.get("PATH")):
        return found
    newest = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]), reverse=True)
    usable = [path for path in newest if os.access(path, os.X_OK)]
    if not usable:
        raise ToolMissing(name)
    return str(usable[0])


def _first_error(said: str) -> str:
    """The line that says what is wrong; those around it may quote what was being written."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no reason given")

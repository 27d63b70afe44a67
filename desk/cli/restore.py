"""`guichet restore`: an installation out of a backup, and a report of what may be missing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.backup import folders_of
from desk.cli.console import CommandFailed, say
from desk.restored import SKIPPED_NUMBERS
from desk.settings.reading import inherited, load
from desk.settings.values import Settings
from desk.supervision.lock import only_one

if TYPE_CHECKING:
    from desk.restored import Since, Standing
    from storage.backup.archive import Manifest
    from storage.backup.restoring import Place


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `guichet backup` wrote.")],
    replaces: Annotated[
        bool, typer.Option("--replace", help="In place of the installation that is there; that one is kept.")
    ] = False,
    holds_outbox: Annotated[
        bool,
        typer.Option("--hold-outbox", help="Send nothing that was waiting; it is shown as dead letters."),
    ] = False,
    skip: Annotated[
        int, typer.Option(metavar="N", min=0, max=1_000_000, help="How many ticket numbers to leave out.")
    ] = SKIPPED_NUMBERS,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Put a backup back, into an empty installation or in place of one; the desk must not run."""
    settings, now = load(), clock.now()
    with only_one(settings.var):
        report = _restore(settings, file.expanduser().absolute(), replaces, holds_outbox, skip, now, as_json)
    if as_json:
        print(json.dumps(report.facts()))
    else:
        for line in report.lines():
            say(line)


@dataclass(frozen=True)
class Report:
    """What came back, and what cannot have."""

    manifest: Manifest
    now: datetime
    stands: Standing
    since: Since | None
    kept_in: Path | None
    skip: int

    def facts(self) -> dict[str, Any]:
        return {
            "taken_at": self.manifest.taken_at.isoformat(timespec="seconds"),
            "restored_at": self.now.isoformat(timespec="seconds"),
            "gap_seconds": round((self.now - self.manifest.taken_at).total_seconds()),
            "schema": self.manifest.schema,
            "version": self.manifest.version,
            "last": self.manifest.last,
            "lost": self._lost(),
            "erased_since": [f"{number}/{entry}" for number, entry in self.since.erased]
            if self.since
            else None,
            "outbox": {
                "waiting": self.stands.waiting,
                "held": self.stands.held,
                "sent_since": self.stands.sent_since,
            },
            "kept_in": str(self.kept_in) if self.kept_in else None,
        }

    def lines(self) -> list[str]:
        facts, outbox = self.facts(), self.facts()["outbox"]
        gap = self.now - self.manifest.taken_at
        last = self.manifest.last
        lines = [
            f"restored: the desk as it was on {facts['taken_at']}, {_span(gap.total_seconds())} ago",
            "not in it: whatever was said, opened, decided or sent since",
            f"tickets   the last one is number {last.get('ticket', 0):06d},"
            f" the next will be {self._next():06d} or later",
            f"journal   the last entry is {last.get('journal_entry', 0)}",
            f"outbox    {outbox['waiting']} waiting, {outbox['held']} held back,"
            f" {outbox['sent_since']} known to have been sent since",
        ]
        if outbox["waiting"] and self.since is None:
            lines.append(
                "          those waiting may have been sent already; --hold-outbox would have kept them"
            )
        if lost := self._lost():
            lines.append(f"lost      {lost['ticket']} tickets and {lost['problem']} problems opened since")
        for number, entry in self.since.erased if self.since else ():
            lines.append(f"erase     the words of entry {entry} of {number} are back, and were erased since")
        if self.kept_in:
            lines.append(f"kept      what was there before is in {self.kept_in}")
        return lines

    def _lost(self) -> dict[str, int] | None:
        """How many numbers were given out since the backup; None where nobody knows."""
        if self.since is None:
            return None
        return {
            name: max(0, last - self.manifest.last.get(name, 0)) for name, last in self.since.last.items()
        }

    def _next(self) -> int:
        known = self.since.last["ticket"] if self.since else 0
        return max(self.manifest.last.get("ticket", 0) + self.skip, known) + 1


def _restore(
    settings: Settings,
    file: Path,
    replaces: bool,
    holds_outbox: bool,
    skip: int,
    now: datetime,
    as_json: bool,
) -> Report:
    from desk.restored import Mending, standing
    from storage.backup.restoring import is_taken, put_back, unpacked

    place = _place(settings, now)
    was_there = is_taken(place)
    if was_there and not replaces:
        raise CommandFailed("there is an installation already; --replace puts the backup in its place")
    with unpacked(file, place) as (staged, manifest):
        since = _since(place, manifest) if was_there else None
        put_back(
            staged,
            manifest,
            place,
            Mending(now, skip, holds_outbox, since),
            now=now,
            environ=inherited(),
            say=lambda step: None if as_json else say(f"{step} …"),
        )
    return Report(
        manifest=manifest,
        now=now,
        stands=standing(place.url, now),
        since=since,
        kept_in=place.keep_in if place.keep_in.exists() else None,
        skip=skip,
    )


def _since(place: Place, manifest: Manifest) -> Since | None:
    from desk.restored import known_since

    return known_since(place.url, manifest.taken_at, manifest.last)


def _place(settings: Settings, now: datetime) -> Place:
    from storage.backup.restoring import Place

    return Place(
        url=settings.database_url,
        var=settings.var,
        folders=folders_of(settings),
        keep_in=settings.var / f"replaced-{now:%Y%m%dT%H%M%SZ}",
        # Rasa would remember turns that this desk has not had.
        retired=(settings.tracker_file,),
    )


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"

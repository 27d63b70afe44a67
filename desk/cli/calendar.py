"""`guichet calendar`: when the clocks of promises run."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli.promising import AsJson, a_table, read, tell, write

if TYPE_CHECKING:
    from ticketing.calendars.administration import CalendarChanges
    from ticketing.calendars.queries import KnownCalendar

app = typer.Typer(help="Business calendars: when the clocks of promises run.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The calendar's key.")]
NameEn = Annotated[str | None, typer.Option(metavar="NAME", help="What it is called in English.")]
NameFr = Annotated[str | None, typer.Option(metavar="NAME", help="What it is called in French.")]
Zone = Annotated[
    str | None, typer.Option("--time-zone", metavar="ZONE", help="Where its hours are: Europe/Paris.")
]
Hours = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HOURS", help="'mon-fri 08:30-12:30 13:30-24:00'; replaces all. Repeatable: they add up."
    ),
]
Country = Annotated[
    str | None, typer.Option(metavar="CODE", help="Whose public holidays: FR, GB …; '' for none.")
]
Subdivision = Annotated[
    str | None, typer.Option(metavar="CODE", help="The part of the country with holidays of its own.")
]
Days = list[str] | None
Closed = Annotated[Days, typer.Option("--close", metavar="DATE", help="A day closed besides. Repeatable.")]
Opened = Annotated[
    Days, typer.Option("--open", metavar="DATE", help="A holiday worked all the same. Repeatable.")
]
Usual = Annotated[
    Days, typer.Option("--as-usual", metavar="DATE", help="Neither of both any more. Repeatable.")
]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The calendars."""
    from ticketing.calendars.queries import all_calendars

    found = [_facts(each) for each in read(all_calendars)]
    tell({"calendars": found}, as_json, lambda: _table(found))


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """One calendar."""
    from ticketing.calendars.queries import calendar_by_key

    _tell(read(calendar_by_key, key), as_json)


@app.command()
def add(
    key: Key,
    name_en: NameEn = None,
    name_fr: NameFr = None,
    time_zone: Zone = None,
    hours: Hours = None,
    country: Country = None,
    subdivision: Subdivision = None,
    close: Closed = None,
    open_: Opened = None,
    as_json: AsJson = False,
) -> None:
    """A new calendar."""
    from ticketing.calendars.administration import add_calendar

    changes = _changes(name_en, name_fr, time_zone, hours, country, subdivision, close, open_, None)
    if "names" not in changes:
        changes["names"] = {"en": key}
    _tell(write(add_calendar, key, changes), as_json)


@app.command()
def change(
    key: Key,
    name_en: NameEn = None,
    name_fr: NameFr = None,
    time_zone: Zone = None,
    hours: Hours = None,
    country: Country = None,
    subdivision: Subdivision = None,
    close: Closed = None,
    open_: Opened = None,
    as_usual: Usual = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named; open tickets follow."""
    from ticketing.calendars.administration import change_calendar

    changes = _changes(name_en, name_fr, time_zone, hours, country, subdivision, close, open_, as_usual)
    _tell(write(change_calendar, key, changes), as_json)


def _changes(
    name_en: str | None,
    name_fr: str | None,
    time_zone: str | None,
    hours: Days,
    country: str | None,
    subdivision: str | None,
    close: Days,
    open_: Days,
    as_usual: Days,
) -> CalendarChanges:
    names = {language: name for language, name in (("en", name_en), ("fr", name_fr)) if name is not None}
    changes: CalendarChanges = {"closed": close or (), "opened": open_ or (), "usual": as_usual or ()}
    if names:
        changes["names"] = names
    if time_zone is not None:
        changes["time_zone"] = time_zone
    if hours:
        changes["hours"] = hours
    if country is not None:
        changes["country"] = country.upper() or None
    if subdivision is not None:
        changes["subdivision"] = subdivision or None
    return changes


def _facts(calendar: KnownCalendar) -> dict[str, Any]:
    return asdict(calendar)


def _tell(calendar: KnownCalendar, as_json: bool) -> None:
    facts = _facts(calendar)
    tell(facts, as_json, lambda: _table([facts]))


def _table(found: list[dict[str, Any]]) -> Any:
    from ticketing.calendars.hours import in_words

    return a_table(
        ("key", "name", "time zone", "hours", "holidays", "own days"),
        (
            (
                each["key"],
                next(iter(each["names"].values()), ""),
                each["time_zone"],
                "\n".join(in_words(each["hours"])),
                " ".join(filter(None, (each["country"], each["subdivision"]))) or "none",
                "\n".join(
                    [f"{day} closed" for day in each["closed_days"]]
                    + [f"{day} open" for day in each["open_days"]]
                ),
            )
            for each in found
        ),
    )

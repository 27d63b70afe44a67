"""`guichet calendar`: hours, zones and holidays, edited in words."""

from __future__ import annotations

import json

import pytest

from storage.database import Database
from tests.desk.commands import Guichet
from tests.desk.promised import desk  # noqa: F401
from tests.ticketing.promised import a_p3, at, dates


def test_the_shipped_calendars_are_listed(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    code, said, _ = guichet("calendar", "list")

    assert code == 0
    words = said.split()
    assert {"office", "always", "UTC", "mon-fri", "08:30-12:30", "mon-sun", "00:00-24:00"} <= set(words)


def test_a_calendar_is_added_shown_and_changed(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    added = guichet(
        "calendar", "add", "night", "--hours", "mon-fri 22:00-24:00", "--hours", "sat 00:00-06:00"
    )
    changed = guichet(
        "calendar",
        "change",
        "night",
        "--time-zone",
        "Europe/Paris",
        "--country",
        "fr",
        "--close",
        "2026-12-24",
    )
    code, said, _ = guichet("calendar", "show", "night", "--json")

    assert (added[0], changed[0], code) == (0, 0, 0)
    shown = json.loads(said)
    assert shown["hours"]["sat"] == [["00:00", "06:00"]]
    assert (shown["time_zone"], shown["country"], shown["closed_days"]) == (
        "Europe/Paris",
        "FR",
        ["2026-12-24"],
    )


def test_open_tickets_follow_a_change(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    ticket_id = a_p3(desk)
    assert dates(desk, ticket_id)[0] == at(2)

    assert guichet("calendar", "change", "office", "--close", "2026-03-02")[0] == 0

    assert dates(desk, ticket_id)[0] == at(25.5)
    assert guichet("calendar", "change", "office", "--as-usual", "2026-03-02")[0] == 0
    assert dates(desk, ticket_id)[0] == at(2)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", "nowhere"), "there is no calendar 'nowhere'"),
        (("add", "office", "--hours", "mon 08:00-12:00"), "already"),
        (("add", "empty"), "never open"),
        (("add", "Bad Key", "--hours", "mon 08:00-12:00"), "a key is"),
        (("change", "office", "--hours", "mon 18:00-08:00"), "closes before it opens"),
        (("change", "office", "--time-zone", "Mars/Olympus"), "no time zone"),
        (("change", "office", "--country", "XX"), "no country"),
        (("change", "office", "--close", "tomorrow"), "is no day"),
        (("change", "office", "--open", "2026-12-24", "--close", "2026-12-24"), "2026-12-24 is named twice"),
        (("change", "office", "--as-usual", "2026-12-24", "--open", "2026-12-24"), "is named twice"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    guichet: Guichet,
    desk: Database,  # noqa: F811
    arguments: tuple[str, ...],
    why: str,
) -> None:
    code, _, complaint = guichet("calendar", *arguments)

    assert code == 1
    assert why in complaint
    assert complaint.count("\n") == 1

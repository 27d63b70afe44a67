"""Whether time is as it should be: the machine's clock, and the calendars by which promises are counted."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.cli import clock as clock_of_commands
from desk.cli.checks.findings import Finding, State
from desk.cli.checks.reading import is_ready, read
from desk.settings.values import Settings

# Machines that set their clocks by the network are within a second of each other.
TOLERANCE = timedelta(seconds=60)


def clock(settings: Settings) -> Iterator[Finding]:
    """The clock against what is on file, and against that of the database's server."""
    if not is_ready(settings):
        return
    now = clock_of_commands.now()
    newest, theirs = read(settings, lambda session: (_newest(session), _server_time(session)))
    if newest is not None and newest > now + TOLERANCE:
        what = f"it is {now:%Y-%m-%d %H:%M} UTC here, and something on file is of {newest:%Y-%m-%d %H:%M}"
        do = "set the clock, by the network best: until then deadlines are told late"
        yield Finding("clock", State.FAIL, what, do)
    elif theirs is not None and abs(theirs - now) > TOLERANCE:
        apart = round(abs(theirs - now).total_seconds())
        do = "set both clocks, by the network best: deadlines follow that of the desk"
        yield Finding("clock", State.WARN, f"the database's server is {apart} s apart from this machine", do)
    else:
        yield Finding("clock", State.OK, f"{now:%Y-%m-%d %H:%M} UTC, not behind what is on file")


def calendars(settings: Settings) -> Iterator[Finding]:
    """Whether all of them can be counted by, and whether somebody has said where the office is."""
    from ticketing.calendars.queries import OFFICE, all_calendars

    if not is_ready(settings):
        return
    found = read(settings, all_calendars)
    for each in found:
        if lack := each.unknown():
            do = f"`guichet calendar change {each.key}`: until then it counts without that"
            yield Finding("calendars", State.FAIL, f"`{each.key}`: {lack}", do)
    office = next((each for each in found if each.key == OFFICE), None)
    if office is None or office.unknown():
        return
    if office.time_zone == "UTC" and not office.country:
        what = "`office` counts in UTC and knows no holidays, as it was shipped"
        do = "say where it is, such as `guichet calendar change office --time-zone Europe/Paris --country FR`"
        yield Finding("calendars", State.WARN, what, do)
    else:
        where = f"{office.time_zone}, holidays of {office.country or 'nowhere'}"
        yield Finding("calendars", State.OK, f"`office`: {where}")


def _newest(session: Session) -> datetime | None:
    """When the last thing on file happened."""
    from ticketing.conversations.models import Message
    from ticketing.tickets.models import JournalEntry

    found = [
        session.scalar(select(model.at).order_by(model.id.desc()).limit(1))
        for model in (JournalEntry, Message)
    ]
    return max(filter(None, found), default=None)


def _server_time(session: Session) -> datetime | None:
    """What the database's server takes for now; SQLite has no server."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    return session.scalar(select(func.now()))

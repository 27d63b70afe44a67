"""The whole story, on the real Rasa, on both databases: what the desk holds when it has been told."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.cli.demo import tell
from desk.demo.story import Stage
from desk.demo.story.scenes import SCENES
from desk.settings.reading import load
from notices.mail.port import Letter
from tests.databases import BACKENDS, an_empty_postgres
from tests.requirements import ARTEFACTS, ROOT, require
from ticketing.conversations.logic import Author
from ticketing.conversations.models import Conversation, Message
from ticketing.ratings.queries import GivenRating, list_ratings
from ticketing.sla.clocks import IntervalKind
from ticketing.sla.logic import ClockState, Target
from ticketing.sla.queries import ExplainedTicket, explain
from ticketing.tickets.lists import StaffTicket, staff_ticket
from ticketing.tickets.logic import EntryKind, ResolutionCode, Status, SupportTier
from ticketing.tickets.verifying import verify_journal

PARIS = ZoneInfo("Europe/Paris")

pytestmark = pytest.mark.alone


@dataclass
class Told:
    """What is on file at the end, what was mailed, and what was printed."""

    output: str = ""
    tickets: list[StaffTicket] = field(default_factory=list)
    clocks: list[ExplainedTicket] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    heard: dict[str, list[str]] = field(default_factory=dict)
    ratings: list[GivenRating] = field(default_factory=list)
    broken: list[object] = field(default_factory=list)

    def kinds(self, ticket: int) -> list[EntryKind]:
        return [entry.kind for entry in self.tickets[ticket - 1].entries]

    def at(self, ticket: int, kind: EntryKind) -> datetime:
        """When something of this kind first happened, on the wall of the office."""
        return next(e.at for e in self.tickets[ticket - 1].entries if e.kind is kind).astimezone(PARIS)

    def subjects(self, to: str) -> list[str]:
        return [letter.subject for letter in self.letters if letter.to.startswith(to)]


@pytest.fixture(scope="module", params=BACKENDS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The story is told once on each database."""
    for what in ("encoder", "rasa"):
        require(what)
    base = load({"GUICHET_VAR": str(ROOT / ARTEFACTS)})
    with contextlib.ExitStack() as stack:
        changes = {}
        if request.param == "postgresql":
            changes["database_url"] = stack.enter_context(an_empty_postgres())
        said, found = io.StringIO(), Told()

        async def look(stage: Stage) -> None:
            now = stage.clock()
            stage.database.read(lambda session: _look(session, found, now))
            found.letters = stage.mail.newest(1_000)

        with contextlib.redirect_stdout(said):
            tell(base, tmp_path_factory.mktemp("story") / "var", look, **changes)
        found.output = said.getvalue()
        yield found


def _look(session: Session, found: Told, now: datetime) -> None:
    for ticket in (1, 2):
        found.tickets.append(staff_ticket(session, ticket))
        found.clocks.append(explain(session, ticket, now=now))
        found.broken.append(verify_journal(session, ticket))
    lines = (
        select(Conversation.language, Message.text)
        .join_from(Message, Conversation, Conversation.id == Message.conversation_id)
        .where(Message.author == Author.DESK)
        .order_by(Message.id)
    )
    for language, text in session.execute(lines):
        found.heard.setdefault(language, []).append(text)
    found.ratings += list_ratings(session)


def test_the_words_of_the_chat_are_on_file_without_the_wish_for_a_ticket(told: Told) -> None:
    assert [ticket.row.summary for ticket in told.tickets] == [
        "the vpn drops every ten minutes since this morning",
        "le vpn se coupe toutes les dix minutes",
    ]
    assert [ticket.language for ticket in told.tickets] == ["en", "fr"]


def test_each_goes_by_the_rule_to_whoever_knows_the_vpn(told: Told) -> None:
    for ticket in (1, 2):
        routed, assigned = told.tickets[ticket - 1].entries[1:3]
        assert told.kinds(ticket)[:3] == [EntryKind.OPENED, EntryKind.ROUTED, EntryKind.ASSIGNED]
        assert (routed.data["rule"], routed.data["group"]) == ("vpn", "network")
        assert assigned.data["method"] == "round_robin"
        number = told.tickets[ticket - 1].row.number
        assert any(number in subject and "à vous" in subject for subject in told.subjects("lucie"))


def test_the_warning_takes_it_to_l2_once_when_three_quarters_of_the_time_are_used(told: Told) -> None:
    kinds = told.kinds(1)
    resolution = next(each.clock for each in told.clocks[0].clocks if each.clock.target is Target.RESOLUTION)

    assert kinds.count(EntryKind.SLA_WARNED) == kinds.count(EntryKind.ESCALATED) == 1
    assert kinds.index(EntryKind.SLA_WARNED) < kinds.index(EntryKind.ESCALATED)
    assert resolution.warning_at is not None
    due = resolution.warning_at.astimezone(PARIS)
    assert (due.day, due.hour, due.minute) == (30, 13, 55)
    assert timedelta() <= told.at(1, EntryKind.ESCALATED) - due < timedelta(minutes=10)
    assert told.tickets[0].row.tier is SupportTier.L2
    assert told.tickets[0].row.assignee_name == "Omar Sample"
    assert any("specialists" in subject for subject in told.subjects("alex"))


def test_every_promise_is_kept_and_the_hold_is_no_time_of_the_team(told: Told) -> None:
    clocks = [each for ticket in told.clocks for each in ticket.clocks]
    resolution = next(each for each in told.clocks[0].clocks if each.clock.target is Target.RESOLUTION)
    paused = [row for row in resolution.rows if row.kind is IntervalKind.PAUSED]

    assert {each.clock.state for each in clocks} == {ClockState.MET}
    assert EntryKind.SLA_BREACHED not in told.kinds(1) + told.kinds(2)
    assert [row.rule for row in paused] == ["on hold: supplier"]
    assert paused[0].business_time == timedelta()
    assert timedelta(hours=13, minutes=45) < resolution.clock.used < timedelta(hours=13, minutes=55)


def test_the_workaround_reaches_both_in_their_own_language_once(told: Told) -> None:
    for language, lead in (("en", "is not removed yet"), ("fr", "pas encore")):
        said = [text for text in told.heard[language] if "Paris 2" in text]
        assert len(said) == 1
        assert lead in said[0]
    assert len([letter for letter in told.letters if "Paris 2" in letter.text]) == 2


def test_the_problem_resolves_both_which_are_rated_once_and_closed_after_five_working_days(
    told: Told,
) -> None:
    for ticket in (1, 2):
        assert told.tickets[ticket - 1].row.status is Status.CLOSED
        assert told.tickets[ticket - 1].resolution_code is ResolutionCode.BY_PROBLEM
        assert told.kinds(ticket)[-3:] == [EntryKind.MOVED, EntryKind.RATED, EntryKind.MOVED]
    closed = told.tickets[0].entries[-1].at.astimezone(PARIS)
    # Monday the 4th, and Friday the 8th is a holiday.
    assert (closed.month, closed.day) == (5, 13)
    assert [(each.ticket, each.score, each.comment) for each in told.ratings] == [
        ("INC-000002", 4, None),
        ("INC-000001", 5, "Told before I asked. Thank you, Omar."),
    ]


def test_no_letter_is_sent_twice_and_each_is_in_the_thread_of_its_ticket(told: Told) -> None:
    assert len({letter.id for letter in told.letters}) == len(told.letters) > 15
    threads: dict[tuple[str, str], set[str]] = {}
    for letter in told.letters:
        number = re.search(r"INC-00000[12]", letter.subject)
        assert number is not None
        threads.setdefault((number[0], letter.to), set()).add(letter.thread)
    assert all(len(found) == 1 for found in threads.values())
    assert len(set.union(*threads.values())) == len(threads)


def test_what_is_private_to_the_team_is_told_to_nobody_else(told: Told) -> None:
    said = [letter.text for letter in told.letters if letter.to.startswith(("alex", "camille"))]
    said += [text for texts in told.heard.values() for text in texts]

    assert not any("Firmware" in text or "it is the gateway" in text for text in said)


def test_the_journals_are_whole(told: Told) -> None:
    assert told.broken == [None, None]


def test_every_scene_is_printed_with_the_commands_that_were_run(told: Told) -> None:
    assert len(re.findall(r"^── ", told.output, re.MULTILINE)) == len(SCENES)
    for line in re.findall(r"^  \$ guichet (\w+)", told.output, re.MULTILINE):
        assert line in {"calendar", "route", "ticket", "problem", "rating", "sla", "audit"}
    assert "3 journals checked" in told.output
    assert "broken" not in told.output


def test_the_ledger_in_the_documentation_is_the_one_of_the_story(told: Told) -> None:
    page = (ROOT / "docs" / "tickets.md").read_text(encoding="utf-8")
    ledger = page[page.index("resolution: 17 h 00") :].split("```")[0]
    rows = re.findall(
        r"(\d{4}-\d\d-\d\d \d\d:\d\d)\S*\s+\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d)\S*\s+(\w+)", ledger
    )
    resolution = next(each for each in told.clocks[0].clocks if each.clock.target is Target.RESOLUTION)

    assert rows == [(_minute(row.since), _minute(row.until), row.kind.value) for row in resolution.rows]


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}"

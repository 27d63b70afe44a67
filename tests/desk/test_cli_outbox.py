"""`guichet outbox`, `guichet notices` and what `guichet doctor` says of mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from desk.cli.checks import data
from desk.cli.checks.findings import State
from desk.settings.reading import load
from identity.agents.operations import add_agent
from notices.outbox.operations import claim_parcels, mark_failed, mark_sent, outbox_counts, put_in_outbox
from notices.preferences.logic import NEEDED, NoticeKind
from notices.preferences.queries import wants
from storage.database import Database
from tests.databases import NOW
from tests.desk.commands import Guichet


@pytest.fixture
def desk(var: Any, guichet: Guichet) -> Iterator[Database]:
    """An installation with three parcels: one sent, one given up, one on its way."""
    assert guichet("db", "upgrade")[0] == 0
    database = Database(f"sqlite:///{var / 'guichet.db'}", threads=2)
    for key in ("sent", "dead", "waiting"):
        payload = {"subject": f"[INC-000001] {key}", "text": "marker-words"}
        database.write(
            put_in_outbox, key=key, port="mail", recipient="[ana]@example.org", payload=payload, now=NOW
        )
    sent, dead, _ = database.write(claim_parcels, now=NOW)
    database.write(mark_sent, sent.id, now=NOW)
    database.write(mark_failed, dead.id, why="the server refuses the recipient (550)", now=NOW, is_final=True)
    yield database
    database.close()


def counts(desk: Database) -> dict[str, int]:
    return {state.value: count for state, count in desk.read(outbox_counts).items() if count}


def test_the_list_says_what_became_of_each_and_not_what_it_says(guichet: Guichet, desk: Database) -> None:
    code, said, _ = guichet("outbox", "list")

    assert code == 0
    assert "[ana]@example.org" in said
    assert "the server refuses the recipient (550)" in said
    assert "1 waiting, 1 sent, 1 dead, 0 dropped" in said
    assert "marker-words" not in said


@pytest.mark.parametrize(("option", "key"), [("--dead", "dead"), ("--waiting", "waiting")])
def test_the_list_can_be_of_one_state(guichet: Guichet, desk: Database, option: str, key: str) -> None:
    _, said, _ = guichet("outbox", "list", option, "--json")

    facts = json.loads(said)
    assert [each["key"] for each in facts["parcels"]] == [key]
    assert facts["counts"] == {"waiting": 1, "sent": 1, "dead": 1, "dropped": 0}


@pytest.mark.parametrize("words", [("list",), ("show", "2")])
def test_looking_waits_for_nobody_who_writes(
    guichet: Guichet, desk: Database, words: tuple[str, ...]
) -> None:
    codes = desk.write(lambda session: [session.connection(), guichet("outbox", *words)[0]][1:])

    assert codes == [0]


def test_one_is_shown_with_its_words(guichet: Guichet, desk: Database) -> None:
    assert "marker-words" in guichet("outbox", "show", "2")[1]
    assert json.loads(guichet("outbox", "show", "2", "--json")[1])["text"] == "marker-words"


def test_a_dead_one_is_due_again_under_its_old_key(guichet: Guichet, desk: Database) -> None:
    assert guichet("outbox", "resend", "2")[0] == 0

    assert counts(desk) == {"waiting": 2, "sent": 1}
    _, said, _ = guichet("outbox", "show", "2", "--json")
    assert (json.loads(said)["key"], json.loads(said)["attempts"]) == ("dead", 0)


def test_all_dead_ones_are_due_again_at_once(guichet: Guichet, desk: Database) -> None:
    assert guichet("outbox", "resend", "--dead")[1] == "2 is due again: dead\n"
    assert guichet("outbox", "resend", "--dead")[1] == "nothing to do\n"


def test_a_dropped_one_is_never_sent_and_its_words_and_address_are_gone(
    guichet: Guichet, desk: Database
) -> None:
    assert guichet("outbox", "drop", "2", "3")[0] == 0

    assert counts(desk) == {"sent": 1, "dropped": 2}
    said = guichet("outbox", "show", "2")[1]
    assert "its words are forgotten" in said
    assert "[ana]@example.org" not in said


@pytest.mark.parametrize("verb", ["resend", "drop"])
@pytest.mark.parametrize(
    ("numbers", "why"), [(("2", "99"), "nothing in the outbox has the number 99"), (("2", "1"), "was sent")]
)
def test_a_refusal_is_one_sentence_and_changes_nothing(
    guichet: Guichet, desk: Database, verb: str, numbers: tuple[str, ...], why: str
) -> None:
    code, said, complaint = guichet("outbox", verb, *numbers)

    assert (code, said) == (1, "")
    assert why in complaint
    assert counts(desk) == {"waiting": 1, "sent": 1, "dead": 1}


def test_which_ones_to_send_again_must_be_said(guichet: Guichet, desk: Database) -> None:
    assert guichet("outbox", "resend")[0] == 1
    assert guichet("outbox", "resend", "2", "--dead")[0] == 1


def test_the_doctor_counts_what_was_given_up(desk: Database) -> None:
    [found] = data.mail(load())

    assert (found.state, found.what.partition("; ")[2]) == (State.WARN, "1 on their way, 1 given up")
    assert "guichet outbox" in found.do


def test_the_doctor_has_nothing_against_an_outbox_without_dead_letters(
    guichet: Guichet, desk: Database
) -> None:
    guichet("outbox", "drop", "2")

    [found] = data.mail(load())
    assert found.state is State.OK


def test_the_doctor_says_why_letters_do_not_leave(guichet: Guichet, desk: Database) -> None:
    guichet("outbox", "drop", "2")
    why = "the server cannot be reached or went away"
    desk.write(mark_failed, 3, why=why, now=NOW, is_final=False)

    [found] = data.mail(load())

    assert (found.state, found.what.partition("; ")[2]) == (
        State.WARN,
        f"1 on their way, 1 of them not yet taken: {why}",
    )


def test_the_doctor_says_that_letters_lead_nowhere(
    guichet: Guichet, desk: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    guichet("outbox", "drop", "2")
    monkeypatch.setenv("GUICHET_SMTP_HOST", "localhost")

    [found] = data.mail(load())
    assert (found.state, "have no links" in found.what) == (State.WARN, True)
    assert "GUICHET_PUBLIC_URL" in found.do


@pytest.fixture
def agent(desk: Database) -> str:
    return desk.write(
        add_agent, key="ana", name="Ana Example", email="ana@example.org", language="en", now=NOW
    ).actor


def kinds(guichet: Guichet, *words: str) -> dict[str, str]:
    said: dict[str, str] = json.loads(guichet("notices", *words, "--agent", "ana", "--json")[1])["kinds"]
    return said


def test_notices_are_turned_off_and_on_again_for_one_person(
    guichet: Guichet, desk: Database, agent: str
) -> None:
    assert kinds(guichet, "mute", "assigned", "sla_warning")["assigned"] == "off"
    assert kinds(guichet, "mute", "assigned")["assigned"] == "off"
    assert not desk.read(wants, agent, NoticeKind.ASSIGNED)
    assert desk.read(wants, "agent:999", NoticeKind.ASSIGNED)

    assert kinds(guichet, "unmute", "assigned")["assigned"] == "on"
    assert kinds(guichet, "list")["sla_warning"] == "off"
    assert desk.read(wants, agent, NoticeKind.ASSIGNED)


@pytest.mark.parametrize("kind", sorted(NEEDED, key=repr), ids=lambda kind: kind.value)
def test_what_somebody_waits_for_cannot_be_turned_off(
    guichet: Guichet, desk: Database, agent: str, kind: NoticeKind
) -> None:
    code, _, complaint = guichet("notices", "mute", "assigned", kind.value, "--agent", "ana")

    assert (code, "cannot be turned off" in complaint) == (1, True)
    assert kinds(guichet, "list") == {each.value: "always" if each in NEEDED else "on" for each in NoticeKind}


def test_whose_notices_must_be_said(guichet: Guichet, desk: Database, agent: str) -> None:
    assert guichet("notices", "list")[0] == 1
    assert guichet("notices", "list", "--agent", "nobody")[0] == 1
    assert guichet("notices", "list", "--person", "nobody@example.org")[0] == 1

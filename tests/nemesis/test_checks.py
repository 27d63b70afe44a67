"""The checkers themselves: each says what is broken, and nothing about a ledger in which nothing is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.nemesis.checks import (
    COMMENT,
    OPEN_TICKET,
    STATUS,
    Acked,
    EffectRow,
    Evidence,
    Letter,
    MessageRow,
    Shown,
    SpeakerRow,
    TicketRow,
    TurnRow,
    longest_wait,
    violations,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STILL = "still working"


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def line(seq: int, author: str, text: str, **more: Any) -> MessageRow:
    values: dict[str, Any] = {"extras": {}, "external_id": None, "turn_id": "t1", "at": at(seq)} | more
    return MessageRow("c", seq, author, text, channel="web", **values)


SAID = line(1, "person", "my printer 0.1", external_id="c:m1")
OPENED = line(
    2, "assistant", "on file", extras={"ticket": "INC-000001", "says": "utter_handed_to_people_anonymous"}
)
TURN = TurnRow("t1", "c", 1, "done", "answered", 1, at(0), at(1))
TICKET = TicketRow("INC-000001", "c", 1)
OPENING = EffectRow("t1", OPEN_TICKET, TICKET.number)
MAIL = Letter(OPEN_TICKET, TICKET.number)
ACK = Acked("c", "m1", 1, 1, "my printer 0.1")
TAKEN = SpeakerRow("c", 2, "assistant", "agent")


def sound(**changes: Any) -> Evidence:
    """A line, its answer and its ticket; with changes, what its clients show follows the ledger."""
    evidence = Evidence(
        messages=[SAID, OPENED],
        turns=[TURN],
        speakers=[],
        tickets=[TICKET],
        comments=[],
        effects=[OPENING],
        letters=[MAIL],
        letter_ids=Counter({"<1@desk>": 1, "<2@desk>": 1}),
        outbox=Counter(sent=1),
        acked=[ACK],
        views=[],
        up=[(at(-10), at(100))],
        locked=[],
        deaths=[],
        still_working=frozenset({STILL}),
        bound=timedelta(seconds=20),
        foreign_mark="FOREIGN",
    )
    evidence = replace(evidence, **changes)
    shown = [Shown(m.seq, m.author, m.text, m.extras.get("ticket")) for m in evidence.messages]
    return evidence if "views" in changes else replace(evidence, views=[("c", shown)])


ADDED = EffectRow("t2", COMMENT, TICKET.number)
ADD = line(3, "person", "it got worse 0.2", turn_id="t2", external_id="c:m2")
TOLD = line(
    4, "assistant", "added", turn_id="t2", extras={"ticket": TICKET.number, "says": "utter_comment_added"}
)
ASK = line(5, "person", "what about my ticket 0.3", turn_id="t3", external_id="c:m3")
WHERE = line(6, "assistant", "new", turn_id="t3", extras={"ticket": TICKET.number, "says": STATUS})


def commented(**changes: Any) -> Evidence:
    """The same, and then something was added to the ticket, and it was asked after."""
    values: dict[str, Any] = {
        "messages": [SAID, OPENED, ADD, TOLD, ASK, WHERE],
        "turns": [TURN, replace(TURN, id="t2", number=2), replace(TURN, id="t3", number=3)],
        "comments": [TICKET.number],
        "effects": [OPENING, ADDED],
        "letters": [MAIL, Letter(COMMENT, TICKET.number)],
    }
    return sound(**(values | changes))


def test_a_sound_ledger_is_not_complained_about() -> None:
    assert violations(sound()) == []
    assert violations(commented()) == []


PAGE = [Shown(1, "person", SAID.text, None), Shown(2, "assistant", "on file", TICKET.number)]


BROKEN: dict[str, tuple[str, Evidence]] = {
    "a line is lost": ("RL-1", sound(acked=[ACK, Acked("c", "m2", 3, 1, "lost 0.2")])),
    "a line is another": ("RL-1", sound(acked=[replace(ACK, text="my screen 0.1")])),
    "a line is in another turn": ("RL-1", sound(acked=[replace(ACK, turn=2)])),
    "an id is there twice": (
        "RL-2 once",
        sound(messages=[SAID, OPENED, line(3, "person", "my printer 0.1", external_id="c:m1")]),
    ),
    "a text is there twice": (
        "RL-2 once",
        sound(messages=[SAID, OPENED, line(3, "person", "my printer 0.1", external_id="c:m2")]),
    ),
    "an acknowledgement changes its mind": ("RL-2 once", sound(acked=[ACK, replace(ACK, seq=2)])),
    "a turn is answered twice": (
        "RL-2 answered once",
        sound(messages=[SAID, OPENED, line(3, "assistant", "again")]),
    ),
    "a turn is answered and apologised for": (
        "RL-2 answered once",
        sound(turns=[replace(TURN, outcome="apologised")]),
    ),
    "a place is missing": ("RL-3", sound(messages=[SAID, replace(OPENED, seq=3)])),
    "a client misses a message": ("RL-3", sound(views=[("c", [Shown(1, "person", SAID.text, None)])])),
    "a page misses a message": ("WW-12", sound(pages=[("c", [Shown(1, "person", SAID.text, None)])])),
    "a page shows a message twice": ("WW-12", sound(pages=[("c", [*PAGE, PAGE[1]])])),
    "a page has another order": ("WW-12", sound(pages=[("c", PAGE[::-1])])),
    "a page shows other words": ("WW-12", sound(pages=[("c", [PAGE[0], replace(PAGE[1], text="oh")])])),
    "a page hides a ticket": ("WW-12", sound(pages=[("c", [PAGE[0], replace(PAGE[1], ticket=None)])])),
    "what was typed is nowhere": ("WW-14", sound(typed=[("c", SAID.text), ("c", "my screen 0.2")])),
    "a turn never ends": ("RL-4", sound(turns=[replace(TURN, state="running", outcome=None)])),
    "a turn ends in silence": (
        "RL-4",
        sound(
            messages=[SAID, line(2, "desk", STILL), replace(OPENED, seq=3, turn_id=None)],
        ),
    ),
    "a turn ends late": ("RL-4", sound(turns=[replace(TURN, ended_at=at(21))])),
    "a turn has two tickets": (
        "RL-5 effects",
        sound(
            tickets=[TICKET, TicketRow("INC-000002", "c", 1)],
            effects=[OPENING, replace(OPENING, number="INC-000002")],
        ),
    ),
    "a ticket has no effect on record": ("RL-5 effects", sound(effects=[])),
    "a letter to a person is there twice": ("RL-5 effects", sound(letter_ids=Counter({"<1@desk>": 2}))),
    "a mail is sent twice": ("RL-5 effects", sound(letters=[MAIL, MAIL])),
    "a mail stays behind": ("RL-5 effects", sound(letters=[], outbox=Counter(waiting=1))),
    "a turn adds twice": (
        "RL-5 effects",
        commented(comments=[TICKET.number] * 2, effects=[OPENING, ADDED, ADDED]),
    ),
    "something is added twice": ("RL-5 effects", commented(comments=[TICKET.number] * 2)),
    "what was added is not mailed": ("RL-5 effects", commented(letters=[MAIL])),
    "what was added is mailed twice": (
        "RL-5 effects",
        commented(letters=[MAIL, *[Letter(COMMENT, TICKET.number)] * 2]),
    ),
    "a mail about nothing": ("RL-5 effects", sound(letters=[MAIL, Letter("?", "hello")])),
    "a ticket is kept secret": ("RL-5 every effect", sound(messages=[SAID, replace(OPENED, extras={})])),
    "a ticket is told twice": (
        "RL-5 every effect",
        sound(messages=[SAID, OPENED, replace(OPENED, seq=3, author="desk")]),
    ),
    "a ticket is told of by its status only": (
        "RL-5 every effect",
        sound(messages=[SAID, replace(OPENED, extras=WHERE.extras)]),
    ),
    "what was added is kept secret": (
        "RL-5 every effect",
        commented(messages=[SAID, OPENED, ADD, replace(TOLD, extras={}), ASK, WHERE]),
    ),
    "something is said to be added that was not": (
        "RL-5 every effect",
        commented(comments=[], effects=[OPENING], letters=[MAIL]),
    ),
    "a ticket is announced again later": (
        "RL-5 every effect",
        commented(messages=[SAID, OPENED, ADD, TOLD, ASK, replace(WHERE, extras=OPENED.extras)]),
    ),
    "somebody else's ticket is told": ("RL-5 every effect", sound(tickets=[], effects=[], letters=[])),
    "the status of somebody else's ticket is told": (
        "RL-5 every effect",
        commented(
            messages=[
                SAID,
                OPENED,
                ADD,
                TOLD,
                ASK,
                replace(WHERE, extras=WHERE.extras | {"ticket": "INC-000009"}),
            ]
        ),
    ),
    "the assistant speaks beside an agent": ("RL-7", sound(speakers=[replace(TAKEN, after_seq=1)])),
    "an agent speaks unasked": ("RL-7", sound(messages=[SAID, OPENED, line(3, "agent", "hello")])),
    "two have the word": ("RL-7", sound(speakers=[TAKEN, TAKEN])),
    "a strange answer is shown": ("F9", sound(messages=[SAID, OPENED, line(3, "desk", "FOREIGN")])),
    "a process dies": ("nothing dies", sound(deaths=["desk ended by itself with code 1"])),
}


@pytest.mark.parametrize("what", list(BROKEN))
def test_what_is_broken_is_said(what: str) -> None:
    rule, evidence = BROKEN[what]

    assert any(violation.startswith(rule) for violation in violations(evidence))


def test_a_page_shows_formatted_what_is_on_file_as_it_was_written() -> None:
    written = replace(OPENED, text="1. It is **on file**, see [the list](https://desk.example/list_1).")
    shown = [PAGE[0], replace(PAGE[1], text="It is on file, see the list.")]

    assert violations(sound(messages=[SAID, written], pages=[("c", shown)], typed=[("c", SAID.text)])) == []


def test_an_agent_may_speak_after_taking_over() -> None:
    messages = [SAID, OPENED, line(3, "agent", "hello", turn_id=None)]

    assert violations(sound(messages=messages, speakers=[TAKEN])) == []


def test_waiting_counts_only_while_the_desk_could_have_answered() -> None:
    turn = replace(TURN, ended_at=at(60))
    evidence = sound(up=[(at(-10), at(5)), (at(40), at(100))], locked=[(at(45), at(52))])

    assert longest_wait(evidence, turn) == timedelta(seconds=13)

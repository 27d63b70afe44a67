"""The checkers: from what the database holds, the clients show and the clock says, which promise was broken.

TRUST §5.2: RL-1 to RL-5 and RL-7. Pure functions over `Evidence`; each returns a sentence per violation.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

Interval = tuple[datetime, datetime]
OPEN_TICKET, COMMENT = "open_ticket", "comment"

# What a message of the assistant that carries a ticket's number tells of. A status tells of nothing new.
TELLS = {
    "utter_comment_added": COMMENT,
    **dict.fromkeys(
        (
            f"utter_{key}{anonymous}"
            for key in ("incident_opened", "request_opened", "ticket_opened", "handed_to_people")
            for anonymous in ("", "_anonymous")
        ),
        OPEN_TICKET,
    ),
}
STATUS = "utter_ticket_status"
BY_THE_DESK = "something"


@dataclass(frozen=True)
class MessageRow:
    """A line of the ledger."""

    conversation: str
    seq: int
    author: str
    text: str
    extras: dict[str, Any]
    channel: str
    external_id: str | None
    turn_id: str | None
    at: datetime


@dataclass(frozen=True)
class TurnRow:
    """A turn of the ledger."""

    id: str
    conversation: str
    number: int
    state: str
    outcome: str | None
    attempts: int
    received_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class SpeakerRow:
    """A change of the speaker."""

    conversation: str
    after_seq: int
    before: str
    after: str


@dataclass(frozen=True)
class TicketRow:
    """A ticket, and the last line of the person that led to it."""

    number: str
    conversation: str
    last_seq: int


@dataclass(frozen=True)
class EffectRow:
    """What a turn did, to which ticket."""

    turn_id: str
    name: str
    number: str


@dataclass(frozen=True)
class Letter:
    """A letter to the team: of which effect it tells, and of which ticket."""

    effect: str
    number: str


@dataclass(frozen=True)
class Acked:
    """One acknowledgement that reached a client."""

    conversation: str
    client_id: str
    seq: int
    turn: int | None
    text: str | None


@dataclass(frozen=True)
class Shown:
    """A message as a client shows it."""

    seq: int
    author: str
    text: str
    ticket: str | None


@dataclass(frozen=True)
class Evidence:
    """Everything that is left after a run."""

    messages: Sequence[MessageRow]
    turns: Sequence[TurnRow]
    speakers: Sequence[SpeakerRow]
    tickets: Sequence[TicketRow]
    comments: Sequence[str]  # ticket numbers, once for each thing added
    effects: Sequence[EffectRow]
    letters: Sequence[Letter]
    letter_ids: Counter[str]  # Message-ID → how often such a letter is there, whoever it is for
    outbox: Counter[str]  # state → items
    acked: Sequence[Acked]
    views: Sequence[tuple[str, Sequence[Shown]]]  # conversation, what one client shows
    up: Sequence[Interval]  # when the desk answered
    locked: Sequence[Interval]  # when somebody else held the database
    deaths: Sequence[str]  # processes that ended by themselves
    still_working: frozenset[str]  # the texts of that notice
    bound: timedelta
    foreign_mark: str
    typed: Sequence[tuple[str, str]] = ()  # conversation, what a page took from the keyboard
    pages: Sequence[tuple[str, Sequence[Shown]]] = ()  # conversation, what one page shows

    def of_turn(self, turn: TurnRow) -> list[MessageRow]:
        """What was said in a turn, in order."""
        return self._by_turn.get(turn.id, [])

    @cached_property
    def _by_turn(self) -> dict[str, list[MessageRow]]:
        found: defaultdict[str, list[MessageRow]] = defaultdict(list)
        for message in sorted(self.messages, key=lambda row: row.seq):
            if message.turn_id is not None:
                found[message.turn_id].append(message)
        return found


def violations(evidence: Evidence) -> list[str]:
    """Every broken promise."""
    return [f"{name}: {what}" for name, check in CHECKS for what in check(evidence)]


def _acked_is_kept(evidence: Evidence) -> Iterator[str]:
    rows = {(row.conversation, row.seq): row for row in evidence.messages}
    numbers = {turn.id: turn.number for turn in evidence.turns}
    for ack in evidence.acked:
        row = rows.get((ack.conversation, ack.seq))
        if row is None or row.external_id != f"{ack.conversation}:{ack.client_id}":
            yield f"line {ack.client_id} was acknowledged as {ack.seq} and is not there"
        elif ack.text is not None and row.text != ack.text:
            yield f"line {ack.client_id} was {ack.text!r} and is {row.text!r}"
        elif ack.turn != (numbers[row.turn_id] if row.turn_id else None):
            yield f"line {ack.client_id} was acknowledged for turn {ack.turn} and is in another"


# A button's title may end with a ticket's number, and be pressed again where it is offered again.
_NUMBERED = re.compile(r" \d+\.\d+$")


def _once_in_the_record(evidence: Evidence) -> Iterator[str]:
    inbound = [row for row in evidence.messages if row.author == "person"]
    for key, count in Counter((row.channel, row.external_id) for row in inbound).items():
        if count > 1:
            yield f"{key[1]} is recorded {count} times"
    # The lines are numbered: a text that appears twice is one line recorded under two ids.
    for text, count in Counter(row.text for row in inbound if _NUMBERED.search(row.text)).items():
        if count > 1:
            yield f"{text!r} is recorded {count} times"
    for line, places in _places(evidence.acked).items():
        if len(places) > 1:
            yield f"line {line} was acknowledged with different places: {sorted(map(str, places))}"


def _places(acked: Sequence[Acked]) -> dict[str, set[tuple[int, int | None]]]:
    places: defaultdict[str, set[tuple[int, int | None]]] = defaultdict(set)
    for ack in acked:
        places[ack.client_id].add((ack.seq, ack.turn))
    return places


def _answered_once(evidence: Evidence) -> Iterator[str]:
    for turn in evidence.turns:
        said = [row for row in evidence.of_turn(turn) if row.author != "person"]
        answers = [row for row in said if row.author == "assistant"]
        notices = [row for row in said if row.author == "desk" and row.text not in evidence.still_working]
        if len({row.at for row in answers}) > 1 or not _is_run([row.seq for row in answers]):
            yield f"turn {turn.id} was answered in more than one group, at {[row.seq for row in answers]}"
        if len({row.at for row in notices}) > 1:
            yield f"turn {turn.id} was settled more than once, at {[row.seq for row in notices]}"
        if turn.outcome == "apologised" and answers:
            yield f"turn {turn.id} was answered and apologised for"
        waiting = sum(row.text in evidence.still_working for row in said)
        if waiting > turn.attempts:
            yield f"turn {turn.id} said {waiting} times in {turn.attempts} attempts that it takes longer"


def _is_run(seqs: list[int]) -> bool:
    return all(later == earlier + 1 for earlier, later in pairwise(seqs))


def _in_order(evidence: Evidence) -> Iterator[str]:
    ledger: defaultdict[str, list[MessageRow]] = defaultdict(list)
    for row in evidence.messages:
        ledger[row.conversation].append(row)
    for conversation, rows in ledger.items():
        seqs = sorted(row.seq for row in rows)
        if seqs != list(range(1, len(seqs) + 1)):
            yield f"conversation {conversation} has the places {seqs}"
    for conversation, view in evidence.views:
        rows = sorted(ledger[conversation], key=lambda row: row.seq)
        theirs = [Shown(row.seq, row.author, row.text, row.extras.get("ticket")) for row in rows]
        if list(view) != theirs:
            differing = sorted({shown.seq for shown in set(view) ^ set(theirs)})
            yield f"a client of {conversation} shows something else than the ledger at {differing[:10]}"


def _typed_is_there(evidence: Evidence) -> Iterator[str]:
    recorded = {(row.conversation, row.text) for row in evidence.messages if row.author == "person"}
    for conversation, text in evidence.typed:
        if (conversation, text) not in recorded:
            yield f"{text!r} was typed and is not on file"


_LINK = re.compile(r"\]\([^)]*\)")
_LETTERS = re.compile(r"[^\W\d_]+")


def letters(text: str) -> str:
    """What is left of a formatted text wherever it is: a page has no stars, and numbers its lists itself."""
    return "".join(_LETTERS.findall(_LINK.sub("]", text)))


def _pages_show_the_ledger(evidence: Evidence) -> Iterator[str]:
    for conversation, page in evidence.pages:
        rows = sorted(
            (row for row in evidence.messages if row.conversation == conversation), key=lambda row: row.seq
        )
        places = [shown.seq for shown in page]
        if places != [row.seq for row in rows]:
            yield f"a page of {conversation} shows the places {places} of {len(rows)}"
            continue
        for shown, row in zip(page, rows, strict=True):
            theirs = Shown(row.seq, row.author, letters(row.text), row.extras.get("ticket"))
            if replace(shown, text=letters(shown.text)) != theirs:
                yield f"a page of {conversation} shows {shown.text!r} at {shown.seq}, on file is {row.text!r}"


def _every_turn_ends(evidence: Evidence) -> Iterator[str]:
    for turn in evidence.turns:
        if turn.state != "done" or turn.outcome is None or turn.ended_at is None:
            yield f"turn {turn.id} is {turn.state} with outcome {turn.outcome}"
            continue
        said = [
            row
            for row in evidence.of_turn(turn)
            if row.author in ("assistant", "desk") and row.text not in evidence.still_working
        ]
        if turn.outcome != "handed_over" and not said:
            yield f"turn {turn.id} ended {turn.outcome} in silence"
        waited = longest_wait(evidence, turn)
        if waited > evidence.bound:
            yield (
                f"turn {turn.id} waited {waited.total_seconds():.1f} s for a desk that was up"
                f" ({turn.attempts} attempts, {turn.outcome})"
            )


def longest_wait(evidence: Evidence, turn: TurnRow) -> timedelta:
    """The longest stretch for which the desk was up, could write, and had not ended the turn."""
    if turn.ended_at is None:
        return timedelta.max
    waits = [
        _overlap((turn.received_at, turn.ended_at), life)
        - sum(
            (_overlap(_meet((turn.received_at, turn.ended_at), life), lock) for lock in evidence.locked),
            timedelta(),
        )
        for life in evidence.up
    ]
    return max(waits, default=timedelta())


def _meet(one: Interval, other: Interval) -> Interval:
    return max(one[0], other[0]), min(one[1], other[1])


def _overlap(one: Interval, other: Interval) -> timedelta:
    start, end = _meet(one, other)
    return max(end - start, timedelta())


def _effects_at_most_once(evidence: Evidence) -> Iterator[str]:
    turn_at = {(row.conversation, row.seq): row.turn_id for row in evidence.messages}
    per_turn = Counter(turn_at.get((ticket.conversation, ticket.last_seq)) for ticket in evidence.tickets)
    for turn_id, count in per_turn.items():
        if count > 1 or turn_id is None:
            yield f"turn {turn_id} opened {count} tickets"
    for (turn_id, name), count in Counter(
        (effect.turn_id, effect.name) for effect in evidence.effects
    ).items():
        if count > 1:
            yield f"turn {turn_id} had its {name} {count} times"
    yield from (
        f"letter {id_} is there {count} times" for id_, count in evidence.letter_ids.items() if count > 1
    )
    done = Counter(_done(evidence))
    recorded = Counter((effect.name, effect.number) for effect in evidence.effects)
    mailed = Counter((letter.effect, letter.number) for letter in evidence.letters)
    for name, number in sorted({*done, *recorded, *mailed}):
        times = tuple(count[name, number] for count in (done, recorded, mailed))
        if len(set(times)) > 1:
            yield "{} {}: done {} times, recorded {}, mailed to the team {}".format(name, number, *times)
    for state in ("waiting", "dead"):
        if evidence.outbox[state]:
            yield f"{evidence.outbox[state]} parcels are {state}"


def _done(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for ticket in evidence.tickets:
        yield OPEN_TICKET, ticket.number
    for number in evidence.comments:
        yield COMMENT, number


def _every_effect_is_told(evidence: Evidence) -> Iterator[str]:
    mentions = [row for row in evidence.messages if row.extras.get("ticket") is not None]
    known = {(ticket.conversation, ticket.number) for ticket in evidence.tickets}
    for row in mentions:
        if (row.conversation, row.extras["ticket"]) not in known:
            yield (
                f"{row.conversation} was told of {row.extras['ticket']},"
                " which is not a ticket of this conversation"
            )
    told = Counter((row.turn_id, row.extras["ticket"], _told_by(row)) for row in mentions)
    for effect in evidence.effects:
        # The desk, which announces what no answer spoke of, uses one word for all.
        key = (effect.turn_id, effect.number)
        times = told.pop((*key, effect.name), 0) + told.pop((*key, BY_THE_DESK), 0)
        if times != 1:
            yield f"{effect.name} {effect.number} was told to its person {times} times"
    for turn_id, number, name in told:
        if name != STATUS:
            yield f"turn {turn_id} told of {name} {number}, and has done nothing of the kind"


def _told_by(row: MessageRow) -> str:
    says = row.extras.get("says")
    return BY_THE_DESK if says is None else TELLS.get(says, str(says))


def _one_speaker(evidence: Evidence) -> Iterator[str]:
    changes: defaultdict[str, list[SpeakerRow]] = defaultdict(list)
    for change in evidence.speakers:
        changes[change.conversation].append(change)
    for conversation, rows in changes.items():
        for earlier, later in pairwise(rows):
            if earlier.after != later.before:
                yield f"conversation {conversation} went from {earlier.after} on as {later.before}"
    for row in evidence.messages:
        if row.author in ("assistant", "agent"):
            speaker = _speaker_at(changes[row.conversation], row.seq)
            if row.author != speaker:
                yield f"{row.author} wrote {row.seq} of {row.conversation} while {speaker} spoke"


def _speaker_at(changes: Sequence[SpeakerRow], seq: int) -> str:
    speaker = "assistant"
    for change in changes:
        if change.after_seq < seq:
            speaker = change.after
    return speaker


def _nothing_foreign(evidence: Evidence) -> Iterator[str]:
    for row in evidence.messages:
        if evidence.foreign_mark in row.text:
            yield f"message {row.seq} of {row.conversation} is what a strange answer said"


def _no_death_of_its_own(evidence: Evidence) -> Iterator[str]:
    yield from evidence.deaths


CHECKS: tuple[tuple[str, Callable[[Evidence], Iterator[str]]], ...] = (
    ("RL-1 acknowledged is kept", _acked_is_kept),
    ("RL-2 once in the record", _once_in_the_record),
    ("RL-2 answered once", _answered_once),
    ("RL-3 one order for all", _in_order),
    ("WW-12 pages show the ledger", _pages_show_the_ledger),
    ("WW-14 typed is sent", _typed_is_there),
    ("RL-4 every turn ends", _every_turn_ends),
    ("RL-5 effects at most once", _effects_at_most_once),
    ("RL-5 every effect is told", _every_effect_is_told),
    ("RL-7 one speaker", _one_speaker),
    ("F9 nothing foreign", _nothing_foreign),
    ("nothing dies by itself", _no_death_of_its_own),
)

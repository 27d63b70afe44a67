"""Many tickets with ten journal entries each, written in bulk and as the desk would have: digests are real.

`guichet audit verify` passes over them, so nothing is measured on rows that the desk would not have written.
"""

from __future__ import annotations

import random
import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from identity.agents.logic import Presence, agent_actor
from identity.agents.models import Agent
from identity.people.models import Person
from storage.base import Base
from storage.database import Database
from ticketing.conversations.logic import Speaker
from ticketing.conversations.models import Conversation
from ticketing.groups.logic import SHIPPED
from ticketing.groups.operations import ship_groups
from ticketing.languages.logic import LanguageSource
from ticketing.sla.shipped import ship_promises
from ticketing.tickets.chain import Entry, Fields, entry_digest, opening_words, text_digest
from ticketing.tickets.journal import ASSISTANT, TRACKED, VISIBILITY, person
from ticketing.tickets.logic import STAFF_ONLY, EntryKind, Status
from ticketing.tickets.models import JournalEntry, JournalText, Ticket, TicketReply, TicketTag
from ticketing.tickets.priority import Impact, Urgency, priority_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENTRIES = 10
OPEN_SHARE = 0.25
TICKETS_OF_A_PERSON = 20
TICKETS_OF_AN_AGENT = 200
OLDEST_OPEN = timedelta(days=20)
LONGEST_LIFE = timedelta(hours=2)
PORTION = 1_000
WORDS = (
    "printer",
    "vpn",
    "mail",
    "password",
    "screen",
    "badge",
    "laptop",
    "phone",
    "wifi",
    "licence",
    "network",
)

Rows = defaultdict[type[Base], list[dict[str, Any]]]


@dataclass(frozen=True)
class Step:
    """One entry to come: what it changes, and what is written with it."""

    kind: EntryKind
    actor: str
    after: Fields
    words: str | None = None
    data: Fields = field(default_factory=dict)


NOTE = 4
"""Where the first note for the team stands in what follows an opening."""


def fill(db: Database, tickets: int, *, seed: int = 1) -> None:
    """Put so many tickets on file, a quarter of them open; people and agents grow with them."""
    chance = random.Random(seed)  # noqa: S311 - figures, not secrets
    people = max(1, tickets // TICKETS_OF_A_PERSON)
    db.write(ship_groups)
    db.write(ship_promises)
    db.write(_people_and_agents, people, agents_of(tickets))
    for first in range(1, tickets + 1, PORTION):
        db.write(_portion, range(first, min(first + PORTION, tickets + 1)), tickets, people, chance)
    db.write(_count_on)


def agents_of(tickets: int) -> int:
    """How many agents so many tickets need: everybody has as much to do, however large the desk."""
    return max(1, tickets // TICKETS_OF_AN_AGENT)


def _people_and_agents(session: Session, people: int, agents: int) -> None:
    then = NOW - timedelta(days=400)
    session.execute(
        insert(Person),
        [
            {"id": id_, "name": f"Person {id_}", "email": f"p{id_}@example.org", "language": "en"}
            | {"is_verified": True, "is_vip": id_ % 100 == 0, "created_at": then}
            for id_ in range(1, people + 1)
        ],
    )
    session.execute(insert(Conversation), [_conversation(id_, then) for id_ in range(1, people + 1)])
    session.execute(
        insert(Agent),
        [
            {"id": id_, "key": f"agent-{id_}", "name": f"Agent {id_}", "email": f"a{id_}@example.org"}
            | {"language": "en", "presence": Presence.PRESENT, "is_active": True, "created_at": then}
            for id_ in range(1, agents + 1)
        ],
    )


def _conversation(id_: int, then: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "public_id": f"c{id_:031d}",
        "person_id": id_,
        "site_key": "demo",
        "channel": "web",
        "language": "en",
        "language_source": LanguageSource.DEFAULT,
        "speaker": Speaker.ASSISTANT,
        "last_seq": 2,
        "last_turn": 1,
        "version": 1,
        "opened_at": then,
        "changed_at": then,
    }


def _portion(session: Session, ids: range, tickets: int, people: int, chance: random.Random) -> None:
    rows: Rows = defaultdict(list)
    for ticket_id in ids:
        _add_ticket(rows, ticket_id, tickets, people, chance)
    for table in (Ticket, JournalEntry, JournalText, TicketReply, TicketTag):
        if rows[table]:
            session.execute(insert(table), rows[table])


def _add_ticket(rows: Rows, ticket_id: int, tickets: int, people: int, chance: random.Random) -> None:
    is_open = chance.random() < OPEN_SHARE
    # What is finished is spread over a year; what is open is at most some weeks old.
    share = chance.random() if is_open else 1 - ticket_id / tickets
    opened_at = NOW - LONGEST_LIFE - (OLDEST_OPEN if is_open else timedelta(days=365)) * share
    impact, urgency = chance.choice(list(Impact)), chance.choice(list(Urgency))
    subject = f"{chance.choice(WORDS)} {chance.choice(WORDS)} does not work on {chance.randrange(900)}"
    requester_id, agent = chance.randrange(people) + 1, agent_actor(chance.randrange(agents_of(tickets)) + 1)
    state: Fields = dict.fromkeys(TRACKED) | {
        "type": "incident",
        "status": Status.NEW.value,
        "tier": "L1",
        "assignment_group": chance.choice(list(SHIPPED)),
        "requester_id": requester_id,
        "category": "other",
        "impact": impact.value,
        "urgency": urgency.value,
        "priority": priority_of(impact, urgency).value,
        "articles_tried": [],
        "language": "en",
        "channel": "web",
        "conversation_id": requester_id,
        "first_seq": 1,
        "last_seq": 2,
    }
    words = opening_words(subject, subject, None)
    opening = Step(EntryKind.OPENED, ASSISTANT, dict(state), words)
    life = _open_life(agent, requester_id) if is_open else _whole_life(agent, requester_id)
    if ticket_id % 5 == 0:
        tag = chance.choice(WORDS)
        rows[TicketTag].append({"ticket_id": ticket_id, "tag": tag})
        # In place of a note, so that there are as many entries as everywhere.
        life[NOTE] = Step(EntryKind.TAGGED, agent, {}, data={"added": [tag], "removed": []})
    steps = [opening, *life]
    assert len(steps) == ENTRIES, "what is measured is tickets with ten entries"  # noqa: S101
    entries = _add_journal(rows, ticket_id, steps, opened_at, state)
    public = [entry["at"] for entry in entries if entry["kind"] not in STAFF_ONLY]
    resolved = [entry["at"] for entry in entries if entry["after"].get("status") == Status.RESOLVED.value]
    due = NOW + timedelta(minutes=chance.randrange(-600, 14_400)) if is_open else None
    rows[Ticket].append(
        state
        | {
            "id": ticket_id,
            "summary": subject,
            "description": subject,
            "opened_at": opened_at,
            "changed_at": public[-1],
            "resolved_at": resolved[-1] if resolved else None,
            "next_due_at": due,
            # Nothing is to be told yet; the sweep's deed has some come about.
            "next_sla_event_at": NOW + timedelta(days=1) if due else None,
            "journal_length": ENTRIES,
            "journal_head": entries[-1]["digest"],
        }
        | _as_enums(state)
    )


def _open_life(agent: str, requester_id: int) -> list[Step]:
    taken = _moved(agent, Status.ASSIGNED, assignee=agent)
    talk = [
        Step(EntryKind.REPLIED, agent, {}, "Is it plugged in?"),
        Step(EntryKind.REPLIED, person(requester_id), {}, "It is."),
        Step(EntryKind.WORK_NOTED, agent, {}, "Asked the network team."),
    ]
    return [taken, _moved(agent, Status.IN_PROGRESS), *talk, *talk, talk[2]]


def _whole_life(agent: str, requester_id: int) -> list[Step]:
    done = _moved(agent, Status.RESOLVED, resolution_code="fixed")
    closed = Step(EntryKind.MOVED, "desk", {"status": Status.CLOSED.value}, "no answer")
    return [*_open_life(agent, requester_id)[:-2], done, closed]


def _moved(agent: str, to: Status, **fields: str) -> Step:
    return Step(EntryKind.MOVED, agent, {"status": to.value, **fields}, f"it is {to.value}")


def _add_journal(
    rows: Rows, ticket_id: int, steps: list[Step], opened_at: datetime, state: Fields
) -> list[dict[str, Any]]:
    """The chained entries with their texts; leaves `state` as they tell it."""
    head, at = "", opened_at
    for number, step in enumerate(steps, start=1):
        entry_id = (ticket_id - 1) * ENTRIES + number
        salt = secrets.token_hex(16) if step.words is not None else None
        is_opening = step.kind is EntryKind.OPENED
        said = Entry(
            ticket_id=ticket_id,
            number=number,
            kind=step.kind,
            before={} if is_opening else {name: state[name] for name in step.after},
            after=step.after,
            data=step.data,
            actor=step.actor,
            at=at,
            text_digest=text_digest(salt, step.words) if salt and step.words is not None else None,
        )
        head = entry_digest(head, said)
        state |= step.after
        rows[JournalEntry].append({**vars(said), "id": entry_id, "digest": head})
        if salt:
            rows[JournalText].append(
                {"entry_id": entry_id, "salt": salt, "text": None if is_opening else step.words}
            )
        if step.kind in VISIBILITY:
            rows[TicketReply].append(
                {"entry_id": entry_id, "ticket_id": ticket_id, "visibility": VISIBILITY[step.kind]}
            )
        at += timedelta(minutes=7)
    return rows[JournalEntry][-len(steps) :]


def _as_enums(state: Fields) -> Fields:
    columns = Ticket.__table__.columns
    enums = {name: getattr(columns[name].type, "enum_class", None) for name in state}
    return {
        name: enum(state[name]) if enum and state[name] is not None else state[name]
        for name, enum in enums.items()
    }


def _count_on(session: Session) -> None:
    """Have the next id follow the last: PostgreSQL does not see what was given out by hand."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in (Person, Conversation, Agent, Ticket, JournalEntry):
        sequence = func.pg_get_serial_sequence(table.__tablename__, "id")
        session.execute(select(func.setval(sequence, select(func.max(table.id)).scalar_subquery())))

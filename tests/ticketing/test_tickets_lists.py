"""Lists of the staff: which tickets, in which order, each once; and everything of one ticket."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select, update
from sqlalchemy.orm import Session

from identity.agents.logic import Presence
from identity.agents.models import Agent
from storage.database import Database
from tests.databases import NOW, later
from tests.ticketing.builders import ANA, Talk, a_conversation
from tests.ticketing.tickets import a_ticket, take, ticket_of
from ticketing.conversations.models import Conversation
from ticketing.groups.operations import ship_groups
from ticketing.problems.logic import ProblemStatus
from ticketing.problems.models import Problem, ProblemIncident
from ticketing.sla.logic import EventKind
from ticketing.sla.models import SlaEvent
from ticketing.tickets.erasing import erase_text
from ticketing.tickets.errors import CursorInvalid, TicketNotFound
from ticketing.tickets.handling import add_reply, add_work_note
from ticketing.tickets.lists import StaffFilter, StaffTicket, staff_counts, staff_list, staff_ticket
from ticketing.tickets.logic import EntryKind, Status, SupportTier, TicketType, Visibility
from ticketing.tickets.models import JournalEntry, Ticket, TicketAttachment, TicketTag, TicketWatcher
from ticketing.tickets.priority import Impact, Priority, Urgency
from ticketing.tickets.sorting import StaffSort

LINE = st.tuples(
    st.none() | st.integers(0, 3).map(later),
    st.sampled_from(Priority),
    st.integers(0, 3).map(later),
    st.integers(0, 3).map(later),
    st.sampled_from([Status.NEW, Status.IN_PROGRESS, Status.CLOSED]),
)
"""What is due, priority, opened, changed, status: from few values, so that many are equal."""


@pytest.fixture
def talk(db: Database) -> Talk:
    """The conversation in which the tickets of a test begin."""
    db.write(ship_groups)
    return a_conversation(db, identity=ANA)


@pytest.fixture
def sqlite_db(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(sqlite_template, tmp_path / "guichet.db")
    database = Database(f"sqlite:///{tmp_path / 'guichet.db'}", threads=1)
    yield database
    database.close()


def on_file(session: Session, talk: Talk, **fields: Any) -> int:
    """A ticket without a journal: lists read the ticket itself."""
    conversation = session.scalars(
        select(Conversation.id).where(Conversation.public_id == talk.public_id)
    ).one()
    values: dict[str, Any] = {
        "type": TicketType.INCIDENT,
        "status": Status.NEW,
        "tier": SupportTier.L1,
        "assignment_group": "service-desk",
        "requester_id": talk.person_id,
        "category": "network",
        "impact": Impact.LOW,
        "urgency": Urgency.LOW,
        "priority": Priority.P4,
        "summary": "the printer is on fire",
        "description": "the printer is on fire",
        "articles_tried": [],
        "language": "en",
        "channel": "web",
        "conversation_id": conversation,
        "first_seq": 1,
        "last_seq": 1,
        "opened_at": NOW,
        "changed_at": NOW,
        "journal_length": 0,
        "journal_head": "",
    }
    ticket_id: int = session.scalars(insert(Ticket).values(**values | fields).returning(Ticket.id)).one()
    return ticket_id


def put(db: Database, talk: Talk, **fields: Any) -> int:
    return db.write(lambda session: on_file(session, talk, **fields))


def found(db: Database, which: StaffFilter, sort: StaffSort = StaffSort.OLDEST) -> list[int]:
    return [row.id for row in db.read(staff_list, which, sort).rows]


def all_pages(db: Database, which: StaffFilter, sort: StaffSort, limit: int) -> list[int]:
    ids: list[int] = []
    cursor = None
    while True:
        page = db.read(staff_list, which, sort, limit=limit, cursor=cursor)
        ids += [row.id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            return ids


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", see)
    yield seen
    event.remove(db.engine, "before_cursor_execute", see)


def in_order(tickets: list[tuple[int, Any]], sort: StaffSort) -> list[int]:
    """The order as its definition has it, in plain Python."""
    never = datetime.max.replace(tzinfo=NOW.tzinfo)
    by_id = sorted(tickets)
    keys: dict[StaffSort, Any] = {
        StaffSort.DUE: lambda each: (each[1][0] or never, each[0]),
        StaffSort.PRIORITY: lambda each: (each[1][1].value, each[1][2], each[0]),
        StaffSort.OLDEST: lambda each: (each[1][2], each[0]),
        StaffSort.NEWEST: lambda each: (each[1][2], each[0]),
        StaffSort.CHANGED: lambda each: (each[1][3], each[0]),
    }
    is_descending = sort in (StaffSort.NEWEST, StaffSort.CHANGED)
    return [id_ for id_, _ in sorted(by_id, key=keys[sort], reverse=is_descending)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(LINE, max_size=14),
    limit=st.integers(1, 5),
    statuses=st.sampled_from([StaffFilter().statuses, frozenset(Status)]),
)
def test_page_by_page_each_ticket_comes_once_and_in_order(
    db: Database, talk: Talk, lines: list[Any], limit: int, statuses: frozenset[Status]
) -> None:
    db.write(lambda session: session.execute(delete(Ticket)))
    tickets = [
        (
            put(
                db,
                talk,
                next_due_at=due,
                priority=priority,
                opened_at=opened,
                changed_at=changed,
                status=status,
            ),
            (due, priority, opened, changed, status),
        )
        for due, priority, opened, changed, status in lines
    ]
    tickets = [(id_, line) for id_, line in tickets if line[4] in statuses]
    which = StaffFilter(statuses=statuses)

    for sort in StaffSort:
        assert all_pages(db, which, sort, limit) == in_order(tickets, sort)


FEW: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from([Status.NEW, Status.ON_HOLD, Status.CLOSED]),
    "assignment_group": st.sampled_from(["network", "security"]),
    "assignee": st.sampled_from([None, "agent:1", "agent:2"]),
    "tier": st.sampled_from([SupportTier.L1, SupportTier.L2]),
    "priority": st.sampled_from([Priority.P1, Priority.P2]),
    "category": st.sampled_from(["vpn", "mail"]),
    "type": st.sampled_from(TicketType),
    "next_due_at": st.sampled_from([None, later(1), later(2)]),
}


def some_of(name: str) -> st.SearchStrategy[frozenset[Any]]:
    return st.frozensets(FEW[name], max_size=2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.fixed_dictionaries(FEW), max_size=8),
    which=st.builds(
        StaffFilter,
        statuses=some_of("status"),
        groups=some_of("assignment_group"),
        assignee=FEW["assignee"],
        is_unassigned=st.booleans(),
        tiers=some_of("tier"),
        priorities=some_of("priority"),
        categories=some_of("category"),
        types=some_of("type"),
        due_before=FEW["next_due_at"],
    ),
)
def test_what_is_asked_together_is_what_each_asks_alone(
    db: Database, talk: Talk, lines: list[dict[str, Any]], which: StaffFilter
) -> None:
    db.write(lambda session: session.execute(delete(Ticket)))
    wanted = [id_ for line in lines if (id_ := put(db, talk, **line)) and is_asked_for(line, which)]

    assert found(db, which) == wanted
    assert db.read(staff_counts, {"it": which}) == {"it": len(wanted)}


def is_asked_for(line: dict[str, Any], which: StaffFilter) -> bool:
    several = [
        (which.statuses, "status"),
        (which.groups, "assignment_group"),
        (which.tiers, "tier"),
        (which.priorities, "priority"),
        (which.categories, "category"),
        (which.types, "type"),
    ]
    due = line["next_due_at"]
    return (
        all(not values or line[name] in values for values, name in several)
        and which.assignee in (None, line["assignee"])
        and not (which.is_unassigned and line["assignee"])
        and not (which.due_before and not (due and due < which.due_before))
    )


def test_what_is_opened_and_finished_between_two_pages_shifts_nothing(db: Database, talk: Talk) -> None:
    first, second, third, fourth = (put(db, talk, opened_at=later(n)) for n in range(4))
    page = db.read(staff_list, StaffFilter(), StaffSort.OLDEST, limit=2)

    db.write(
        lambda session: session.execute(update(Ticket).where(Ticket.id == first).values(status=Status.CLOSED))
    )
    put(db, talk, opened_at=later(-60))

    rest = db.read(staff_list, StaffFilter(), StaffSort.OLDEST, limit=9, cursor=page.next_cursor)
    assert [row.id for row in page.rows] == [first, second]
    assert [row.id for row in rest.rows] == [third, fourth]


@pytest.mark.parametrize(
    "cursor", ["x", "é", "bnVsbA", "WyJkdWUiLDksMV0", "WyJkdWUiLDAsInllc3RlcmRheSIsMV0", "a" * 999]
)
def test_a_cursor_from_elsewhere_is_refused(db: Database, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        db.read(staff_list, StaffFilter(), StaffSort.DUE, cursor=cursor)


def test_a_cursor_of_another_order_is_refused(db: Database, talk: Talk) -> None:
    put(db, talk)
    put(db, talk)
    cursor = db.read(staff_list, StaffFilter(), StaffSort.OLDEST, limit=1).next_cursor

    with pytest.raises(CursorInvalid):
        db.read(staff_list, StaffFilter(), StaffSort.NEWEST, cursor=cursor)


@pytest.mark.parametrize(
    ("is_asked", "fields"),
    [
        (StaffFilter(statuses=frozenset({Status.ON_HOLD})), {"status": Status.ON_HOLD}),
        (StaffFilter(statuses=frozenset({Status.RESOLVED})), {"status": Status.RESOLVED}),
        (StaffFilter(groups=frozenset({"network"})), {"assignment_group": "network"}),
        (StaffFilter(groups=frozenset({"network", "security"})), {"assignment_group": "security"}),
        (StaffFilter(assignee="agent:7"), {"assignee": "agent:7"}),
        (StaffFilter(tiers=frozenset({SupportTier.L2})), {"tier": SupportTier.L2}),
        (StaffFilter(priorities=frozenset({Priority.P1, Priority.P2})), {"priority": Priority.P1}),
        (StaffFilter(categories=frozenset({"vpn"})), {"category": "vpn"}),
        (StaffFilter(types=frozenset({TicketType.SERVICE_REQUEST})), {"type": TicketType.SERVICE_REQUEST}),
        (StaffFilter(due_before=later(60)), {"next_due_at": later(59)}),
        (StaffFilter(words="COFFEE"), {"summary": "no coffee since monday"}),
        (StaffFilter(words="100%"), {"summary": "the disk is at 100% of it"}),
        (StaffFilter(words="écran"), {"summary": "Écran noir"}),
    ],
)
def test_a_filter_finds_what_it_asks_for_and_nothing_else(
    db: Database, talk: Talk, is_asked: StaffFilter, fields: dict[str, Any]
) -> None:
    put(db, talk, next_due_at=later(60), summary="the disk is at 1000 of it")
    wanted = put(db, talk, **fields)

    assert found(db, is_asked) == [wanted]


def test_tickets_are_found_by_number(db: Database, talk: Talk) -> None:
    put(db, talk)
    wanted = put(db, talk)

    assert found(db, StaffFilter(words=f"INC-{wanted:06d}")) == [wanted]
    assert found(db, StaffFilter(words=str(wanted))) == [wanted]
    assert found(db, StaffFilter(words=f"REQ-{wanted:06d}")) == []
    assert found(db, StaffFilter(words="9" * 18)) == []


def test_what_nobody_has_is_found(db: Database, talk: Talk) -> None:
    put(db, talk, assignee="agent:7")
    wanted = put(db, talk)

    assert found(db, StaffFilter(is_unassigned=True)) == [wanted]


def test_all_of_several_tags_are_asked_for_and_shown(db: Database, talk: Talk) -> None:
    one, both = put(db, talk), put(db, talk)
    tags = [TicketTag(ticket_id=one, tag="vip"), TicketTag(ticket_id=both, tag="vip")]
    db.write(lambda session: session.add_all([*tags, TicketTag(ticket_id=both, tag="floor-3")]))

    page = db.read(staff_list, StaffFilter(tags=frozenset({"vip", "floor-3"})))

    assert [(row.id, row.tags) for row in page.rows] == [(both, ("floor-3", "vip"))]


def test_what_is_breached_watched_or_of_somebody_is_found(db: Database, talk: Talk) -> None:
    other = a_conversation(db)
    breached, watched, theirs = put(db, talk), put(db, talk), put(db, other)
    warned = dict(ticket_id=watched, target="resolution", kind=EventKind.WARNING, at=NOW, told_at=NOW)
    db.write(
        lambda session: session.add_all(
            [
                SlaEvent(ticket_id=breached, target="resolution", kind=EventKind.BREACH, at=NOW, told_at=NOW),
                SlaEvent(**warned),
                TicketWatcher(ticket_id=watched, watcher="agent:7"),
            ]
        )
    )

    assert found(db, StaffFilter(is_breached=True)) == [breached]
    assert found(db, StaffFilter(is_breached=False)) == [watched, theirs]
    assert found(db, StaffFilter(watcher="agent:7")) == [watched]
    assert found(db, StaffFilter(requesters=frozenset({other.person_id}))) == [theirs]


def test_a_row_names_people_and_groups(db: Database, talk: Talk) -> None:
    db.write(lambda session: session.add(an_agent(7, "Zoé")))
    put(db, talk, assignee="agent:7")

    [row] = db.read(staff_list, StaffFilter(), language="fr").rows

    assert (row.requester, row.assignee_name, row.group) == ("Ana", "Zoé", "Centre de services")


def an_agent(id_: int, name: str) -> Agent:
    return Agent(
        id=id_,
        key=name.lower(),
        name=name,
        email=f"{id_}@example.org",
        language="en",
        presence=Presence.PRESENT,
        created_at=NOW,
    )


def test_a_page_takes_as_many_statements_however_long_it_is(db: Database, talk: Talk) -> None:
    for number in range(12):
        put(db, talk, assignee=f"agent:{number}", next_due_at=later(number))
    with statements(db) as short:
        db.read(staff_list, StaffFilter(), limit=2)
    with statements(db) as long:
        db.read(staff_list, StaffFilter(), limit=11)

    assert len(long) == len(short) <= 8


def test_counting_views_takes_one_statement(db: Database, talk: Talk) -> None:
    put(db, talk)
    put(db, talk, assignment_group="network", assignee="agent:7")
    put(db, talk, status=Status.CLOSED)
    views = {
        "open": StaffFilter(),
        "nobody's": StaffFilter(is_unassigned=True),
        "network": StaffFilter(groups=frozenset({"network"})),
        "breached": StaffFilter(is_breached=True),
    }

    with statements(db) as asked:
        counts = db.read(staff_counts, views)

    assert counts == {"open": 2, "nobody's": 1, "network": 1, "breached": 0}
    assert len([statement for statement in asked if "ticket" in statement]) == 1


@pytest.mark.parametrize(
    ("which", "sort", "index"),
    [
        (StaffFilter(), StaffSort.DUE, "ix_ticket_open_due"),
        (StaffFilter(groups=frozenset({"network"})), StaffSort.DUE, "ix_ticket_open_group_due"),
        (StaffFilter(assignee="agent:7"), StaffSort.DUE, "ix_ticket_open_assignee_due"),
        (StaffFilter(is_unassigned=True), StaffSort.DUE, "ix_ticket_open_assignee_due"),
        (StaffFilter(), StaffSort.PRIORITY, "ix_ticket_open_priority"),
        (StaffFilter(statuses=frozenset()), StaffSort.NEWEST, "ix_ticket_opened_at"),
        (StaffFilter(statuses=frozenset()), StaffSort.CHANGED, "ix_ticket_changed_at"),
    ],
)
def test_a_list_is_read_along_an_index_and_never_sorted(
    sqlite_db: Database, which: StaffFilter, sort: StaffSort, index: str
) -> None:
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT ticket.id"):
            rows = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(" / ".join(row[3] for row in rows))

    event.listen(sqlite_db.engine, "before_cursor_execute", explain)
    sqlite_db.read(staff_list, which, sort)

    assert plans
    for plan in plans:
        assert index in plan
        assert "TEMP B-TREE" not in plan


def whole(db: Database, which: int | str) -> StaffTicket:
    return db.read(staff_ticket, which)


def test_everything_of_a_ticket_is_there_with_names(db: Database) -> None:
    db.write(lambda session: session.add(an_agent(1, "Zoé")))
    ticket_id = a_ticket(db, a_conversation(db, identity=ANA), status=Status.IN_PROGRESS)
    db.write(add_reply, ticket_id, "We are on it.", actor="agent:1", now=later(1))
    db.write(add_work_note, ticket_id, "It is the fuse.", actor="agent:1", now=later(2))

    ticket = whole(db, f"INC-{ticket_id:06d}")

    assert (ticket.row.id, ticket.row.requester, ticket.row.assignee_name) == (ticket_id, "Ana", "Zoé")
    assert [entry.number for entry in ticket.entries] == [1, 2, 3, 4, 5]
    assert [(each.actor_name, each.visibility, each.text) for each in ticket.entries[-2:]] == [
        ("Zoé", Visibility.REPLY, "We are on it."),
        ("Zoé", Visibility.WORK_NOTE, "It is the fuse."),
    ]


def test_an_erased_text_is_told_from_none(db: Database) -> None:
    ticket_id = a_ticket(db)
    number = db.write(add_reply, ticket_id, "Ana's password", actor="agent:1", now=NOW)
    db.write(erase_text, ticket_id, number, actor="agent:1", now=NOW)

    entries = whole(db, ticket_id).entries

    assert [(each.kind, each.is_erased) for each in entries] == [
        (EntryKind.OPENED, False),
        (EntryKind.REPLIED, True),
        (EntryKind.TEXT_ERASED, False),
    ]


def test_related_tickets_and_problems_are_there(db: Database, talk: Talk) -> None:
    parent = put(db, talk)
    ticket_id = put(db, talk, parent_id=parent)
    child, merged = put(db, talk, parent_id=ticket_id), put(db, talk, merged_into_id=ticket_id)
    db.write(lambda session: session.add(a_problem(5)))
    db.write(lambda session: session.add(ProblemIncident(problem_id=5, ticket_id=ticket_id, linked_at=NOW)))

    ticket = whole(db, ticket_id)

    assert ticket.parent is not None
    assert ticket.parent.id == parent
    assert [each.id for each in ticket.children] == [child]
    assert [each.id for each in ticket.merged_here] == [merged]
    assert [(each.number, each.workaround) for each in ticket.problems] == [("PRB-000005", "Use the stairs.")]


def a_problem(id_: int) -> Problem:
    return Problem(
        id=id_,
        status=ProblemStatus.KNOWN_ERROR,
        assignment_group="service-desk",
        category="network",
        impact=Impact.LOW,
        urgency=Urgency.LOW,
        priority=Priority.P4,
        summary="The lift is stuck",
        description="",
        workaround="Use the stairs.",
        opened_at=NOW,
        changed_at=NOW,
    )


def test_attachments_and_watchers_are_there(db: Database) -> None:
    ticket_id = a_ticket(db)
    db.write(attach, ticket_id)
    db.write(lambda session: session.add(TicketWatcher(ticket_id=ticket_id, watcher="agent:9")))

    ticket = whole(db, ticket_id)

    assert [(each.name, each.entry) for each in ticket.attachments] == [("fire.txt", 1)]
    assert [(each.actor, each.name) for each in ticket.watchers] == [("agent:9", "agent:9")]


def attach(session: Session, ticket_id: int) -> None:
    entry = session.scalars(select(JournalEntry.id).where(JournalEntry.ticket_id == ticket_id)).first()
    assert entry is not None
    session.add(
        TicketAttachment(
            entry_id=entry,
            ticket_id=ticket_id,
            name="fire.txt",
            media_type="text/plain",
            size=3,
            digest="0" * 64,
            visibility=Visibility.WORK_NOTE,
        )
    )


@pytest.mark.parametrize("which", [0, 999, 2**40, "INC-000999", "nothing", "999999999999999999"])
def test_a_ticket_that_is_not_there_is_not_found(db: Database, which: int | str) -> None:
    with pytest.raises(TicketNotFound):
        db.read(staff_ticket, which)


def test_a_number_with_the_wrong_prefix_is_not_found(db: Database) -> None:
    ticket_id = a_ticket(db)

    with pytest.raises(TicketNotFound):
        whole(db, f"REQ-{ticket_id:06d}")


def test_a_ticket_of_many_entries_takes_as_many_statements(db: Database) -> None:
    ticket_id = a_ticket(db)
    with statements(db) as short:
        whole(db, ticket_id)
    for number in range(8):
        db.write(add_reply, ticket_id, f"reply {number}", actor=f"agent:{number}", now=NOW)
    take(db, ticket_id, Status.ASSIGNED)
    with statements(db) as long:
        whole(db, ticket_id)

    # One more, for the names of agents.
    assert len(long) <= len(short) + 2
    assert ticket_of(db, ticket_id).journal_length == 10

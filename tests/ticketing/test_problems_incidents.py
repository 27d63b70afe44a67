"""Incidents of a problem: linked, told what helps meanwhile, resolved with it. Nobody hears a thing twice."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from notices.outbox.models import OutboxItem
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.families import a_family, link, reach
from tests.ticketing.problems import (
    AGENT,
    a_problem,
    incident_of,
    problem_of,
    said,
    say_workaround,
    tell_all,
)
from tests.ticketing.tickets import a_ticket, journal, letters, take, ticket_of
from ticketing.problems.errors import LinkNotAllowed, ProblemMoveNotAllowed
from ticketing.problems.linking import link_incident, unlink_incident
from ticketing.problems.logic import ProblemEntryKind, ProblemStatus, problem_number
from ticketing.problems.operations import move_problem, set_cause
from ticketing.problems.queries import problem_in_full
from ticketing.problems.resolving import (
    Finished,
    close_problem,
    incidents_to_resolve,
    problems_to_finish,
    resolve_incidents,
    resolve_problem,
)
from ticketing.problems.verifying import verify_problem_journal
from ticketing.problems.workarounds import problems_to_tell, set_workaround, tell_workaround
from ticketing.tickets.dossier import staff_ticket
from ticketing.tickets.families import unset_parent
from ticketing.tickets.handling import move_ticket
from ticketing.tickets.history import own_story
from ticketing.tickets.intake import Intake
from ticketing.tickets.journal import DESK
from ticketing.tickets.logic import STAFF_ONLY, EntryKind, ResolutionCode, Status, TicketType, ticket_number
from ticketing.tickets.merging import merge_ticket
from ticketing.tickets.verifying import verify_journal

TRAY = "Use the tray below."


def linked(db: Database, count: int, status: Status = Status.NEW) -> tuple[int, list[int]]:
    """A problem and the incidents it causes."""
    tickets = [a_ticket(db, status=status) for _ in range(count)]
    return a_problem(db, incidents=tickets), tickets


def known_error(db: Database, count: int) -> tuple[int, list[int]]:
    """The same with a cause that is known."""
    problem_id, tickets = linked(db, count)
    db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=NOW)
    return problem_id, tickets


def end(db: Database, problem_id: int, told: str | None = None) -> Finished:
    """Resolve a problem; its incidents are to follow."""
    return db.write(
        resolve_problem,
        problem_id,
        "replaced cable 12-B",
        told=told,
        with_incidents=True,
        actor=AGENT,
        now=later(1),
    )


def resolve_all(db: Database, problem_id: int) -> int:
    return db.in_batches(resolve_incidents, problem_id, now=later(2), limit=2)


def workaround_letters(db: Database) -> list[OutboxItem]:
    return [letter for letter in letters(db) if ":workaround:" in letter.key]


def answers(db: Database, ticket_id: int) -> int:
    return said(journal(db, ticket_id))


def test_linking_and_unlinking_stand_in_both_journals_and_are_for_the_staff(db: Database) -> None:
    problem_id, ticket_id = a_problem(db), a_ticket(db)

    db.write(link_incident, problem_id, ticket_id, actor=AGENT, now=NOW)
    assert [each.number for each in db.read(staff_ticket, ticket_id).problems] == [problem_number(problem_id)]
    db.write(unlink_incident, problem_id, ticket_id, actor=AGENT, now=NOW)

    kinds = [entry.kind for entry in journal(db, ticket_id)][-2:]
    assert kinds == [EntryKind.PROBLEM_LINKED, EntryKind.PROBLEM_UNLINKED]
    assert set(kinds) <= STAFF_ONLY
    steps = db.read(problem_in_full, problem_id).journal
    assert [step.kind for step in steps][1:] == [
        ProblemEntryKind.INCIDENT_LINKED,
        ProblemEntryKind.INCIDENT_UNLINKED,
    ]
    assert db.read(staff_ticket, ticket_id).problems == ()
    assert db.read(verify_problem_journal, problem_id) is None
    assert db.read(verify_journal, ticket_id) is None


def test_what_cannot_be_linked_is_refused_with_the_reason(db: Database) -> None:
    problem_id, [there] = linked(db, 1)
    request = a_ticket(db, intake=Intake(type=TicketType.SERVICE_REQUEST, description="a second screen"))
    merged, target = a_ticket(db), a_ticket(db)
    db.write(merge_ticket, merged, target, actor=AGENT, now=NOW)

    for ticket_id, why in ((there, "linked already"), (request, "service request"), (merged, "was merged")):
        with pytest.raises(LinkNotAllowed, match=why):
            db.write(link_incident, problem_id, ticket_id, actor=AGENT, now=NOW)
    with pytest.raises(LinkNotAllowed, match="not linked"):
        db.write(unlink_incident, problem_id, target, actor=AGENT, now=NOW)
    db.write(move_problem, problem_id, ProblemStatus.CANCELLED, reason="no pattern", actor=AGENT, now=NOW)
    with pytest.raises(LinkNotAllowed, match="cancelled"):
        db.write(link_incident, problem_id, target, actor=AGENT, now=NOW)


def test_a_workaround_reaches_every_linked_requester_in_the_ticket_by_mail_and_in_the_conversation(
    db: Database,
) -> None:
    talk = a_conversation(db, identity=ANA)
    ticket_id = a_ticket(db, talk)
    problem_id = a_problem(db, incidents=[ticket_id])

    assert say_workaround(db, problem_id, TRAY) == 1

    ticket = ticket_of(db, ticket_id)
    story = db.read(own_story, talk.person_id, ticket_number(ticket.type, ticket_id))
    assert story.entries[-1].text == TRAY
    assert sorted(letter.port for letter in workaround_letters(db)) == ["conversation", "mail"]
    assert all(TRAY in letter.payload["text"] for letter in workaround_letters(db))


def test_words_for_many_are_no_first_answer_by_a_person(db: Database) -> None:
    problem_id, [ticket_id] = linked(db, 1)

    say_workaround(db, problem_id, TRAY)

    entry = journal(db, ticket_id)[-1]
    assert (entry.kind, entry.actor) == (EntryKind.REPLIED, DESK)
    assert entry.data == {"problem": problem_number(problem_id), "workaround": 3}


def test_the_same_workaround_is_told_once_and_another_one_again(db: Database) -> None:
    problem_id, [ticket_id] = linked(db, 1)

    assert [say_workaround(db, problem_id, words) for words in (TRAY, f" {TRAY} ")] == [1, 0]
    assert [say_workaround(db, problem_id, words) for words in ("Print at home.", TRAY)] == [1, 1]

    assert answers(db, ticket_id) == 3


def test_an_incident_linked_later_is_told_the_present_workaround(db: Database) -> None:
    problem_id, _ = linked(db, 1)
    say_workaround(db, problem_id, "Print at home.")
    say_workaround(db, problem_id, TRAY)
    late = a_ticket(db)

    assert db.write(link_incident, problem_id, late, actor=AGENT, now=NOW)

    assert answers(db, late) == 1
    assert tell_all(db, problem_id) == 0


def test_an_incident_that_is_not_linked_any_more_hears_nothing(db: Database) -> None:
    problem_id, [gone, there] = linked(db, 2)
    db.write(unlink_incident, problem_id, gone, actor=AGENT, now=NOW)

    say_workaround(db, problem_id, TRAY)

    assert (answers(db, gone), answers(db, there)) == (0, 1)


def test_an_incident_linked_again_is_not_told_again(db: Database) -> None:
    problem_id, [ticket_id] = linked(db, 1)
    say_workaround(db, problem_id, TRAY)
    db.write(unlink_incident, problem_id, ticket_id, actor=AGENT, now=NOW)

    assert not db.write(link_incident, problem_id, ticket_id, actor=AGENT, now=NOW)

    assert answers(db, ticket_id) == 1
    assert tell_all(db, problem_id) == 0


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED, Status.CANCELLED])
def test_a_finished_incident_needs_no_workaround_until_it_is_open_again(db: Database, status: Status) -> None:
    problem_id, [ticket_id] = linked(db, 1, status)
    assert say_workaround(db, problem_id, TRAY) == 0

    if status is Status.CANCELLED:
        return
    take(db, ticket_id, Status.ASSIGNED)

    assert db.read(problems_to_tell) == (problem_id,)
    assert tell_all(db, problem_id) == 1


def test_whoever_was_not_told_before_a_crash_is_told_after_it_and_nobody_twice(db: Database) -> None:
    problem_id, tickets = linked(db, 5)
    db.write(set_workaround, problem_id, TRAY, actor=AGENT, now=NOW)
    assert db.write(tell_workaround, problem_id, now=NOW, limit=2) == 2

    def killed() -> None:
        def work(session: object) -> None:
            tell_workaround(session, problem_id, now=NOW, limit=2)  # type: ignore[arg-type]
            raise KeyboardInterrupt

        db.write(work)

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert db.read(problems_to_tell) == (problem_id,)

    assert tell_all(db, problem_id, limit=2) == 3

    assert [answers(db, ticket_id) for ticket_id in tickets] == [1] * 5
    assert db.read(problems_to_tell) == ()
    assert db.read(verify_problem_journal, problem_id) is None


def test_two_who_tell_at_once_tell_each_requester_once(db: Database) -> None:
    problem_id, tickets = linked(db, 6)
    db.write(set_workaround, problem_id, TRAY, actor=AGENT, now=NOW)

    found = at_once(2, lambda _: tell_all(db, problem_id, limit=2))

    assert errors(found) == []
    assert sum(values(found)) == 6
    assert [answers(db, ticket_id) for ticket_id in tickets] == [1] * 6


def test_a_workaround_withdrawn_is_not_told_to_those_who_come_later(db: Database) -> None:
    problem_id, _ = linked(db, 1)
    say_workaround(db, problem_id, TRAY)
    db.write(set_workaround, problem_id, None, actor=AGENT, now=NOW)
    late = a_ticket(db)

    assert not db.write(link_incident, problem_id, late, actor=AGENT, now=NOW)
    assert problem_of(db, problem_id).workaround is None


def a_linked_parent(db: Database, children: int) -> tuple[int, int, list[int]]:
    """A problem, an incident it causes, and that one's children."""
    parent, found = a_family(db, *[Status.NEW] * children)
    return a_problem(db, incidents=[parent]), parent, found


def test_a_workaround_reaches_the_children_of_a_linked_incident_too_each_once(db: Database) -> None:
    problem_id, parent, children = a_linked_parent(db, 5)
    db.write(set_workaround, problem_id, TRAY, actor=AGENT, now=NOW)

    sizes = [db.write(tell_workaround, problem_id, now=NOW, limit=2) for _ in range(5)]

    assert sizes == [1, 2, 2, 1, 0]
    assert [answers(db, each) for each in (parent, *children)] == [1] * 6
    entry = journal(db, children[0])[-1]
    assert (entry.actor, entry.data) == (DESK, {"problem": problem_number(problem_id), "workaround": 3})
    told = [letter.key.split(":")[1] for letter in workaround_letters(db) if letter.port == "conversation"]
    assert sorted(told) == [f"INC-{each:06d}" for each in (parent, *children)]
    assert db.read(problems_to_tell) == ()
    assert all(db.read(verify_journal, each) is None for each in children)
    assert db.read(verify_problem_journal, problem_id) is None


def test_another_workaround_reaches_children_again(db: Database) -> None:
    problem_id, _, [child] = a_linked_parent(db, 1)

    assert [say_workaround(db, problem_id, words) for words in (TRAY, "Print at home.")] == [2, 2]

    assert answers(db, child) == 2


def test_a_ticket_that_becomes_a_child_later_hears_what_helps(db: Database) -> None:
    problem_id, parent, _ = a_linked_parent(db, 1)
    say_workaround(db, problem_id, TRAY)
    late = a_ticket(db)
    link(db, late, parent)

    assert db.read(problems_to_tell) == (problem_id,)
    assert tell_all(db, problem_id) == 1

    assert answers(db, late) == 1


def test_a_child_that_is_linked_itself_is_told_once(db: Database) -> None:
    problem_id, _, [before, after] = a_linked_parent(db, 2)
    db.write(link_incident, problem_id, before, actor=AGENT, now=NOW)

    assert say_workaround(db, problem_id, TRAY) == 3
    assert not db.write(link_incident, problem_id, after, actor=AGENT, now=NOW)
    db.write(unlink_incident, problem_id, before, actor=AGENT, now=NOW)
    tell_all(db, problem_id)

    assert [answers(db, each) for each in (before, after)] == [1, 1]
    assert db.read(problems_to_tell) == ()


@pytest.mark.parametrize("gone", ["unlinked", "no child", "cancelled"])
def test_a_child_that_the_problem_no_longer_concerns_hears_nothing(db: Database, gone: str) -> None:
    problem_id, parent, [child] = a_linked_parent(db, 1)
    if gone == "unlinked":
        db.write(unlink_incident, problem_id, parent, actor=AGENT, now=NOW)
    elif gone == "no child":
        db.write(unset_parent, child, actor=AGENT, now=NOW)
    else:
        take(db, child, Status.CANCELLED)

    say_workaround(db, problem_id, TRAY)

    assert answers(db, child) == 0
    assert db.read(problems_to_tell) == ()


def test_a_child_is_told_the_workarounds_of_every_problem_that_causes_its_parent(db: Database) -> None:
    one, parent, [child] = a_linked_parent(db, 1)
    other = a_problem(db, "The network is slow", incidents=[parent])

    for problem_id in (one, other):
        assert say_workaround(db, problem_id, TRAY) == 2

    assert answers(db, child) == 2


def test_two_who_tell_children_at_once_tell_each_once(db: Database) -> None:
    problem_id, _, children = a_linked_parent(db, 6)
    db.write(set_workaround, problem_id, TRAY, actor=AGENT, now=NOW)

    found = at_once(2, lambda _: tell_all(db, problem_id, limit=2))

    assert errors(found) == []
    assert sum(values(found)) == 7
    assert [answers(db, each) for each in children] == [1] * 6


def test_resolving_a_problem_names_the_incidents_that_are_still_open(db: Database) -> None:
    problem_id, [first, second] = linked(db, 2)
    take(db, first, Status.CANCELLED)
    db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=NOW)

    finished = db.write(resolve_problem, problem_id, "a new cable", actor=AGENT, now=later(1))

    assert [each.id for each in finished.still_open] == [second]
    assert db.read(problems_to_finish) == ()
    assert ticket_of(db, second).status is Status.NEW


def test_its_incidents_can_be_resolved_with_it(db: Database) -> None:
    problem_id, tickets = known_error(db, 2)

    finished = end(db, problem_id, told="Printing works again.")

    assert [each.id for each in finished.still_open] == tickets
    assert resolve_all(db, problem_id) == 2
    for ticket_id in tickets:
        ticket = ticket_of(db, ticket_id)
        assert (ticket.status, ticket.resolution_code) == (Status.RESOLVED, ResolutionCode.BY_PROBLEM)
        entry = journal(db, ticket_id)[-1]
        assert (entry.actor, entry.data) == (AGENT, {"problem": problem_number(problem_id), "entry": 6})
        assert db.read(verify_journal, ticket_id) is None
    told = [letter.payload["text"] for letter in letters(db) if ":resolved:" in letter.key]
    assert len(told) == 2
    assert all("Printing works again." in text and "12-B" not in text for text in told)
    assert db.read(verify_problem_journal, problem_id) is None


def test_without_words_of_their_own_requesters_read_the_resolution(db: Database) -> None:
    problem_id, _ = known_error(db, 1)

    end(db, problem_id)
    resolve_all(db, problem_id)

    [told] = [letter.payload["text"] for letter in letters(db) if ":resolved:" in letter.key]
    assert "replaced cable 12-B" in told


def test_what_is_left_open_can_be_resolved_when_the_problem_is_closed(db: Database) -> None:
    problem_id, [ticket_id] = known_error(db, 1)
    db.write(resolve_problem, problem_id, "a new cable", actor=AGENT, now=NOW)

    finished = db.write(close_problem, problem_id, with_incidents=True, actor=AGENT, now=NOW)
    resolve_all(db, problem_id)

    assert finished.status is ProblemStatus.CLOSED
    assert ticket_of(db, ticket_id).status is Status.RESOLVED


def test_what_a_closed_problem_has_left_open_can_still_be_resolved(db: Database) -> None:
    problem_id, [ticket_id] = known_error(db, 1)
    db.write(resolve_problem, problem_id, "a new cable", actor=AGENT, now=NOW)
    left = db.write(close_problem, problem_id, actor=AGENT, now=NOW)
    assert [each.id for each in left.still_open] == [ticket_id]

    db.write(close_problem, problem_id, with_incidents=True, actor=AGENT, now=NOW)
    resolve_all(db, problem_id)

    assert ticket_of(db, ticket_id).status is Status.RESOLVED
    assert db.read(verify_problem_journal, problem_id) is None
    with pytest.raises(ProblemMoveNotAllowed, match="it is closed"):
        db.write(close_problem, problem_id, with_incidents=True, actor=AGENT, now=NOW)


def test_incidents_are_resolved_in_batches_and_a_crash_leaves_none_out(db: Database) -> None:
    problem_id, tickets = known_error(db, 4)
    end(db, problem_id)
    assert db.write(resolve_incidents, problem_id, now=NOW, limit=1) == 1

    def killed(session: Session) -> None:
        resolve_incidents(session, problem_id, now=NOW, limit=2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        db.write(killed)
    assert db.read(problems_to_finish) == (problem_id,)
    assert db.read(incidents_to_resolve, problem_id) == tuple(tickets[1:])

    sizes = [db.write(resolve_incidents, problem_id, now=NOW, limit=2) for _ in range(3)]

    assert sizes == [2, 1, 0]
    assert db.read(problems_to_finish) == ()
    assert [ticket_of(db, each).status for each in tickets] == [Status.RESOLVED] * 4


def test_two_who_resolve_them_at_once_resolve_each_once(db: Database) -> None:
    problem_id, tickets = known_error(db, 6)
    end(db, problem_id)

    found = at_once(2, lambda _: resolve_all(db, problem_id))

    assert errors(found) == []
    assert sum(values(found)) == 6
    assert all(db.read(verify_journal, each) is None for each in tickets)


def test_an_incident_finished_or_unlinked_meanwhile_is_not_resolved_late(db: Database) -> None:
    problem_id, [back, gone, cancelled, late] = known_error(db, 4)
    db.write(unlink_incident, problem_id, late, actor=AGENT, now=NOW)
    end(db, problem_id)
    take(db, back, Status.RESOLVED)
    take(db, back, Status.ASSIGNED)
    db.write(unlink_incident, problem_id, gone, actor=AGENT, now=NOW)
    take(db, cancelled, Status.CANCELLED)
    db.write(link_incident, problem_id, late, actor=AGENT, now=NOW)

    assert resolve_all(db, problem_id) == 0

    expected = [Status.ASSIGNED, Status.NEW, Status.CANCELLED, Status.NEW]
    assert [ticket_of(db, each).status for each in (back, gone, cancelled, late)] == expected
    assert db.read(problems_to_finish) == ()


def test_a_problem_that_begins_again_resolves_no_more_incidents(db: Database) -> None:
    problem_id, [ticket_id] = known_error(db, 1)
    end(db, problem_id)
    again = ProblemStatus.KNOWN_ERROR
    db.write(move_problem, problem_id, again, reason="it is not gone", actor=AGENT, now=NOW)

    assert resolve_all(db, problem_id) == 0

    assert ticket_of(db, ticket_id).status is Status.NEW


def test_an_incident_with_children_takes_them_along(db: Database) -> None:
    parent, [child] = a_family(db, Status.NEW)
    problem_id = a_problem(db, incidents=[parent])
    db.write(set_cause, problem_id, "a worn cable", actor=AGENT, now=NOW)
    end(db, problem_id)

    resolve_all(db, problem_id)
    reach(db, parent)

    ticket = ticket_of(db, child)
    assert (ticket.status, ticket.resolution_code) == (Status.RESOLVED, ResolutionCode.BY_PROBLEM)


def test_a_refused_end_resolves_no_incident(db: Database) -> None:
    problem_id, [ticket_id] = linked(db, 1)

    with pytest.raises(ProblemMoveNotAllowed):
        db.write(resolve_problem, problem_id, "x", with_incidents=True, actor=AGENT, now=NOW)

    assert db.read(problems_to_finish) == ()
    assert ticket_of(db, ticket_id).status is Status.NEW


def test_an_incident_and_its_problem_may_change_at_once(db: Database) -> None:
    problem_id, tickets = linked(db, 4)
    db.write(set_workaround, problem_id, TRAY, actor=AGENT, now=NOW)

    def work(number: int) -> object:
        if number == 0:
            return tell_all(db, problem_id, limit=1)
        return db.write(move_ticket, tickets[number], Status.CANCELLED, reason="gone", actor=AGENT, now=NOW)

    assert errors(at_once(4, work)) == []
    assert incident_of(db, problem_id, tickets[0]) is not None
    assert answers(db, tickets[0]) == 1
    assert all(db.read(verify_journal, ticket_id) is None for ticket_id in tickets)

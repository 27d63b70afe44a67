"""Up a tier and back: ownership moves, the clocks and the priority do not."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.agents.logic import Presence
from identity.agents.operations import change_agent
from storage.database import Database
from tests.databases import NOW, at_once, errors, later, values
from tests.ticketing.builders import ANA as ANA_WHO_ASKS
from tests.ticketing.builders import a_conversation
from tests.ticketing.teams import L1, L2, L3, a_group, a_member, a_team, an_agent
from tests.ticketing.tickets import a_ticket, journal, letters, ticket_of
from ticketing.escalations.logic import Deed, Rule, Trigger, TriggerKind
from ticketing.escalations.wording import reason_of
from ticketing.groups.logic import AssignmentMethod, Ladder, Place
from ticketing.groups.queries import leads_of
from ticketing.sla.logic import Conditions
from ticketing.tickets.assigning import assign_ticket, transfer_ticket
from ticketing.tickets.errors import DeclineNotAllowed, EscalationNotAllowed
from ticketing.tickets.escalating import decline_escalation, escalate_ticket
from ticketing.tickets.journal import person
from ticketing.tickets.levels import (
    Origin,
    destination,
    origin_of,
    why_not_decline,
    why_not_escalate,
)
from ticketing.tickets.logic import FINISHED, OPEN, EntryKind, HoldReason, Status, SupportTier
from ticketing.tickets.models import JournalText
from ticketing.tickets.verifying import verify_journal

HERE = "workplace"
"""Where a ticket about a printer goes."""

ANA = "agent:1"


def words(db: Database, entry_id: int) -> str | None:
    return db.read(lambda session: session.get_one(JournalText, entry_id).text)


def up(db: Database, ticket_id: int, *, actor: str = ANA, to_tier: SupportTier | None = None) -> Any:
    return db.write(
        escalate_ticket, ticket_id, reason="needs the vendor", actor=actor, now=later(60), to_tier=to_tier
    )


def back(db: Database, ticket_id: int, *, actor: str = "agent:2") -> Any:
    return db.write(decline_escalation, ticket_id, reason="try the fuse", actor=actor, now=later(120))


def test_an_escalated_ticket_is_at_the_next_tier_of_its_group_and_with_nobody(db: Database) -> None:
    a_group(db, HERE, tiers=(L1, L2))
    ticket_id = a_ticket(db, status=Status.IN_PROGRESS)

    passed = up(db, ticket_id)

    assert (passed.group, passed.tier, passed.status, passed.assignee) == (HERE, L2, Status.NEW, None)
    entry = journal(db, ticket_id)[-1]
    assert (entry.kind, entry.number, entry.actor) == (EntryKind.ESCALATED, passed.entry, ANA)
    assert words(db, entry.id) == "needs the vendor"
    assert "needs the vendor" not in str(entry.data)
    assert db.read(verify_journal, ticket_id) is None


def test_escalating_leaves_priority_and_opening_where_they_were(db: Database) -> None:
    a_group(db, HERE, tiers=(L1, L2))
    ticket_id = a_ticket(db)
    before = ticket_of(db, ticket_id)

    up(db, ticket_id)

    after = ticket_of(db, ticket_id)
    kept = ("priority", "impact", "urgency", "opened_at", "requester_id", "category")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


def test_a_ticket_on_hold_goes_up_on_hold(db: Database) -> None:
    a_group(db, HERE, tiers=(L1, L2))
    ticket_id = a_ticket(db, status=Status.ON_HOLD)

    up(db, ticket_id)

    ticket = ticket_of(db, ticket_id)
    assert (ticket.status, ticket.hold_reason) == (Status.ON_HOLD, HoldReason.SUPPLIER)
    assert (ticket.tier, ticket.assignee) == (L2, None)


def test_the_group_s_method_gives_an_escalated_ticket_to_somebody_there(db: Database) -> None:
    group = a_group(db, HERE, tiers=(L1, L2), method=AssignmentMethod.LEAST_WORK)
    a_member(db, group, an_agent(db, "away", presence=Presence.AWAY), L2)
    [expert] = a_team(db, group, ["expert"], L2)
    ticket_id = a_ticket(db)

    passed = up(db, ticket_id)

    assert (passed.assignee, passed.status) == (expert.actor, Status.ASSIGNED)
    kinds = [entry.kind for entry in journal(db, ticket_id)]
    assert kinds[-2:] == [EntryKind.ESCALATED, EntryKind.ASSIGNED]
    assert db.read(verify_journal, ticket_id) is None


def test_from_its_last_tier_a_ticket_goes_to_the_group_beyond_above_where_it_was(db: Database) -> None:
    a_group(db, "network", tiers=(L1, L2, L3))
    a_group(db, HERE, tiers=(L1, L2), escalates_to="network")
    ticket_id = a_ticket(db)

    ways = [up(db, ticket_id) for _ in range(2)]

    assert [(way.group, way.tier) for way in ways] == [(HERE, L2), ("network", L3)]
    with pytest.raises(EscalationNotAllowed, match="nothing above L3"):
        up(db, ticket_id)


def test_a_rule_may_take_a_ticket_to_a_tier_of_its_own_choice_and_is_named(db: Database) -> None:
    a_group(db, HERE, tiers=(L1, L2, L3))
    ticket_id = a_ticket(db)

    passed = db.write(
        escalate_ticket, ticket_id, reason="late", actor="desk", now=NOW, to_tier=L3, rule="p1-late"
    )

    assert passed.tier is L3
    assert journal(db, ticket_id)[-1].data["rule"] == "p1-late"


@pytest.mark.parametrize("wanted", [L1, L2, SupportTier.L4])
def test_a_ticket_is_not_escalated_to_a_tier_that_is_not_there_or_not_above(
    db: Database, wanted: SupportTier
) -> None:
    a_group(db, HERE, tiers=(L1, L2, L3))
    ticket_id = a_ticket(db)
    up(db, ticket_id)

    with pytest.raises(EscalationNotAllowed, match=f"no {wanted.value} above L2"):
        up(db, ticket_id, to_tier=wanted)

    assert ticket_of(db, ticket_id).tier is L2


@pytest.mark.parametrize("status", [status for status in Status if status in FINISHED])
def test_a_finished_ticket_is_not_escalated(db: Database, status: Status) -> None:
    a_group(db, HERE, tiers=(L1, L2))
    ticket_id = a_ticket(db, status=status)

    with pytest.raises(EscalationNotAllowed, match=status.value):
        up(db, ticket_id)

    assert ticket_of(db, ticket_id).tier is L1


def test_one_minute_is_no_plural() -> None:
    def said(minutes: int, language: str) -> str:
        trigger = Trigger(TriggerKind.UNASSIGNED, minutes=minutes)
        return reason_of(Rule("slow", Conditions(), trigger, Deed(tells_lead=True)), language)

    assert said(1, "en") == "Nobody has had this ticket for one business minute."
    assert said(2, "en") == "Nobody has had this ticket for 2 business minutes."
    assert said(1, "fr") == "Ce ticket n’est attribué à personne depuis une minute ouvrée."


def test_a_declined_escalation_goes_back_to_group_tier_and_agent_with_its_reason(db: Database) -> None:
    a_group(db, "network", tiers=(L2,))
    [ana] = a_team(db, a_group(db, HERE, escalates_to="network"), ["ana"])
    ticket_id = a_ticket(db)
    db.write(assign_ticket, ticket_id, ana.id, actor=ana.actor, now=NOW)
    up(db, ticket_id, actor=ana.actor)

    passed = back(db, ticket_id)

    assert (passed.group, passed.tier, passed.assignee) == (HERE, L1, ana.actor)
    assert passed.status is Status.ASSIGNED
    [declined] = [e for e in journal(db, ticket_id) if e.kind is EntryKind.ESCALATION_DECLINED]
    assert words(db, declined.id) == "try the fuse"
    [told] = [each.payload["text"] for each in letters(db) if ":escalation_declined:" in each.key]
    assert "Status: assigned" in told, "how it stands now"
    assert db.read(verify_journal, ticket_id) is None


def test_what_went_up_twice_comes_back_step_by_step(db: Database) -> None:
    a_group(db, HERE, tiers=(L1, L2, L3))
    ticket_id = a_ticket(db)
    up(db, ticket_id)
    up(db, ticket_id)

    tiers = [back(db, ticket_id).tier for _ in range(2)]

    assert tiers == [L2, L1]
    with pytest.raises(DeclineNotAllowed, match="not been escalated"):
        back(db, ticket_id)


def test_what_was_passed_to_another_group_since_cannot_be_declined(db: Database) -> None:
    a_group(db, HERE, tiers=(L1, L2))
    ticket_id = a_ticket(db)
    up(db, ticket_id)
    db.write(transfer_ticket, ticket_id, "network", reason="wifi", actor=ANA, now=NOW)

    with pytest.raises(DeclineNotAllowed, match="passed on since"):
        back(db, ticket_id)


@pytest.mark.parametrize("gone", ["inactive", "nobody"])
def test_who_cannot_have_it_back_does_not_get_it_and_the_group_s_method_chooses(
    db: Database, gone: str
) -> None:
    group = a_group(db, HERE, tiers=(L1, L2))
    ana, bea = a_team(db, group, ["ana", "bea"])
    ticket_id = a_ticket(db)
    if gone == "inactive":
        db.write(assign_ticket, ticket_id, ana.id, actor=ana.actor, now=NOW)
    up(db, ticket_id)
    db.write(change_agent, "ana", {"is_active": False})
    a_group(db, HERE, tiers=(L1, L2), method=AssignmentMethod.ROUND_ROBIN)

    assert back(db, ticket_id).assignee == bea.actor


def test_two_who_escalate_at_once_take_a_ticket_up_once(db: Database) -> None:
    a_group(db, HERE, tiers=(L1, L2))
    ticket_id = a_ticket(db)

    results = at_once(2, lambda _: up(db, ticket_id))

    assert (len(values(results)), len(errors(results))) == (1, 1)
    assert isinstance(errors(results)[0], EscalationNotAllowed)
    assert [e.kind for e in journal(db, ticket_id)].count(EntryKind.ESCALATED) == 1


def test_each_step_is_told_and_the_reason_only_to_agents(db: Database) -> None:
    group = a_group(db, HERE, tiers=(L1, L2))
    [ana] = a_team(db, group, ["ana"])
    [expert] = a_team(db, group, ["expert"], L2)
    ticket_id = a_ticket(db, a_conversation(db, identity=ANA_WHO_ASKS))
    requester = person(ticket_of(db, ticket_id).requester_id)
    before = len(letters(db))
    db.write(assign_ticket, ticket_id, ana.id, actor=expert.actor, now=NOW, reason="you know it")
    a_group(db, HERE, tiers=(L1, L2), method=AssignmentMethod.ROUND_ROBIN)

    up(db, ticket_id, actor=ana.actor)
    back(db, ticket_id, actor=expert.actor)

    mails = [letter for letter in letters(db)[before:] if letter.port == "mail"]
    told = [(letter.key.split(":")[2], ":".join(letter.key.split(":")[4:])) for letter in mails]
    assert {each for each in told if each[1].startswith("agent:")} == {
        ("assigned", ana.actor),
        ("assigned", expert.actor),
        ("escalation_declined", ana.actor),
    }
    assert ("escalated", requester) in told
    for reason, actor in (
        ("you know it", ana.actor),
        ("needs the vendor", expert.actor),
        ("try the fuse", ana.actor),
    ):
        readers = {letter.key.split(":", 4)[4] for letter in mails if reason in str(letter.payload)}
        assert readers == {actor}


def test_the_leads_of_a_group_are_its_active_leads(db: Database) -> None:
    group = a_group(db, HERE)
    lead = a_member(db, group, an_agent(db, "lead", presence=Presence.AWAY), is_lead=True)
    a_member(db, group, an_agent(db, "gone", is_active=False), is_lead=True)
    a_member(db, group, an_agent(db, "ana"))
    a_member(db, a_group(db, "network"), an_agent(db, "other"), is_lead=True)

    assert db.read(leads_of, group) == (lead,)


def test_every_question_about_an_escalation_has_an_answer_in_every_status() -> None:
    place, origin = Place("a", L2), Origin(Place("a", L1), None, ANA)
    for status, to, reason in itertools.product(Status, (None, place), (None, "", " ", "vendor")):
        may = why_not_escalate(status, to=to, tier=L1, reason=reason) is None
        assert may is (status in OPEN and to is not None and reason == "vendor")
    for status, came, reason in itertools.product(Status, (None, origin), (None, "", " ", "fuse")):
        may = why_not_decline(status, origin=came, reason=reason) is None
        assert may is (status in OPEN and came is not None and reason == "fuse")


TIERS = st.sets(st.sampled_from(SupportTier), min_size=1).map(
    lambda found: tuple(sorted(found, key=lambda tier: tier.value))
)


@given(st.sampled_from(SupportTier), TIERS, TIERS | st.none(), st.sampled_from(SupportTier) | st.none())
def test_an_escalation_never_leads_down_within_a_group_and_never_past_a_tier(
    tier: SupportTier,
    own: tuple[SupportTier, ...],
    beyond: tuple[SupportTier, ...] | None,
    wanted: SupportTier | None,
) -> None:
    to = destination(tier, Ladder("own", own), Ladder("beyond", beyond) if beyond else None, wanted)

    above = [each for each in own if each.value > tier.value]
    if wanted is not None:
        assert to is None or (to.tier is wanted and wanted.value > tier.value)
    elif above:
        assert to == Place("own", above[0])
    elif beyond is None:
        assert to is None
    else:
        assert to is not None
        assert (to.group, to.tier in beyond) == ("beyond", True)


STEP = st.sampled_from(["up", "back", "across"])


@given(st.lists(STEP))
def test_an_escalation_that_is_declined_is_the_last_one_nobody_declined_since_the_last_transfer(
    walk: list[str],
) -> None:
    entries: list[tuple[EntryKind, str, dict[str, Any]]] = []
    expected: list[int] = []
    for number, step in enumerate(walk):
        if step == "up":
            data = {"from_group": "g", "from_tier": "L1", "from_assignee": f"agent:{number}"}
            entries.append((EntryKind.ESCALATED, ANA, data))
            expected.append(number)
        elif step == "across":
            entries.append((EntryKind.TRANSFERRED, ANA, {}))
            expected.clear()
        elif expected:
            entries.append((EntryKind.ESCALATION_DECLINED, ANA, {}))
            expected.pop()

    origin = origin_of(entries)

    assert (origin.assignee if origin else None) == (f"agent:{expected[-1]}" if expected else None)

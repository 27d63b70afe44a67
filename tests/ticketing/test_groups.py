"""Groups as an administrator makes them, and whose turn it is."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.agents.errors import AgentUnknown
from storage.database import Database
from tests.databases import NOW, at_once, errors, values
from tests.ticketing.teams import L1, L2, L3, a_group, a_team, an_agent
from tests.ticketing.tickets import a_ticket
from ticketing.groups.administration import add_group, change_group, put_member, remove_member
from ticketing.groups.errors import GroupRefused, GroupUnknown
from ticketing.groups.logic import (
    DEFAULT_GROUP,
    AssignmentMethod,
    Candidate,
    choose,
    why_not_escalate_to,
    why_not_key,
    why_not_skills,
    why_not_take,
    why_not_tiers,
)
from ticketing.groups.operations import ship_groups
from ticketing.groups.queries import all_groups, group_by_key, members_of, memberships_of
from ticketing.tickets.assigning import assign_ticket, transfer_ticket
from ticketing.tickets.escalating import escalate_ticket
from ticketing.tickets.logic import SupportTier

ROUND_ROBIN, LEAST_WORK = AssignmentMethod.ROUND_ROBIN, AssignmentMethod.LEAST_WORK

FACILITIES: Any = {
    "names": {"en": "Facilities", "fr": "Services généraux"},
    "tiers": (L1, L2),
    "method": LEAST_WORK,
    "email": "facilities@example.org",
    "language": "fr",
}


def test_a_group_outside_it_is_a_group_like_any_other(db: Database) -> None:
    """Facilities gets a ticket, passes it up to its specialist, and has its own mailbox and language."""
    group = db.write(add_group, "facilities", FACILITIES)
    porter, electrician = an_agent(db, "porter"), an_agent(db, "electrician")
    db.write(put_member, "facilities", "porter", {})
    db.write(
        put_member, "facilities", "electrician", {"tier": L2, "skills": ["High-Voltage"], "is_lead": True}
    )
    ticket_id = a_ticket(db, text="the lamp above my desk flickers")

    first = db.write(transfer_ticket, ticket_id, "facilities", reason="a lamp", actor=porter.actor, now=NOW)
    second = db.write(escalate_ticket, ticket_id, reason="the fuse", actor=porter.actor, now=NOW)

    assert (group.name("fr"), group.email, group.language) == (
        "Services généraux",
        "facilities@example.org",
        "fr",
    )
    assert (first.assignee, second.assignee) == (porter.actor, electrician.actor)
    assert (second.group, second.tier) == ("facilities", L2)
    members = db.read(members_of, "facilities")
    assert [(m.agent.key, m.tier, m.skills, m.is_lead, m.open_work) for m in members] == [
        ("porter", L1, (), False, 0),
        ("electrician", L2, ("high-voltage",), True, 1),
    ]


def test_a_new_group_has_one_tier_and_people_who_choose_themselves(db: Database) -> None:
    group = db.write(add_group, "hr-systems", {"names": {"en": "  HR   systems "}})

    assert (group.tiers, group.method, group.escalates_to) == ((L1,), AssignmentMethod.MANUAL, None)
    assert (group.email, group.language) == (None, None)
    assert group.name("fr") == "HR systems"
    assert db.read(group_by_key, "hr-systems") == group


@pytest.mark.parametrize(
    ("key", "changes", "why"),
    [
        ("HR", {"names": {"en": "HR"}}, "a key is"),
        ("hr", {}, "a name is missing"),
        ("hr", {"names": {"de": "Personal"}}, "none of the languages"),
        ("hr", {"names": {"en": "x" * 81}}, "longer than 80"),
        ("hr", {"names": {"en": "HR"}, "tiers": ()}, "one tier at least"),
        ("hr", {"names": {"en": "HR"}, "tiers": (L2, L1)}, "tiers go up, each once: L1 L2, not L2 L1"),
        ("hr", {"names": {"en": "HR"}, "tiers": (L1, L1)}, "each once"),
        ("hr", {"names": {"en": "HR"}, "escalates_to": "plumbers"}, "no group 'plumbers'"),
        ("hr", {"names": {"en": "HR"}, "email": "not an address"}, "no mail address"),
        ("hr", {"names": {"en": "HR"}, "language": "de"}, "none of the languages"),
        (DEFAULT_GROUP, {"names": {"en": "HR"}}, "already"),
    ],
)
def test_a_group_that_cannot_be_so_is_refused_in_words(
    db: Database, key: str, changes: Any, why: str
) -> None:
    db.write(ship_groups)
    before = db.read(all_groups)

    with pytest.raises(GroupRefused, match=why):
        db.write(add_group, key, changes)

    assert db.read(all_groups) == before


def test_only_what_is_named_changes_and_nothing_takes_it_away(db: Database) -> None:
    db.write(add_group, "facilities", FACILITIES)
    a_group(db, "network")

    changed = db.write(
        change_group,
        "facilities",
        {"names": {"fr": ""}, "email": "", "language": None, "escalates_to": "network"},
    )

    assert (changed.names, changed.email, changed.language) == ({"en": "Facilities"}, None, None)
    assert (changed.tiers, changed.method, changed.escalates_to) == ((L1, L2), LEAST_WORK, "network")
    assert db.write(change_group, "facilities", {"escalates_to": None}).escalates_to is None
    with pytest.raises(GroupUnknown, match="plumbers"):
        db.write(change_group, "plumbers", {})


def test_groups_never_pass_tickets_round_in_a_circle(db: Database) -> None:
    a_group(db, "c")
    a_group(db, "b", escalates_to="c")
    a_group(db, "a", escalates_to="b")

    for key, to in (("c", "a"), ("b", "b")):
        with pytest.raises(GroupRefused, match=f"in a circle: {key} → .*{key}$"):
            db.write(change_group, key, {"escalates_to": to})


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde"))))
def test_what_is_allowed_step_by_step_never_makes_a_circle(steps: list[tuple[str, str]]) -> None:
    ways: dict[str, str | None] = dict.fromkeys("abcde")
    for key, to in steps:
        if why_not_escalate_to(key, to, ways) is None:
            ways[key] = to

    for key in ways:
        seen, here = [key], ways[key]
        while here is not None:
            assert here not in seen
            seen, here = [*seen, here], ways[here]


def test_a_tier_at_which_somebody_works_or_a_ticket_lies_is_not_taken_away(db: Database) -> None:
    a_group(db, "workplace", tiers=(L1, L2, L3))
    a_team(db, "workplace", ["expert"], L2)
    ticket_id = a_ticket(db)
    db.write(escalate_ticket, ticket_id, reason="hard", actor="desk", now=NOW, to_tier=L3)

    with pytest.raises(GroupRefused, match="1 member and 1 open ticket are at L2 L3"):
        db.write(change_group, "workplace", {"tiers": (L1,)})

    assert db.write(change_group, "workplace", {"tiers": (L2, L3)}).tiers == (L2, L3)


def test_a_member_works_at_a_tier_that_the_group_has(db: Database) -> None:
    a_group(db, "workplace", tiers=(L1, L2))
    an_agent(db, "ana")

    with pytest.raises(GroupRefused, match="no tier L3, but L1 L2"):
        db.write(put_member, "workplace", "ana", {"tier": L3})
    with pytest.raises(GroupRefused, match="one word"):
        db.write(put_member, "workplace", "ana", {"skills": ["two words"]})
    with pytest.raises(AgentUnknown, match="bea"):
        db.write(put_member, "workplace", "bea", {})
    an_agent(db, "gone", is_active=False)
    with pytest.raises(GroupRefused, match="not active"):
        db.write(put_member, "workplace", "gone", {})

    assert db.read(members_of, "workplace") == ()


def test_a_member_s_tier_skills_and_lead_change_one_by_one(db: Database) -> None:
    a_group(db, "workplace", tiers=(L1, L2))
    ana = an_agent(db, "ana")
    db.write(put_member, "workplace", "ana", {"skills": ["vpn", "VPN ", ""]})
    db.write(put_member, "workplace", "ana", {"tier": L2})

    changed = db.write(put_member, "workplace", "ana", {"is_lead": True})

    assert (changed.tier, changed.skills, changed.is_lead) == (L2, ("vpn",), True)
    assert db.read(memberships_of, ana.id) == (changed,)


def test_who_leaves_a_group_keeps_its_tickets_and_it_is_said_how_many(db: Database) -> None:
    [ana] = a_team(db, a_group(db, "workplace"), ["ana"])
    ticket_id = a_ticket(db)
    db.write(assign_ticket, ticket_id, ana.id, actor=ana.actor, now=NOW)

    assert db.write(remove_member, "workplace", "ana") == 1

    with pytest.raises(GroupRefused, match="not in the group"):
        db.write(remove_member, "workplace", "ana")


def test_of_two_who_add_a_group_at_once_one_is_told(db: Database) -> None:
    results = at_once(2, lambda _: db.write(add_group, "facilities", FACILITIES))

    assert (len(values(results)), [type(error) for error in errors(results)]) == (1, [GroupRefused])


def test_a_newcomer_to_a_group_that_takes_turns_does_not_get_all_that_the_others_have_had(
    db: Database,
) -> None:
    a_team(db, a_group(db, "workplace", method=ROUND_ROBIN), ["ana", "bea"])
    for _ in range(4):
        a_ticket(db)
    an_agent(db, "newcomer")
    db.write(put_member, "workplace", "newcomer", {})

    for _ in range(3):
        a_ticket(db)

    work = {member.agent.key: member.open_work for member in db.read(members_of, "workplace")}
    assert work == {"ana": 3, "bea": 3, "newcomer": 1}


SKILLS = st.frozensets(st.sampled_from(("vpn", "sap", "voip")), max_size=2)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        agent_id=st.integers(1, 30),
        tier=st.sampled_from((L1, L2)),
        skills=SKILLS,
        is_active=st.booleans(),
        is_present=st.booleans(),
        last_turn=st.integers(0, 9),
        open_work=st.integers(0, 5),
    ),
    unique_by=lambda candidate: candidate.agent_id,
)


@given(CANDIDATES, st.sampled_from(AssignmentMethod), st.sampled_from((L1, L2)), SKILLS)
def test_who_is_chosen_may_take_it_and_nobody_is_chosen_only_where_nobody_may(
    candidates: list[Candidate], method: AssignmentMethod, tier: SupportTier, skills: frozenset[str]
) -> None:
    chosen = choose(candidates, method, tier=tier, skills=skills)

    able = [
        each
        for each in candidates
        if each.is_active and each.is_present and each.tier is tier and skills <= each.skills
    ]
    assert able == [each for each in candidates if why_not_take(each, tier, skills) is None]
    if method is AssignmentMethod.MANUAL or not able:
        assert chosen is None
    else:
        assert chosen in able


@given(CANDIDATES, st.sampled_from((L1, L2)), SKILLS)
def test_nobody_gets_work_while_somebody_who_may_take_it_has_less(
    candidates: list[Candidate], tier: SupportTier, skills: frozenset[str]
) -> None:
    chosen = choose(candidates, LEAST_WORK, tier=tier, skills=skills)

    if chosen is not None:
        able = [each for each in candidates if why_not_take(each, tier, skills) is None]
        assert chosen.open_work == min(each.open_work for each in able)


def given_out(line: list[Candidate], asked: list[tuple[SupportTier, frozenset[str]]]) -> list[int | None]:
    """Who gets each ticket, one after the other, as the operation counts turns."""
    found: list[int | None] = []
    number = max((each.last_turn for each in line), default=0)
    for tier, skills in asked:
        chosen = choose(line, ROUND_ROBIN, tier=tier, skills=skills)
        found.append(chosen.agent_id if chosen else None)
        if chosen:
            number += 1
            at = line.index(chosen)
            line[at] = Candidate(**{**vars(chosen), "last_turn": number})
    return found


@given(CANDIDATES, st.integers(1, 4))
def test_in_turn_of_n_who_are_there_everybody_gets_k_of_n_times_k_tickets(
    candidates: list[Candidate], k: int
) -> None:
    able = [each.agent_id for each in candidates if why_not_take(each, L1, ()) is None]

    got = given_out(candidates, [(L1, frozenset())] * (len(able) * k))

    assert Counter(got) == dict.fromkeys(able, k)


@given(CANDIDATES, st.lists(st.sampled_from((L1, L2)), max_size=40))
def test_in_turn_is_fair_within_each_tier_however_the_tiers_are_mixed(
    candidates: list[Candidate], tiers: list[SupportTier]
) -> None:
    got = given_out(list(candidates), [(tier, frozenset()) for tier in tiers])

    for tier in (L1, L2):
        able = [each.agent_id for each in candidates if why_not_take(each, tier, ()) is None]
        counts = [got.count(agent_id) for agent_id in able]
        assert not counts or max(counts) - min(counts) <= 1


@pytest.mark.parametrize("key", ["a", "hr-systems", "l2", "x" * 32])
def test_a_key_is_short_and_plain(key: str) -> None:
    assert why_not_key(key) is None


@pytest.mark.parametrize("key", ["", "-a", "a-", "A", "a b", "é", "x" * 33, "a\n"])
def test_what_is_no_key_is_refused(key: str) -> None:
    assert why_not_key(key)


@given(st.lists(st.sampled_from(SupportTier)))
def test_tiers_are_in_order_each_once_and_never_none(tiers: list[SupportTier]) -> None:
    is_so = bool(tiers) and all(a.value < b.value for a, b in itertools.pairwise(tiers))

    assert (why_not_tiers(tiers) is None) is is_so


def test_skills_are_words_and_not_without_end() -> None:
    assert why_not_skills(["c++", "active-directory", "windows.11"]) is None
    assert why_not_skills([f"skill-{number}" for number in range(21)])
    assert why_not_skills(["Ünicode"])

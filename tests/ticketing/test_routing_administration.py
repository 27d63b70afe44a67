"""Categories and rules as an administrator edits them, on both databases, and tickets that follow."""

from __future__ import annotations

from typing import Any

import pytest

from identity.agents.logic import Presence
from identity.people.administration import change_person
from identity.sites.operations import put_site
from storage import schema
from storage.database import Database
from tests.databases import NOW, at_once, errors
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.teams import L1, L2, a_group, a_member, a_team, an_agent
from tests.ticketing.tickets import a_ticket, journal, letters, ticket_of
from ticketing.groups.errors import GroupUnknown
from ticketing.groups.logic import DEFAULT_GROUP, AssignmentMethod
from ticketing.groups.operations import ship_groups
from ticketing.routing.administration import add_rule, change_rule, move_rule, remove_rule
from ticketing.routing.categories import shipped
from ticketing.routing.category_administration import add_category, change_category, ship_categories
from ticketing.routing.errors import CategoryUnknown, RoutingRefused, RuleUnknown
from ticketing.routing.explaining import explain_text, explain_ticket
from ticketing.routing.logic import OTHER, lineage
from ticketing.routing.queries import categories, category_name, rules
from ticketing.routing.rules import Request
from ticketing.tickets.assigning import assign_ticket
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.escalating import escalate_ticket
from ticketing.tickets.intake import Intake
from ticketing.tickets.logic import EntryKind, Status, TicketType
from ticketing.tickets.priority import Impact, Priority, Urgency
from ticketing.tickets.verifying import verify_journal

ERP: Any = {"names": {"en": "ERP"}, "parent": "software", "words": {"en": ["sap", "purchase order"]}}


@pytest.fixture(autouse=True)
def _groups(db: Database) -> None:
    db.write(ship_groups)


def keys(db: Database) -> list[str]:
    return [rule.key for rule in db.read(rules)]


def a_rule(
    db: Database, key: str, *, position: int | None = None, group: str = "network", **asked: Any
) -> None:
    db.write(add_rule, key, {"conditions": asked, "outcome": {"group": group}}, position=position)


def test_a_desk_without_rows_has_the_shipped_categories_and_an_upgraded_one_the_same(db: Database) -> None:
    before = db.read(categories)
    db.write(ship_categories)

    assert before == db.read(categories) == shipped()
    assert list(before) == list(shipped())


def test_the_migration_ships_what_the_file_has(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    schema.upgrade(url)
    database = Database(url)

    found = database.read(categories)

    database.close()
    assert found == shipped()


def test_an_own_category_below_another_one_is_found_by_its_words_and_has_that_one_s_group(
    db: Database,
) -> None:
    db.write(add_category, "erp", ERP)

    ticket = ticket_of(db, a_ticket(db, text="sap lost my purchase order"))

    assert (ticket.category, ticket.assignment_group) == ("erp", "applications")
    assert db.read(category_name, "erp", "fr") == "ERP"
    assert lineage("erp", db.read(categories)) == ("erp", "software")


def test_the_letter_about_a_ticket_names_an_own_category(db: Database) -> None:
    db.write(add_category, "erp", ERP)
    db.write(change_category, "erp", {"names": {"en": "Enterprise planning"}})

    a_ticket(db, text="sap lost my purchase order")

    assert any("Enterprise planning" in str(letter.payload) for letter in letters(db))


def test_words_of_a_shipped_category_are_replaced_by_language_and_taken_back(db: Database) -> None:
    changed = db.write(change_category, "printing", {"words": {"en": ["plotter", "plotter"]}})
    assert changed.words == {"en": ("plotter",), "fr": shipped()["printing"].words["fr"]}

    back = db.write(change_category, "printing", {"words": {"en": None}})

    assert back == shipped()["printing"]


def test_a_category_that_is_switched_off_gets_nothing_new_and_keeps_its_name(db: Database) -> None:
    ticket_id = a_ticket(db)
    db.write(change_category, "printing", {"is_active": False})

    by_words = ticket_of(db, a_ticket(db))
    by_name = ticket_of(db, a_ticket(db, text="no idea", intake=Intake(category="printing")))

    assert (by_words.category, by_name.category) == (OTHER, OTHER)
    assert ticket_of(db, ticket_id).category == "printing"
    assert db.read(category_name, "printing", "en") == "Printing"


@pytest.mark.parametrize(
    ("key", "changes", "why"),
    [
        ("ERP", ERP, "a key is"),
        ("erp", {"parent": "software"}, "a name is missing"),
        ("erp", {**ERP, "parent": "gardening"}, "no category 'gardening'"),
        ("erp", {**ERP, "parent": OTHER}, "fits nowhere"),
        ("erp", {**ERP, "words": {"en": ["…"]}}, "no letter"),
        ("erp", {**ERP, "words": {"de": ["sap"]}}, "none of the languages"),
        ("mail", ERP, "already"),
    ],
)
def test_a_category_that_cannot_be_so_is_refused_in_words(
    db: Database, key: str, changes: Any, why: str
) -> None:
    with pytest.raises(RoutingRefused, match=why):
        db.write(add_category, key, changes)

    assert db.read(categories) == shipped()


def test_a_category_never_stands_below_itself_and_what_fits_nowhere_stays(db: Database) -> None:
    db.write(add_category, "erp", ERP)

    with pytest.raises(RoutingRefused, match="below itself: software → erp → software"):
        db.write(change_category, "software", {"parent": "erp"})
    with pytest.raises(RoutingRefused, match="other stays"):
        db.write(change_category, OTHER, {"is_active": False})
    with pytest.raises(CategoryUnknown, match="gardening"):
        db.write(change_category, "gardening", {})
    with pytest.raises(GroupUnknown, match="plumbers"):
        db.write(change_category, "erp", {"group": "plumbers"})


def test_rules_are_put_in_order_and_taken_away(db: Database) -> None:
    for key in ("a", "b", "c"):
        a_rule(db, key)
    a_rule(db, "first", position=1)
    assert keys(db) == ["first", "a", "b", "c"]

    moved = db.write(move_rule, "first", 3)
    db.write(remove_rule, "b")

    assert [rule.key for rule in moved] == ["a", "b", "first", "c"]
    assert keys(db) == ["a", "first", "c"]
    for place in (0, 4):
        with pytest.raises(RoutingRefused, match=f"no place {place}; there are 1 to 3"):
            db.write(move_rule, "a", place)
    for deed in (lambda: db.write(move_rule, "b", 1), lambda: db.write(remove_rule, "b")):
        with pytest.raises(RuleUnknown, match="'b'"):
            deed()


def test_rules_that_are_added_at_once_all_stand_and_each_has_a_place(db: Database) -> None:
    a_rule(db, "there")

    results = at_once(3, lambda number: a_rule(db, f"rule-{number}", position=1))

    assert errors(results) == []
    assert sorted(keys(db)) == ["rule-0", "rule-1", "rule-2", "there"]
    assert db.write(move_rule, "there", 4)[-1].key == "there"


def test_only_what_is_named_of_a_rule_changes_and_an_empty_value_asks_no_more(db: Database) -> None:
    a_rule(db, "vpn", words=["vpn"], languages=["en"])

    changed = db.write(
        change_rule,
        "vpn",
        {"conditions": {"languages": [], "vip": True}, "outcome": {"skills": ["vpn"]}, "is_active": False},
    )

    assert changed.conditions.kept() == {"words": ["vpn"], "vip": True}
    assert changed.outcome.kept() == {"group": "network", "skills": ["vpn"]}
    assert not changed.is_active
    assert db.read(rules) == (changed,)


@pytest.mark.parametrize(
    ("conditions", "outcome", "why"),
    [
        ({"categories": ["gardening"]}, {"group": "network"}, "no category 'gardening'"),
        ({"words": ["…"]}, {"group": "network"}, "no letter"),
        ({"sites": ["intranet"]}, {"group": "network"}, "no site 'intranet'; there are: demo"),
        ({"channels": ["fax"]}, {"group": "network"}, "no channel 'fax'"),
        ({"languages": ["de"]}, {"group": "network"}, "none of the languages"),
        ({"types": ["bug"]}, {"group": "network"}, "no type 'bug'"),
        ({"requester_groups": ["Ünits"]}, {"group": "network"}, "a group of requesters"),
        ({}, {}, "decides something"),
        ({}, {"group": "plumbers"}, "no group 'plumbers'"),
        ({}, {"skills": ["two words"]}, "one word"),
    ],
)
def test_a_rule_that_cannot_be_so_is_refused_in_words(
    db: Database, conditions: Any, outcome: Any, why: str
) -> None:
    db.write(
        put_site,
        "demo",
        name="Demo",
        origins=[],
        host_keys=[],
        is_identity_required=False,
        now=NOW,
    )

    with pytest.raises((RoutingRefused, CategoryUnknown, GroupUnknown), match=why):
        db.write(add_rule, "rule", {"conditions": conditions, "outcome": outcome})

    assert keys(db) == []


def test_a_ticket_goes_where_the_first_rule_says_and_its_journal_names_the_rule_and_no_word(
    db: Database,
) -> None:
    a_rule(db, "mail", categories=["mail"])
    a_rule(db, "fire", words=["fire"], group="security")
    db.write(change_rule, "fire", {"outcome": {"impact": Impact.HIGH.value, "urgency": Urgency.HIGH.value}})

    ticket_id = a_ticket(db)

    ticket = ticket_of(db, ticket_id)
    assert (ticket.category, ticket.assignment_group, ticket.priority) == (
        "printing",
        "security",
        Priority.P1,
    )
    [opened, routed] = journal(db, ticket_id)
    assert (routed.kind, routed.actor) == (EntryKind.ROUTED, "desk")
    assert routed.data == {"rule": "fire", "group": "security", "skills": []}
    assert "on fire" not in str([opened.data, opened.after, routed.data, routed.after])
    assert db.read(verify_journal, ticket_id) is None


def test_who_is_a_vip_or_in_a_group_of_requesters_may_be_sent_elsewhere(db: Database) -> None:
    talk = a_conversation(db, identity=ANA)
    a_rule(db, "board", requester_groups=["board"], group="security")
    a_rule(db, "vip", vip=True, group="applications")
    sent = [ticket_of(db, a_ticket(db, talk)).assignment_group]

    for changes in ({"is_vip": True}, {"requester_group": "Board"}):
        db.write(change_person, "ana@example.org", changes)  # type: ignore[arg-type]
        sent.append(ticket_of(db, a_ticket(db, talk)).assignment_group)

    assert sent == ["workplace", "applications", "security"]


def test_a_rule_that_asks_for_skills_gives_to_whoever_has_them_at_every_tier(db: Database) -> None:
    group = a_group(db, "network", tiers=(L1, L2), method=AssignmentMethod.LEAST_WORK)
    a_team(db, group, ["ana", "bea"])
    a_team(db, group, ["expert"], L2)
    cleo = a_member(db, group, an_agent(db, "cleo"), skills={"vpn"})
    dora = a_member(db, group, an_agent(db, "dora"), L2, skills={"vpn", "voip"})
    db.write(
        add_rule,
        "vpn",
        {"conditions": {"words": ["vpn"]}, "outcome": {"group": "network", "skills": ["vpn"]}},
    )

    tickets = [a_ticket(db, text="the vpn is down again since monday") for _ in range(2)]
    up = db.write(escalate_ticket, tickets[0], reason="hard", actor=cleo.actor, now=NOW)

    assert [ticket_of(db, ticket_id).assignee for ticket_id in tickets] == [dora.actor, cleo.actor]
    assert (up.assignee, up.status) == (dora.actor, Status.ASSIGNED)


def test_an_explanation_says_of_each_rule_whether_it_fits_and_of_each_member_why_not(db: Database) -> None:
    group = a_group(db, "network", tiers=(L1, L2), method=AssignmentMethod.ROUND_ROBIN)
    a_rule(db, "mail", categories=["mail"])
    db.write(
        add_rule,
        "vpn",
        {"conditions": {"words": ["vpn"]}, "outcome": {"group": "network", "skills": ["vpn"]}},
    )
    ticket_id = a_ticket(db, text="the vpn is down again since monday")
    for key, how in (
        ("away", {"presence": Presence.AWAY}),
        ("gone", {"is_active": False}),
        ("able", {}),
        ("unskilled", {}),
    ):
        skills = () if key == "unskilled" else ("vpn",)
        a_member(db, group, an_agent(db, key, **how), skills=skills)
    a_member(db, group, an_agent(db, "expert"), L2, skills={"vpn"})
    before = len(journal(db, ticket_id))

    why = db.read(explain_ticket, ticket_id)

    assert [(each.rule.key, each.why_not) for each in why.rules] == [
        ("mail", "the category is network, not mail"),
        ("vpn", None),
    ]
    assert why.decision.rule is not None
    assert why.decision.rule.key == "vpn"
    assert why.ticket is not None
    assert (why.ticket.rule, why.ticket.assignee, why.category_group) == ("vpn", None, "network")
    assert {each.member.agent.key: each.why_not for each in why.candidacy.members} == {
        "able": None,
        "away": "is away",
        "gone": "is not active any more",
        "unskilled": "lacks vpn",
        "expert": "works at L2, not at L1",
    }
    assert why.candidacy.chosen is not None
    assert why.candidacy.chosen.agent.key == "able"
    assert len(journal(db, ticket_id)) == before
    assert ticket_of(db, ticket_id).assignee is None


def test_who_is_explained_to_get_it_is_who_gets_it(db: Database) -> None:
    a_team(db, a_group(db, "workplace", method=AssignmentMethod.ROUND_ROBIN), ["ana", "bea", "cleo"])
    text = "the printer is on fire"
    request = Request(text, "", "demo", "web", "en", TicketType.INCIDENT)

    for _ in range(5):
        chosen = db.read(explain_text, request).candidacy.chosen
        assert chosen is not None
        assert ticket_of(db, a_ticket(db, text=text)).assignee == chosen.agent.actor


def test_an_explanation_of_a_ticket_that_was_passed_on_is_about_where_it_is_now(db: Database) -> None:
    a_group(db, "workplace", tiers=(L1, L2))
    ticket_id = a_ticket(db)
    db.write(escalate_ticket, ticket_id, reason="hard", actor="agent:1", now=NOW)

    why = db.read(explain_ticket, ticket_id)

    assert (why.candidacy.place.tier, why.decision.group, why.decision.rule) == (L2, "workplace", None)
    with pytest.raises(TicketNotFound):
        db.read(explain_ticket, 4711)


def test_a_text_about_nothing_goes_to_the_default_group_s_category(db: Database) -> None:
    why = db.read(explain_text, Request("hello", "", "demo", "web", "en", TicketType.INCIDENT))

    assert (why.request.category, why.decision.group, why.ticket) == (OTHER, DEFAULT_GROUP, None)
    assert why.candidacy.members == ()


def test_a_ticket_at_its_opening_goes_to_whoever_s_turn_it_is_and_can_be_taken_by_hand(db: Database) -> None:
    ana, bea = a_team(db, a_group(db, "workplace", method=AssignmentMethod.ROUND_ROBIN), ["ana", "bea"])
    ticket_id = a_ticket(db)
    ticket = ticket_of(db, ticket_id)
    assert (ticket.assignee, ticket.status) == (ana.actor, Status.ASSIGNED)

    assert db.write(assign_ticket, ticket_id, bea.id, actor=ana.actor, now=NOW).assignee == bea.actor
    assert db.read(verify_journal, ticket_id) is None

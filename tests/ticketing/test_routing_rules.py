"""Rules in order: the first that fits decides, then the category, then there is the default group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.groups.logic import DEFAULT_GROUP
from ticketing.routing.categories import shipped
from ticketing.routing.logic import (
    OTHER,
    Category,
    category_of,
    group_of,
    lineage,
    why_not_parent,
    why_not_words,
)
from ticketing.routing.rules import CONDITIONS, Conditions, Outcome, Request, Rule, decide, judge, why_not
from ticketing.tickets.logic import TicketType
from ticketing.tickets.priority import Impact, Urgency

TREE = {
    **shipped(),
    "erp": Category("erp", None, {"en": ("sap", "invoice*"), "fr": ("facture",)}, {"en": "ERP"}, "software"),
    "payroll": Category("payroll", "hr-systems", {"en": ("payslip",)}, {"en": "Payroll"}, "erp"),
    "old": Category("old", "network", {"en": ("token ring",)}, {"en": "Old"}, None, is_active=False),
    "loose": Category("loose", None, {}, {"en": "Loose"}),
}

REQUEST = Request(
    text="The VPN drops every hour",
    category="network",
    site="intranet",
    channel="web",
    language="en",
    type=TicketType.INCIDENT,
    is_vip=False,
    requester_group="finance",
)


def a_rule(
    key: str = "rule", *, is_active: bool = True, outcome: Outcome | None = None, **asked: Any
) -> Rule:
    return Rule(key, Conditions(**asked), outcome or Outcome("security"), is_active)


FITS: dict[str, Any] = {
    "categories": ("network",),
    "words": ("vpn",),
    "sites": ("intranet", "extranet"),
    "channels": ("web",),
    "languages": ("en",),
    "types": ("incident",),
    "requester_groups": ("finance",),
    "vip": False,
}
FAILS: dict[str, tuple[Any, str]] = {
    "categories": (("mail", "files"), "the category is network, not one of mail, files"),
    "words": (("printer", "toner"), "the text has none of the words printer, toner"),
    "sites": (("extranet",), "the site is intranet, not extranet"),
    "channels": (("slack",), "the channel is web, not slack"),
    "languages": (("fr",), "the language is en, not fr"),
    "types": (("service_request",), "the type is incident, not service_request"),
    "requester_groups": (("board",), "the requester's group is finance, not board"),
    "vip": (True, "the requester is no VIP"),
}


def test_every_condition_is_tried_here() -> None:
    assert set(FITS) == set(FAILS) == set(CONDITIONS)


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_fits_or_says_what_it_misses(name: str) -> None:
    wanted, why = FAILS[name]

    assert why_not(a_rule(**{name: FITS[name]}), REQUEST, TREE) is None
    assert why_not(a_rule(**{name: wanted}), REQUEST, TREE) == why


@pytest.mark.parametrize("name", CONDITIONS)
def test_one_condition_that_fails_is_enough_and_is_the_one_that_is_named(name: str) -> None:
    wanted, why = FAILS[name]

    assert why_not(a_rule(**{**FITS, name: wanted}), REQUEST, TREE) == why
    assert why_not(a_rule(**FITS), REQUEST, TREE) is None


def test_a_vip_and_somebody_in_no_group_are_told_apart() -> None:
    vip = replace(REQUEST, is_vip=True, requester_group=None)

    assert why_not(a_rule(vip=True), vip, TREE) is None
    assert why_not(a_rule(vip=False), vip, TREE) == "the requester is a VIP"
    missing = why_not(a_rule(requester_groups=("board",)), vip, TREE)
    assert missing == "the requester's group is not known, not board"


def test_a_rule_for_a_category_is_for_everything_below_it() -> None:
    rule = a_rule(categories=("software",))

    assert why_not(rule, replace(REQUEST, category="payroll"), TREE) is None
    assert why_not(rule, replace(REQUEST, category="mail"), TREE) is not None
    assert why_not(a_rule(categories=("erp",)), replace(REQUEST, category="software"), TREE) is not None


@pytest.mark.parametrize("text", ["VPN drops", "les vpns tombent", "my v.p.n.? vpn!", "Wi-Fi et VPN"])
def test_words_of_a_rule_are_found_as_those_of_categories_are(text: str) -> None:
    assert why_not(a_rule(words=("vpn",)), replace(REQUEST, text=text), TREE) is None


def test_a_word_within_another_word_is_none() -> None:
    assert why_not(a_rule(words=("vpn",)), replace(REQUEST, text="supervpnet"), TREE) is not None
    assert why_not(a_rule(words=("badge*",)), replace(REQUEST, text="the badgereader"), TREE) is None


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        a_rule("off", is_active=False),
        a_rule("mail", categories=("mail",)),
        a_rule("vpn", words=("vpn",), outcome=Outcome("applications", ("vpn",), Impact.HIGH, Urgency.LOW)),
        a_rule("rest"),
    )

    decision = decide(rules, REQUEST, TREE)

    assert decision.rule is rules[2]
    assert (decision.group, decision.outcome.skills) == ("applications", ("vpn",))
    assert [(each.rule.key, each.why_not is None) for each in judge(rules, REQUEST, TREE)] == [
        ("off", False),
        ("mail", False),
        ("vpn", True),
        ("rest", True),
    ]
    assert judge(rules, REQUEST, TREE)[0].why_not == "it is switched off"


def test_without_a_rule_the_category_decides_or_those_above_it_and_at_last_the_default_group() -> None:
    for category, group, is_default in (
        ("network", "network", False),
        ("erp", "applications", False),
        ("payroll", "hr-systems", False),
        ("loose", DEFAULT_GROUP, True),
        ("gardening", DEFAULT_GROUP, True),
    ):
        decision = decide((), replace(REQUEST, category=category), TREE)
        assert (decision.group, decision.is_default, decision.rule) == (group, is_default, None)


def test_a_rule_without_a_group_leaves_the_group_to_the_category() -> None:
    decision = decide((a_rule(outcome=Outcome(urgency=Urgency.HIGH)),), REQUEST, TREE)

    assert (decision.group, decision.outcome.urgency, decision.is_default) == ("network", Urgency.HIGH, False)


CONDITION = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from((FITS[name], FAILS[name][0])) for name in CONDITIONS},
)


@given(st.lists(st.tuples(CONDITION, st.booleans()), max_size=5))
def test_the_one_that_decides_is_the_first_of_those_that_fit(
    asked: list[tuple[dict[str, Any], bool]],
) -> None:
    rules = [a_rule(f"r{n}", is_active=on, **conditions) for n, (conditions, on) in enumerate(asked)]

    fitting = [
        rule
        for rule, (conditions, on) in zip(rules, asked, strict=True)
        if on and all(value == FITS[name] for name, value in conditions.items())
    ]
    assert decide(rules, REQUEST, TREE).rule == (fitting[0] if fitting else None)


@given(CONDITION)
def test_what_the_table_keeps_of_a_rule_gives_the_same_rule(asked: dict[str, Any]) -> None:
    conditions = Conditions(**asked)
    outcome = Outcome("network", ("vpn",), Impact.HIGH, None)

    assert Conditions.read(conditions.kept()) == conditions
    assert set(conditions.kept()) == set(asked)
    assert Outcome.read(outcome.kept()) == outcome
    assert "urgency" not in outcome.kept()


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("SAP shows the wrong payslip", "payroll"),
        ("three invoices are missing in sap", "erp"),
        ("please install photoshop", "software"),
        ("my payslip", "payroll"),
        ("the token ring is down", OTHER),
    ],
)
def test_the_most_specific_category_that_words_speak_for_has_it(text: str, category: str) -> None:
    assert category_of(text, "en", TREE) == category


@given(st.text(max_size=60), st.sampled_from(("en", "fr")))
def test_a_category_without_words_of_its_own_in_the_text_is_never_taken(text: str, language: str) -> None:
    tree = {**shipped(), "empty": Category("empty", None, {}, {}, "software")}

    assert category_of(text, language, tree) == category_of(text, language, shipped())


def test_a_category_knows_those_above_it_and_has_their_group() -> None:
    assert lineage("payroll", TREE) == ("payroll", "erp", "software")
    assert lineage("gardening", TREE) == ()
    assert (group_of("erp", TREE), group_of("loose", TREE)) == ("applications", None)


def test_a_tree_has_no_circles_and_nothing_below_what_fits_nowhere() -> None:
    assert why_not_parent("mail", "software", TREE) is None
    assert why_not_parent("software", "payroll", TREE) == (
        "software would stand below itself: software → erp → payroll → software"
    )
    assert "below itself" in str(why_not_parent("erp", "erp", TREE))
    assert "no category 'gardening'" in str(why_not_parent("erp", "gardening", TREE))
    assert "fits nowhere" in str(why_not_parent("erp", OTHER, TREE))
    assert "fits nowhere" in str(why_not_parent(OTHER, "software", TREE))


@pytest.mark.parametrize("word", ["", "  ", "…", "日本", "sap*erp", "x" * 61])
def test_what_can_never_be_found_in_a_text_is_no_word(word: str) -> None:
    assert why_not_words(["sap", word])


def test_words_are_not_without_end() -> None:
    assert why_not_words([f"word{n}" for n in range(400)]) is None
    assert why_not_words([f"word{n}" for n in range(401)])

"""`guichet route`: rules and categories are edited, and every decision explained without being made."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.desk.administered import desk, refused, told  # noqa: F401
from tests.desk.commands import Guichet
from tests.ticketing.teams import a_group, a_member, a_team, an_agent
from tests.ticketing.tickets import a_ticket, journal
from ticketing.groups.logic import AssignmentMethod

pytestmark = pytest.mark.usefixtures("desk")

VPN = ("route", "add", "vpn", "--word", "vpn", "--word", "remote access", "--group", "network")


def keys(guichet: Guichet) -> list[str]:
    return [rule["key"] for rule in told(guichet, "route", "list")["rules"]]


def test_rules_are_added_moved_changed_and_removed(guichet: Guichet) -> None:
    told(guichet, *VPN, "--skill", "vpn", "--type", "incident", "--language", "en")
    told(guichet, "route", "add", "board", "--vip", "yes", "--urgency", "high", "--position", "1")
    assert keys(guichet) == ["board", "vpn"]

    told(guichet, "route", "move", "board", "2")
    [rule, _] = told(
        guichet,
        *("route", "change", "vpn", "--language", "", "--requester-group", "finance", "--skill", "", "--off"),
    )["rules"]

    assert rule == {
        "position": 1,
        "key": "vpn",
        "active": False,
        "conditions": {
            "words": ["vpn", "remote access"],
            "types": ["incident"],
            "requester_groups": ["finance"],
        },
        "outcome": {"group": "network"},
    }
    code, said, _ = guichet("route", "list")
    assert code == 0
    assert {"vpn", "finance", "off", "board", "VIP"} <= set(said.split())
    assert [each["key"] for each in told(guichet, "route", "remove", "vpn")["rules"]] == ["board"]
    changed = told(guichet, "route", "change", "board", "--vip", "any", "--category", "mail")["rules"]
    assert changed[0]["conditions"] == {"categories": ["mail"]}


@pytest.mark.parametrize(
    "arguments",
    [
        ("route", "add", "all", "--word", "", "--group", "network"),
        ("route", "add", "all", "--site", "", "--group", "network"),
        ("sla", "add", "all", "--group", "", "--resolution", "60"),
        ("escalation", "add", "all", "--category", "", "--unassigned", "30", "--tell-lead"),
    ],
)
def test_something_new_that_asks_an_empty_value_would_hold_for_all_and_is_refused(
    guichet: Guichet, arguments: tuple[str, ...]
) -> None:
    assert "an empty value asks nothing" in refused(guichet, *arguments)


def test_an_explanation_says_everything_and_changes_nothing(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    a_group(desk, "workplace", method=AssignmentMethod.LEAST_WORK)
    ticket_id = a_ticket(desk)
    a_team(desk, "workplace", ["ana", "bea"])
    a_member(desk, "workplace", an_agent(desk, "gone", is_active=False))
    told(guichet, *VPN)
    told(guichet, "route", "add", "fire", "--word", "fire", "--group", "security")
    before = len(journal(desk, ticket_id))

    facts = told(guichet, "route", "explain", f"INC-{ticket_id:06d}")

    assert [(rule["key"], rule["matches"], rule["why_not"]) for rule in facts["rules"]] == [
        ("vpn", False, "the text has none of the words vpn, remote access"),
        ("fire", True, None),
    ]
    assert (facts["decided_by"], facts["group"], facts["category_group"]) == ("fire", "security", "workplace")
    assert facts["ticket"] == {
        "number": f"INC-{ticket_id:06d}",
        "status": "new",
        "group": "workplace",
        "tier": "L1",
        "assignee": None,
        "rule": None,
    }
    assert facts["assignment"]["chosen"] == "ana"
    assert [(each["agent"], each["why_not"]) for each in facts["assignment"]["members"]] == [
        ("ana", None),
        ("bea", None),
        ("gone", "is not active any more"),
    ]
    assert len(journal(desk, ticket_id)) == before


def test_both_spellings_of_an_explanation_say_the_same_in_words(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    a_group(desk, "workplace", method=AssignmentMethod.ROUND_ROBIN)
    a_team(desk, "workplace", ["ana"])
    ticket_id = a_ticket(desk)
    told(guichet, *VPN)

    first = guichet("route", "--explain", f"INC-{ticket_id:06d}")
    second = guichet("route", "explain", str(ticket_id))

    assert first == second
    assert first[0] == 0
    for words in (
        "no: the text has none of the words vpn, remote access",
        "category printing goes to workplace",
        "→ workplace, by its category",
        "was sent by no rule when it was opened; it is assigned in workplace at L1, with ana",
        "it is with ana; given out now it would go to ana",
    ):
        assert words in first[1]


def test_a_text_is_tried_without_a_ticket(guichet: Guichet, desk: Database) -> None:  # noqa: F811
    told(guichet, "route", "add", "board", "--requester-group", "board", "--urgency", "high")

    plain = told(guichet, "route", "try", "l'imprimante fume", "--language", "fr", "--site", "demo")
    of_board = guichet("route", "try", "hello", "--requester-group", "board", "--vip")

    assert (plain["request"]["category"], plain["group"], plain["ticket"]) == ("printing", "workplace", None)
    assert plain["request"]["site"] == "demo"
    assert of_board[0] == 0
    for words in ("a VIP, board", "fits: it decides", "→ service-desk, by its category", "choose themselves"):
        assert words in of_board[1]


def test_a_text_is_tried_in_a_category_that_there_is(guichet: Guichet) -> None:
    assert "no category 'nope'; there are " in refused(guichet, "route", "try", "hello", "--category", "nope")


def test_categories_are_added_below_others_and_changed(guichet: Guichet) -> None:
    added = told(
        guichet,
        *("route", "category", "add", "erp", "--name-en", "ERP", "--parent", "software"),
        *("--word-en", "sap", "--word-fr", "facture"),
    )
    tried = told(guichet, "route", "try", "sap is slow")
    changed = told(guichet, "route", "category", "change", "erp", "--group", "workplace", "--word-en", "")
    off = told(guichet, "route", "category", "change", "printing", "--word-en", "plotter", "--off")

    assert (added["goes_to"], added["group"], added["depth"]) == ("applications", None, 1)
    assert (tried["request"]["category"], tried["group"]) == ("erp", "applications")
    assert (changed["goes_to"], changed["words"]) == ("workplace", {"en": [], "fr": ["facture"]})
    assert (off["active"], off["words"]["en"]) == (False, ["plotter"])
    again = told(guichet, "route", "category", "change", "printing", "--shipped-words", "--active")
    assert (again["active"], "toner" in again["words"]["en"]) == (True, True)
    code, said, _ = guichet("route", "category", "list", "--words")
    lines = said.splitlines()
    [below] = [number for number, line in enumerate(lines) if line.split()[:1] == ["erp"]]
    assert code == 0
    assert lines[below].startswith("  erp") or lines[below].startswith("   erp")
    assert any(line.split()[:1] == ["software"] for line in lines[:below])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("explain", "INC-004711"), "there is no ticket 'INC-004711'"),
        (("--explain", "nothing"), "there is no ticket 'nothing'"),
        (("add", "vpn", "--word", "vpn"), "decides something"),
        (("add", "vpn", "--group", "plumbers"), "no group 'plumbers'"),
        (("add", "vpn", "--group", "network", "--category", "gardening"), "no category 'gardening'"),
        (("add", "vpn", "--group", "network", "--site", "nowhere"), "no site 'nowhere'"),
        (("add", "vpn", "--group", "network", "--vip", "perhaps"), "yes, no or any"),
        (("add", "vpn", "--urgency", "now"), "high, medium, low"),
        (("add", "vpn", "--group", "network", "--position", "2"), "no place 2; there are 1 to 1"),
        (("change", "vpn"), "nothing is named"),
        (("change", "vpn", "--off"), "there is no rule 'vpn'; `guichet route list` shows them"),
        (("move", "vpn", "1"), "there is no rule 'vpn'"),
        (("remove", "vpn"), "there is no rule 'vpn'"),
        (("category", "add", "erp", "--parent", "software"), "a name is missing"),
        (("category", "change", "erp", "--off"), "there is no category 'erp'"),
        (("category", "change", "mail"), "nothing is named"),
        (("category", "change", "software", "--parent", "software"), "below itself"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(guichet: Guichet, arguments: tuple[str, ...], why: str) -> None:
    assert why in refused(guichet, "route", *arguments)


def test_without_a_command_it_says_which_there_are(guichet: Guichet) -> None:
    code, said, _ = guichet("route")

    assert code == 0
    assert "explain" in said

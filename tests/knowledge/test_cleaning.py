"""Politeness is no part of a question."""

from __future__ import annotations

import pytest

from knowledge.search.cleaning import essence
from knowledge.search.index import build
from knowledge.search.port import KnowledgeSearch
from tests.knowledge.articles import ALL


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("Bonjour, mon VPN ne marche pas aujourd'hui, svp !", "mon VPN ne marche pas"),
        ("mon vpn ne marche pas s’il vous plaît, merci d'avance", "mon vpn ne marche pas"),
        ("Hi, please help me: my printer is jammed. Thanks", "my printer is jammed"),
        ("Hello\nvpn down\nsince this morning", "vpn down"),
        ("mon imprimante svp thanks", "mon imprimante"),
        ("How do I connect?", "How do I connect?"),
        ("My screen is black.\nBest regards,\nMarie Example", "My screen is black"),
        ("Merci, Outlook plante", "Outlook plante"),
        ("Hello, Outlook!", "Outlook"),
        ("Outlook", "Outlook"),
        ("bonjour", "bonjour"),
        ("  thank you!  ", "thank you!"),
        ("", ""),
        ("?!", "?!"),
        ("🙂", "🙂"),
    ],
)
def test_what_is_left_of_a_message_is_what_is_asked(message: str, left: str) -> None:
    assert essence(message) == left


def test_a_greeting_in_the_middle_may_be_a_name() -> None:
    assert essence("Windows Hello does not know me") == "Windows Hello does not know me"


@pytest.mark.parametrize(
    ("plain", "polite", "language"),
    [
        ("mon imprimante n'imprime plus", "Bonjour, {} aujourd'hui s'il vous plaît, merci d'avance", "fr"),
        ("vpn not working", "Good morning, {} since yesterday, could you help me please? Thanks a lot", "en"),
    ],
)
def test_politeness_does_not_make_the_search_less_sure(plain: str, polite: str, language: str) -> None:
    search = KnowledgeSearch(build(ALL, None))

    assert (
        search.find(polite.format(plain), language).confidence
        >= search.find(plain, language).confidence - 0.02
    )

"""Long stories and slips of the fingers: what is searched for of a message."""

from __future__ import annotations

import pytest

from knowledge.encoder.runtime import OnnxEncoder
from knowledge.search.findings import Band
from knowledge.search.index import build
from knowledge.search.parts import MOST_PARTS, parts
from knowledge.search.port import KnowledgeSearch
from knowledge.search.spelling import Spelling
from tests.knowledge.articles import ALL, PRINTER


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_question_is_found_wherever_it_stands_in_a_long_story(encoder: OnnxEncoder, at: int) -> None:
    search = KnowledgeSearch(build(ALL, encoder), encoder)
    story = [
        "I was in the other office on Monday and met some old colleagues there.",
        "Then I had lunch and a long talk with my neighbour about her holidays.",
        "I would be so glad to hear from you before the weekend.",
    ]
    story.insert(at, "My printer does not print any more.")

    found = search.find(" ".join(story), "en")

    assert (found.band, found.hits[0].slug) == (Band.ANSWER, PRINTER.slug)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("vpn down. help. now. please. yes.", ()),
        ("one sentence of many words that never ends and never has any stop", ()),
        (
            "My vpn stopped working on Monday evening. Why? I have tried it from two places.",
            (
                "My vpn stopped working on Monday evening.",
                "Why? I have tried it from two places.",
            ),
        ),
        (
            "the vpn stopped working on Monday evening, then I went home and tried it from there as well"
            " without any luck, so I am writing to you now",
            (
                "the vpn stopped working on Monday evening",
                "then I went home and tried it from there as well without any luck",
                "so I am writing to you now",
            ),
        ),
    ],
)
def test_a_long_message_is_read_sentence_by_sentence(message: str, expected: tuple[str, ...]) -> None:
    assert parts(message) == expected


@pytest.mark.parametrize("message", ["word " * 800, "One, two, three. " * 200, "x" * 4_000, "a b c\n" * 700])
def test_the_parts_of_any_message_are_few_and_leave_nothing_out(message: str) -> None:
    found = parts(message)

    assert len(found) <= MOST_PARTS
    assert not found or set(" ".join(found).replace(",", "").split()) == set(message.replace(",", "").split())


@pytest.mark.parametrize(
    ("written", "language", "mended"),
    [
        ("my prnter does not prnit", "en", "my printer does not print"),
        ("the maillbox is FULL", "en", "the mailbox is FULL"),
        ("l'imprimente nimprime rien", "fr", "l'imprimante n'imprime rien"),
        ("printers and printed", "en", "printers and printed"),
        ("paint the wall at a low price", "en", "paint the wall at a low price"),
        ("app42 0x80070005 vpm", "en", "app42 0x80070005 vpm"),
        ("", "en", ""),
    ],
)
def test_a_slip_becomes_the_articles_word_and_another_word_stays(
    written: str, language: str, mended: str
) -> None:
    texts = {
        "en": ["The printer does not print", "mailbox full", "rice", "vpn"],
        "fr": ["L'imprimante ne marche pas", "elle n'imprime plus"],
    }

    assert Spelling(texts[language], language).mended(written) == mended

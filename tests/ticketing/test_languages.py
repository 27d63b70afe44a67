"""Which language a line tells, and when a conversation follows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.requirements import ROOT
from ticketing.languages.detector import Detector
from ticketing.languages.logic import (
    NEUTRAL,
    TELLING,
    Guess,
    LanguageSource,
    Sighting,
    evidence,
    language_after,
    sight,
)

LINES: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "language_lines.yml").read_text())
QUESTIONS = ROOT / "knowledge" / "evaluation" / "questions"

TRACEBACK = (
    'Traceback (most recent call last):\n  File "app.py", line 3, in <module>\n'
    "    raise ValueError('invalid literal')\nValueError: invalid literal for int() with base 10: 'x'"
)
LOG = "2026-11-22 10:04:11 ERROR the connection to the server has been closed by the remote host"
JAVA = "java.io.IOException: the file could not be found\n\tat com.example.Main.run(Main.java:12)"


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


def language_of(detector: Detector, text: str) -> str | None:
    seen = detector.sight(text)
    return seen.language if seen else None


# What a line tells


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nearly_every_line_of_colleagues_tells_its_language_and_none_tells_the_other(
    detector: Detector, language: str
) -> None:
    told = [language_of(detector, line) for line in LINES[language]]

    assert told.count(language) >= 0.98 * len(told)
    assert set(told) <= {language, None}


def test_what_nobody_could_tell_tells_nothing(detector: Detector) -> None:
    told = {line: language_of(detector, line) for line in LINES["neither"]}

    assert sum(language is not None for language in told.values()) <= 1, told


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_questions_of_the_search_tell_their_language(detector: Detector, language: str) -> None:
    questions: dict[str, Any] = yaml.safe_load((QUESTIONS / f"{language}.yml").read_text())
    lines = [line for several in questions["answered"].values() for line in several] + questions["unanswered"]
    told = [language_of(detector, line) for line in lines]

    assert told.count(language) >= 0.95 * len(told)
    assert told.count({"en": "fr", "fr": "en"}[language]) <= 1


@pytest.mark.parametrize("word", ["bonjour", "Bonjour !", "merci", "oui", "salut", "mot de passe oublie"])
def test_one_clear_french_word_is_enough(detector: Detector, word: str) -> None:
    assert language_of(detector, word) == "fr"


@pytest.mark.parametrize("word", ["vpn", "Outlook", "wifi", "hello", "ok", "INC-000123", "Ana Martin", "?"])
def test_names_and_words_of_both_languages_tell_nothing(detector: Detector, word: str) -> None:
    assert language_of(detector, word) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (f"j'ai cette erreur\n{TRACEBACK}", "fr"),
        (f"bonjour, voici le log :\n{LOG}\n{LOG}", "fr"),
        (f"ça plante\n{JAVA}", "fr"),
        ('le logiciel dit "The remote procedure call failed and did not execute"', "fr"),
        ("j'ai ce message : The remote procedure call failed", "fr"),
        ("outlook affiche « Cannot open the mailbox », que faire", "fr"),
        ("the screen says “L'imprimante n'est pas disponible”", "en"),
        ("voir https://intranet.example.org/how-to-reset-your-password", "fr"),
        ("mon adresse est the.boss.is.here@example.org", "fr"),
        ("mon fichier `the_report_of_the_year.xlsx` ne s'ouvre pas", "fr"),
        ("mon script plante\n```\nfor the in what: print(where)\n```", "fr"),
        ("MON VPN NE MARCHE PAS", "fr"),
        ("MY VPN IS BROKEN AGAIN", "en"),
    ],
)
def test_what_is_pasted_is_no_evidence(detector: Detector, text: str, language: str) -> None:
    assert language_of(detector, text) == language


@pytest.mark.parametrize("pasted", [TRACEBACK, LOG, JAVA, "```\nthe code\n```", "C:\\the\\path\\is\\here"])
def test_of_what_is_only_pasted_nothing_is_left(detector: Detector, pasted: str) -> None:
    assert detector.sight(pasted) is None


def test_evidence_keeps_the_words_of_the_person() -> None:
    text = 'mon pc dit "access denied" (INC-000123), voir https://example.org ou ana@example.org'

    assert evidence(text).split() == ["mon", "pc", "dit", "voir", "ou"]


@pytest.mark.parametrize("text", ["qsdfghj", "zorgle blimp", "zorgle blimp zirgle blomp"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_detector_alone_is_not_believed_however_sure_it_is(text: str, language: str) -> None:
    assert sight(text, lambda _: Guess(language, 0.999)) is None


@pytest.mark.parametrize(
    "text",
    [
        "asdf qwer zzzz",
        "asdf qwer zzzz hjkl",
        "qsdf jklm mlkj",
        "qwertz uiop",
        "jabra evolve",
        "err connection reset 0x80070005",
        "Lenovo Thinkpad Jabra",
        "lorem ipsum dolor",
    ],
)
def test_a_mashed_keyboard_and_the_names_of_products_tell_nothing(detector: Detector, text: str) -> None:
    assert detector.sight(text) is None


@pytest.mark.parametrize("text", ["asdf le qwer zzzz", "qsdf the jklm mlkj", "teams jabra evolve une"])
def test_a_telling_word_among_nonsense_makes_no_sentence(detector: Detector, text: str) -> None:
    seen = detector.sight(text)

    assert seen is None or not seen.is_sentence


def test_a_detector_that_is_very_sure_silences_a_single_telling_word() -> None:
    assert sight("blimp for zorgle", lambda _: Guess("fr", 0.99)) is None
    assert sight("blimp for zorgle", lambda _: Guess("fr", 0.9)) == Sighting("en", is_sentence=False)


def test_without_a_detector_the_telling_words_decide() -> None:
    assert sight("mon imprimante", lambda _: None) == Sighting("fr", is_sentence=False)
    assert sight("zorgle", lambda _: None) is None


@pytest.mark.parametrize(
    "text",
    [
        "my printer does not work anymore",
        "how do i share my calendar",
        "mon imprimante ne marche plus du tout",
        "comment partager mon agenda avec un collègue",
        "the certificate error is back, can you look at my pc",
    ],
)
def test_a_whole_sentence_is_one(detector: Detector, text: str) -> None:
    seen = detector.sight(text)

    assert seen is not None
    assert seen.is_sentence


@pytest.mark.parametrize(
    "text",
    [
        "bonjour",
        "my printer broken",
        "mon vpn rame",
        "The remote procedure call failed and did not execute.",
        "You do not have permission to open this file.",
        "Le serveur n'a pas répondu dans le délai imparti.",
        "Impossible d'ouvrir le fichier demandé.",
    ],
)
def test_a_fragment_or_the_message_of_a_screen_is_not_a_whole_sentence(detector: Detector, text: str) -> None:
    seen = detector.sight(text)

    assert seen is None or not seen.is_sentence


@pytest.mark.parametrize(
    "text",
    [
        "in English please",
        "english",
        "can you answer me in english",
        "en français s'il vous plaît",
        "vous parlez français ?",
        "change language",
        "change the language please",
        "changer de langue",
    ],
)
def test_a_wish_for_a_language_is_left_to_the_assistant(detector: Detector, text: str) -> None:
    assert detector.sight(text) is None


def test_naming_the_other_language_is_no_secret_of_one_s_own(detector: Detector) -> None:
    assert language_of(detector, "en anglais s'il vous plaît") == "fr"
    assert language_of(detector, "could we go on in french please") == "en"
    assert language_of(detector, "my outlook is in english since monday, how do i change that") == "en"


def test_no_word_tells_both_languages_or_is_neutral_too() -> None:
    assert TELLING["en"] & TELLING["fr"] == set()
    assert (TELLING["en"] | TELLING["fr"]) & NEUTRAL == set()


def seconds_for(detector: Detector, text: str) -> float:
    """The processor time of a look at a text: the least of five, since other work only adds to it."""

    def once() -> float:
        started = time.thread_time()
        detector.sight(text)
        return time.thread_time() - started

    return min(once() for _ in range(5))


def test_a_text_takes_no_longer_than_its_sentences_one_by_one(detector: Detector) -> None:
    sentence = "the printer on the second floor does not print. "

    assert seconds_for(detector, sentence * 84) < 84 * seconds_for(detector, sentence)


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b"])
def test_nothing_is_no_language(detector: Detector, text: str) -> None:
    assert detector.sight(text) is None


@pytest.mark.parametrize("piece", ["(", "a.", "l'", '"'])
def test_no_text_of_four_times_the_length_takes_many_times_as_long(detector: Detector, piece: str) -> None:
    whole = seconds_for(detector, piece * 4_000)

    # Sixteen times would be a search that begins anew at every sign; a floor for what is too short to time.
    assert whole < 10 * max(seconds_for(detector, piece * 1_000), 0.0005)


# What follows from it

DEFAULT, DETECTED, CHOSEN = LanguageSource.DEFAULT, LanguageSource.DETECTED, LanguageSource.CHOSEN
WORD, SENTENCE = Sighting("fr", is_sentence=False), Sighting("fr", is_sentence=True)


@pytest.mark.parametrize("source", LanguageSource)
def test_a_line_that_tells_nothing_changes_nothing(source: LanguageSource) -> None:
    assert language_after("en", source, None) == ("en", source)


@pytest.mark.parametrize("seen", [WORD, SENTENCE])
def test_the_first_line_that_tells_clearly_sets_the_language(seen: Sighting) -> None:
    assert language_after("en", DEFAULT, seen) == ("fr", DETECTED)


def test_a_word_in_the_language_spoken_anyway_leaves_the_next_line_free() -> None:
    assert language_after("fr", DEFAULT, WORD) == ("fr", DEFAULT)
    assert language_after("fr", DEFAULT, SENTENCE) == ("fr", DETECTED)


def test_a_detected_language_changes_for_a_whole_sentence_only() -> None:
    assert language_after("en", DETECTED, WORD) == ("en", DETECTED)
    assert language_after("en", DETECTED, SENTENCE) == ("fr", DETECTED)


@pytest.mark.parametrize("seen", [WORD, SENTENCE])
def test_a_chosen_language_stays(seen: Sighting) -> None:
    assert language_after("en", CHOSEN, seen) == ("en", CHOSEN)

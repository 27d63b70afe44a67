"""The catalogue: both languages say the same things, and nobody is asked for a secret."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from notices.texts.catalogue import DEFAULT_LANGUAGE, LANGUAGES, Text, entries, placeholders, say
from notices.texts.rasa import responses, write_responses
from tests.requirements import ROOT

KEYS = sorted({key for language in LANGUAGES for key in entries(language)})
NOTHING_BUT_VALUES = {"utter_answer", "utter_form_answer", "mail_ticket_opened_subject", "mail_link_line"}
# A verb of asking before the secret, in one sentence, without a "never" or "do not".
ASKS = re.compile(
    r"\b(?:send|give|tell|type|enter|share|confirm|provide|what is|envoyez|donnez|dites|tapez|saisissez|"
    r"indiquez|communiquez|confirmez|fournissez|quel est)\b[^.!?]{0,60}"
    r"\b(?:password|passcode|pin|code|mot de passe|secret)\b",
    re.IGNORECASE,
)
FORBIDS = re.compile(r"\b(?:never|do not|don't|jamais|ne\s+\w+\s+pas)\b", re.IGNORECASE)


def test_every_language_has_the_same_keys_in_the_same_order() -> None:
    for language in LANGUAGES:
        assert list(entries(language)) == list(entries(DEFAULT_LANGUAGE))


@pytest.mark.parametrize("key", KEYS)
def test_a_text_needs_the_same_values_and_offers_the_same_buttons_in_every_language(key: str) -> None:
    texts = [entries(language)[key] for language in LANGUAGES]

    assert len({placeholders(text.text) for text in texts}) == 1
    assert len({tuple(payload for _, payload in text.buttons) for text in texts}) == 1
    for text in texts:
        assert text.text
        assert all(title.strip() for title, _ in text.buttons)


@pytest.mark.parametrize("key", [key for key in KEYS if key not in NOTHING_BUT_VALUES])
def test_a_text_is_translated(key: str) -> None:
    assert len({entries(language)[key].text for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_asks_for_a_password_or_a_code(language: str, key: str) -> None:
    for sentence in re.split(r"[.!?\n]", entries(language)[key].text):
        assert not ASKS.search(sentence) or FORBIDS.search(sentence)


@pytest.mark.parametrize(
    "asking", ["Please type your password", "Give me the code you were sent", "Donnez-moi votre mot de passe"]
)
def test_the_check_above_knows_a_text_that_asks(asking: str) -> None:
    assert ASKS.search(asking)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_said(language: str, key: str) -> None:
    values = {name: f"<{name}>" for name in placeholders(entries(language)[key].text)}

    said = say(key, language, **values)

    assert not placeholders(said.text)
    assert all(value in said.text for value in values.values())


def test_a_value_is_said_as_it_is_even_when_it_looks_like_a_placeholder() -> None:
    said = say("mail_ticket_opened_subject", "en", ticket="{summary}", summary="{ticket} %s {0} \\1")

    assert said.text == "[{summary}] {ticket} %s {0} \\1"


@pytest.mark.parametrize("language", ["de", "", "fr-FR", "../en", "EN"])
def test_a_language_that_is_not_known_gets_the_default_one(language: str) -> None:
    assert say("utter_welcome", language) == say("utter_welcome", DEFAULT_LANGUAGE)


def test_a_missing_value_or_key_is_an_error_and_not_a_text_with_holes() -> None:
    with pytest.raises(KeyError):
        say("notice_apology", "en")
    with pytest.raises(KeyError):
        say("utter_nothing_of_the_kind", "en")


def test_every_utter_of_the_catalogue_is_a_response_with_a_variant_per_language_and_a_default() -> None:
    made = responses()["responses"]

    assert set(made) == {key for key in KEYS if key.startswith("utter_")}
    for key, variants in made.items():
        by_language = {
            variant["condition"][0]["value"]: variant for variant in variants if "condition" in variant
        }
        defaults = [variant for variant in variants if "condition" not in variant]
        assert set(by_language) == set(LANGUAGES)
        assert len(variants) == len(LANGUAGES) + 1
        for language, variant in by_language.items():
            condition = {"type": "slot", "name": "language", "value": language}
            assert variant == {"condition": [condition], **as_variant(entries(language)[key])}
        assert defaults == [as_variant(entries(DEFAULT_LANGUAGE)[key])]


def as_variant(text: Text) -> dict[str, object]:
    buttons = [{"title": title, "payload": payload} for title, payload in text.buttons]
    return {"text": text.text} | ({"buttons": buttons} if buttons else {})


def test_what_is_written_for_the_training_is_what_was_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "responses.yml"

    write_responses(path)
    write_responses(path)

    assert yaml.safe_load(path.read_text(encoding="utf-8")) == responses()


def test_every_payload_of_the_catalogue_is_an_intent() -> None:
    intents = {
        each if isinstance(each, str) else next(iter(each))
        for path in (ROOT / "bot" / "dialogue" / "domain").glob("*.yml")
        for each in yaml.safe_load(path.read_text()).get("intents", ())
    }
    payloads = {
        payload
        for language in LANGUAGES
        for text in entries(language).values()
        for _, payload in text.buttons
    }

    assert payloads
    for payload in payloads:
        found = re.fullmatch(r"/([a-z_]+)(\{.*\})?", payload)
        assert found is not None
        assert found[1] in intents
        assert set(json.loads(found[2] or "{}")) <= {"choice"}

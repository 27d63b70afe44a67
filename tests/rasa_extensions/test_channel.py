"""The channel against a real Rasa process and a real action server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.rasa_extensions.fake_actions import (
    ACTIONS_SECRET,
    Behaviour,
    FakeActions,
    answering,
    echoing,
    hanging,
    html,
)
from tests.rasa_extensions.rasa_process import RasaProcess, new_id, texts

QUESTION = "the wifi does not work"


@pytest.mark.parametrize("secret", [None, "", "wrong", "é"])
def test_without_the_secret_nothing_is_answered(rasa: RasaProcess, sender: str, secret: str | None) -> None:
    body = {"turn_id": new_id(), "sender": sender, "text": "hello", "language": "en"}

    answer = rasa.post(body, secret=secret and secret.encode().decode("latin-1"))

    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorised"})
    assert rasa.turns_of(sender) == []


def test_the_health_route_wants_the_secret_too(rasa: RasaProcess) -> None:
    assert requests.get(f"{rasa.url}/webhooks/desk/health", timeout=5).status_code == 401


def test_a_reply_has_the_shape_the_gateway_reads(rasa: RasaProcess, sender: str, turn_id: str) -> None:
    answer = rasa.say("help me please", sender=sender, turn_id=turn_id)

    assert answer.json() == {
        "turn_id": turn_id,
        "sender": sender,
        "replayed": False,
        "replies": [
            {
                "recipient_id": sender,
                "text": "Ask me.",
                "buttons": [{"title": "Report", "payload": "/report"}],
                "custom": None,
                "response": "utter_help",
            }
        ],
    }


@pytest.mark.parametrize("text", [QUESTION, "help me please", "hello", "/report"])
def test_a_replay_says_what_the_live_turn_said(
    rasa: RasaProcess, actions: FakeActions, sender: str, turn_id: str, text: str
) -> None:
    live = rasa.say(text, sender=sender, turn_id=turn_id).json()
    called = len(actions.calls_of(sender))

    replay = rasa.say(text, sender=sender, turn_id=turn_id).json()

    assert live["replies"]
    assert replay == {**live, "replayed": True}
    assert len(actions.calls_of(sender)) == called


def test_a_turn_of_an_earlier_one_is_still_replayed_after_others(
    rasa: RasaProcess, actions: FakeActions, sender: str, turn_id: str
) -> None:
    first = rasa.say("hello", sender=sender, turn_id=turn_id, language="fr")
    rasa.say(QUESTION, sender=sender)

    assert texts(rasa.say("hello", sender=sender, turn_id=turn_id)) == texts(first) == ["Bonjour."]


def test_the_same_turn_twice_at_once_runs_once(
    rasa: RasaProcess, actions: FakeActions, sender: str, turn_id: str
) -> None:
    actions.behave(sender, hanging(0.4))

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda _: rasa.say(QUESTION, sender=sender, turn_id=turn_id).json(), range(2))
        )

    assert sorted(answer["replayed"] for answer in answers) == [False, True]
    assert answers[0]["replies"] == answers[1]["replies"]
    assert len(actions.calls_of(sender)) == len(rasa.turns_of(sender)) == 1


def test_two_turns_of_a_conversation_wait_for_each_other_and_others_do_not(
    rasa: RasaProcess, actions: FakeActions, sender: str
) -> None:
    actions.behave(sender, hanging(0.8))
    began, other = time.monotonic(), new_id()
    answered: list[tuple[str, float]] = []

    def ask(who: str) -> None:
        texts(rasa.say(QUESTION, sender=who))
        answered.append((who, time.monotonic() - began))

    with ThreadPoolExecutor(3) as pool:
        for asked in [pool.submit(ask, who) for who in (sender, sender, other)]:
            asked.result()

    assert [who for who, _ in answered] == [other, sender, sender]
    assert answered[-1][1] >= 2 * 0.8


FAILURES: dict[str, Behaviour] = {
    "status 500": answering({"error": "boom"}, 500),
    "a redirect": answering({}, 302),
    "a page": html(),
    "a page with status 400": html(400),
    "the wrong shape": answering({"events": "none", "responses": []}),
    "a list": answering([]),
    "an event without a name": answering({"events": [{"name": "x"}], "responses": []}),
    "an unknown event": answering({"events": [{"event": "does_not_exist"}], "responses": []}),
    "an unknown response": answering({"events": [], "responses": [{"response": "utter_unknown"}]}),
    "words beside an unknown response": answering(
        {"events": [], "responses": [{"text": "Half."}, {"response": "utter_unknown"}]}
    ),
    "no words": answering({"events": [], "responses": []}),
    "too much": answering({"events": [], "responses": [{"text": "x" * (1 << 20)}]}),
    "no end": hanging(10),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failed_action_leaves_nothing_and_the_turn_can_be_tried_again(
    rasa: RasaProcess, actions: FakeActions, sender: str, turn_id: str, kind: str
) -> None:
    texts(rasa.say("hello", sender=sender))
    before = rasa.turns_of(sender)
    actions.behave(sender, FAILURES[kind])

    failed = rasa.say(QUESTION, sender=sender, turn_id=turn_id)

    assert (failed.status_code, failed.json()) == (502, {"error": "turn_failed"})
    assert rasa.turns_of(sender) == before
    actions.behave(sender, None)
    again = rasa.say(QUESTION, sender=sender, turn_id=turn_id)
    assert texts(again) == ["An answer."]
    assert again.json()["replayed"] is False


def test_a_hanging_action_is_given_up_in_time(rasa: RasaProcess, actions: FakeActions, sender: str) -> None:
    actions.behave(sender, hanging(10))
    began = time.monotonic()

    assert rasa.say(QUESTION, sender=sender).status_code == 502
    assert 1.4 < time.monotonic() - began < 9


def test_a_failed_validation_keeps_the_form_and_the_answer_can_be_given_again(
    rasa: RasaProcess, actions: FakeActions, sender: str, turn_id: str
) -> None:
    assert texts(rasa.say("/report", sender=sender)) == ["Where?"]
    actions.behave(sender, answering({}, 500))

    assert rasa.say("Room 12", sender=sender, turn_id=turn_id).status_code == 502

    actions.behave(sender, None)
    assert texts(rasa.say("Room 12", sender=sender, turn_id=turn_id)) == ["Reported: Room 12."]


@pytest.mark.parametrize("payload", ["/silent", "/unfinished"])
def test_a_turn_without_words_or_without_end_is_a_failure(
    rasa: RasaProcess, sender: str, payload: str
) -> None:
    assert rasa.say(payload, sender=sender).status_code == 502
    assert rasa.turns_of(sender) == []


def test_an_action_that_cannot_be_reached_is_a_failure(
    launch: Callable[..., RasaProcess], sender: str
) -> None:
    alone = launch(GUICHET_ACTIONS_URL="http://127.0.0.1:9/webhook")

    assert alone.say(QUESTION, sender=sender).status_code == 502
    assert texts(alone.say("hello", sender=sender)) == ["Hello."]


def test_a_client_that_leaves_does_not_stop_its_turn(
    rasa: RasaProcess, actions: FakeActions, sender: str, turn_id: str
) -> None:
    actions.behave(sender, hanging(0.8))

    with pytest.raises(requests.Timeout):
        rasa.say(QUESTION, sender=sender, turn_id=turn_id, timeout=0.3)

    again = rasa.say(QUESTION, sender=sender, turn_id=turn_id)
    assert again.json()["replayed"] is True
    assert texts(again) == ["An answer."]
    assert len(actions.calls_of(sender)) == 1


def test_a_killed_turn_runs_again(
    launch: Callable[..., RasaProcess], actions: FakeActions, sender: str, turn_id: str
) -> None:
    rasa = launch()
    texts(rasa.say("hello", sender=sender))
    actions.behave(sender, hanging(1.0))
    with ThreadPoolExecutor(1) as pool:
        cut = pool.submit(rasa.say, QUESTION, sender=sender, turn_id=turn_id)
        while not actions.calls_of(sender):
            time.sleep(0.01)
        rasa.kill()
        with pytest.raises(requests.ConnectionError):
            cut.result()
    assert len(rasa.turns_of(sender)) == 1

    actions.behave(sender, None)
    rasa.start()

    again = rasa.say(QUESTION, sender=sender, turn_id=turn_id)
    assert texts(again) == ["An answer."]
    assert again.json()["replayed"] is False
    assert len(actions.calls_of(sender)) == 2


def test_a_stored_turn_survives_a_kill(
    launch: Callable[..., RasaProcess], actions: FakeActions, sender: str, turn_id: str
) -> None:
    rasa = launch()
    live = rasa.say(QUESTION, sender=sender, turn_id=turn_id).json()
    rasa.kill()

    replay = rasa.start().say(QUESTION, sender=sender, turn_id=turn_id).json()

    assert replay == {**live, "replayed": True}
    assert len(actions.calls_of(sender)) == 1


def test_the_language_of_the_turn_chooses_the_words(rasa: RasaProcess, sender: str) -> None:
    said = [texts(rasa.say("/greet", sender=sender, language=language)) for language in ("en", "fr", "en")]

    assert said == [["Hello."], ["Bonjour."], ["Hello."]]


def test_an_action_is_called_with_its_secret_and_learns_the_turn(
    rasa: RasaProcess, actions: FakeActions, sender: str, turn_id: str
) -> None:
    texts(rasa.say(QUESTION, sender=sender, turn_id=turn_id, language="fr"))

    (call,) = actions.calls_of(sender)
    assert call.secret == ACTIONS_SECRET
    assert call.action == "action_ask"
    told = call.body["tracker"]["latest_message"]["metadata"]
    assert (told["turn_id"], told["language"]) == (turn_id, "fr")
    assert call.body["tracker"]["slots"]["language"] == "fr"
    assert "domain" not in call.body


BAD_BODIES: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": [],
    "a field missing": {"turn_id": "t", "sender": "s", "text": "hello"},
    "a number for text": {"turn_id": "t", "sender": "s", "text": 1, "language": "en"},
    "no text": {"turn_id": "t", "sender": "s", "text": "  ", "language": "en"},
    "long text": {"turn_id": "t", "sender": "s", "text": "x" * 20_001, "language": "en"},
    "half a character": {"turn_id": "t", "sender": "s", "text": "\ud800", "language": "en"},
    "another language": {"turn_id": "t", "sender": "s", "text": "hello", "language": "de"},
    "no turn id": {"turn_id": "", "sender": "s", "text": "hello", "language": "en"},
    "a long sender": {"turn_id": "t", "sender": "s" * 201, "text": "hello", "language": "en"},
    "a sender of two lines": {"turn_id": "t", "sender": "s\ns", "text": "hello", "language": "en"},
    "deep JSON": b"[" * 60_000,
}


@pytest.mark.parametrize("kind", BAD_BODIES)
def test_what_is_not_a_turn_is_refused(rasa: RasaProcess, kind: str) -> None:
    body = BAD_BODIES[kind]
    answer = rasa.post(body if isinstance(body, bytes) else json.dumps(body).encode())

    assert (answer.status_code, answer.json()) == (400, {"error": "bad_request"})


def test_a_body_over_64_kib_is_refused(rasa: RasaProcess) -> None:
    try:
        answer = rasa.post(b"x" * 70_000)
    except requests.ConnectionError:
        return  # refused before it was read to its end
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/back",
        "/session_start",
        "/nlu_fallback",
        "/unknown",
        "/greet@1.0",
        "/greet hello",
        "/",
        "//greet",
    ],
)
def test_a_payload_that_no_button_has_is_refused(rasa: RasaProcess, sender: str, text: str) -> None:
    assert rasa.say(text, sender=sender).status_code == 400
    assert rasa.turns_of(sender) == []


@pytest.mark.parametrize(
    "text",
    [
        " /report",
        "\t/restart",
        '  /report{"place":"x"}',
        "\u200b/report",
        "／report",
        "\u200b/restart",
        "hello /report",
        " / /report",
    ],
)
def test_a_slash_that_does_not_come_first_is_only_text(rasa: RasaProcess, sender: str, text: str) -> None:
    rasa.say(text, sender=sender)

    (stored,) = rasa.turns_of(sender)
    (said,) = [event for event in json.loads(stored) if event["event"] == "user"]
    # A payload is understood with certainty; the classifier never is.
    assert said["parse_data"]["intent"]["confidence"] < 1.0
    assert said["parse_data"]["intent_ranking"][1:]


def test_no_words_reach_the_log(
    launch: Callable[..., RasaProcess], actions: FakeActions, sender: str
) -> None:
    rasa = launch()
    marker = "Zwiebelkuchen"
    rasa.say(f"{marker} hello", sender=sender)
    rasa.say(f"/{marker}", sender=sender)
    rasa.say(f" /{marker}{{", sender=sender)
    rasa.post(f'{{"text": "{marker}'.encode())
    rasa.say("/report", sender=sender)
    for behaviour in (*FAILURES.values(), echoing(500), echoing(400)):
        actions.behave(sender, behaviour)
        rasa.say(f"the wifi does not work {marker}", sender=sender)
    actions.behave(sender, hanging(0.5))
    with pytest.raises(requests.Timeout):
        rasa.say(f"the wifi does not work {marker}", sender=sender, timeout=0.1)

    assert rasa.stop() == 0
    assert "failed" in rasa.log
    assert marker.lower() not in rasa.log.lower()

"""What is kept of an answer of Rasa's, and what makes it none (TRUST RA-9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assistant.port import AssistantFailed, TurnRequest
from bot.assistant.rasa import read_answer
from ticketing.conversations.logic import Reply

REQUEST = TurnRequest("t-1", "c-1", "en", "hello")


def an_answer(*replies: dict[str, Any]) -> bytes:
    whole = [{"recipient_id": "c-1", "text": "hello"} | reply for reply in replies]
    return json.dumps({"turn_id": "t-1", "sender": "c-1", "replies": whole}).encode()


def read(**custom: Any) -> Reply:
    [reply] = read_answer(an_answer({"custom": custom}), REQUEST)
    return reply


def test_which_text_is_said_is_kept() -> None:
    assert read(says="utter_answer").says == "utter_answer"
    assert read().says is None


def test_a_text_that_rasa_says_by_itself_is_known_by_its_response() -> None:
    [reply] = read_answer(an_answer({"response": "utter_default"}), REQUEST)

    assert reply.says == "utter_default"


@pytest.mark.parametrize("says", ["", "<b>", "utter answer", "utter_x\n", "UTTER", "x" * 65, 7, ["utter_x"]])
def test_what_is_no_key_of_a_text_makes_the_answer_none(says: object) -> None:
    with pytest.raises(AssistantFailed):
        read(says=says)


@pytest.mark.parametrize("field", ["question", "feedback"])
def test_what_is_carried_for_the_record_is_handed_on_and_shown_to_nobody(field: str) -> None:
    reply = read(**{field: {"band": "answer"}})

    assert getattr(reply, field) == {"band": "answer"}
    assert field not in reply.extras()


@pytest.mark.parametrize("field", ["question", "feedback"])
@pytest.mark.parametrize("value", [[], "answer", 7])
def test_what_is_no_object_is_no_answer(field: str, value: object) -> None:
    with pytest.raises(AssistantFailed):
        read(**{field: value})


def test_only_a_ticket_number_is_kept_as_one() -> None:
    assert read(ticket="INC-000001").ticket == "INC-000001"
    assert read(ticket="REQ-000001").ticket == "REQ-000001"
    assert read(ticket="INC-1; drop").ticket is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CUSTOM = st.dictionaries(
    st.sampled_from(("sources", "ticket", "says", "question", "feedback", "html")), JSON, max_size=5
)


@settings(deadline=None)
@given(custom=CUSTOM, buttons=JSON, text=JSON)
def test_whatever_comes_is_read_or_refused(custom: object, buttons: object, text: object) -> None:
    try:
        replies = read_answer(an_answer({"custom": custom, "buttons": buttons, "text": text}), REQUEST)
    except AssistantFailed:
        return
    assert all(reply.text for reply in replies)

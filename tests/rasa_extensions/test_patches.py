"""Each replaced function gives what the one it replaces gives."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.utils.common import all_subclasses

from bot.rasa_extensions import patches
from bot.rasa_extensions.versions import WrongVersion

ANSWERS: list[Any] = [
    {},
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "x", "value": None}], "responses": [{"text": "hi"}]},
    {"events": [{"event": "slot", "timestamp": None}]},
    {"events": [{"name": "x"}]},
    {"events": None},
    {"events": {}},
    {"responses": "hi"},
    {"responses": ["hi"]},
    {"responses": [{}], "events": [{"event": 1}]},
    [],
    None,
    "text",
    1,
    {"more": 1},
]


def _accepts(validate: Any, answer: Any) -> bool:
    action = RemoteAction("action_x", None)
    try:
        return bool(validate(action, answer))
    except ValidationError:
        return False


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_the_compiled_validator_accepts_what_the_stock_one_accepts(answer: Any) -> None:
    stock, ours = RemoteAction._validate_action_result, patches.compiled_validation()

    assert _accepts(ours, answer) is _accepts(stock, answer)


def test_the_answers_of_this_test_are_of_both_kinds() -> None:
    accepted = [_accepts(RemoteAction._validate_action_result, answer) for answer in ANSWERS]

    assert 3 <= sum(accepted) <= len(ANSWERS) - 3


def test_a_refused_answer_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as caught:
        patches.compiled_validation()(RemoteAction("action_x", None), {"events": "my secret"})

    assert "secret" not in str(caught.value)


def test_every_event_class_is_found_as_before() -> None:
    stock = Event.resolve_by_type
    ours = patches.memoised_resolution(stock)
    names = {kind.type_name for kind in all_subclasses(Event)}

    assert len(names) > 15
    for _ in range(2):
        assert {name: ours(name) for name in names} == {name: stock(name) for name in names}


def test_an_unknown_event_is_refused_or_defaulted_as_before() -> None:
    ours = patches.memoised_resolution(Event.resolve_by_type)

    with pytest.raises(ValueError, match="Unknown event"):
        ours("unknown")
    assert ours("unknown", SlotSet) is SlotSet
    assert ours("unknown", UserUttered) is UserUttered
    assert ours("topic") is None
    with pytest.raises(ValueError, match="Unknown event"):
        ours("unknown")


async def test_a_failure_is_noted_and_still_raised() -> None:
    async def stock(self: RemoteAction) -> None:
        raise ValueError("with somebody's words")

    with patches.failures_noted() as failures, pytest.raises(ValueError, match="words"):
        await patches.bounded_run(stock, 1)(RemoteAction("action_x", None))

    assert failures == ["ValueError"]


async def test_an_endless_action_is_cut_and_noted() -> None:
    async def stock(self: RemoteAction) -> None:
        await asyncio.sleep(60)

    with patches.failures_noted() as failures, pytest.raises(asyncio.TimeoutError):
        await patches.bounded_run(stock, 0.05)(RemoteAction("action_x", None))

    assert failures == ["TimeoutError"]


async def test_a_rejection_is_not_a_failure() -> None:
    async def stock(self: RemoteAction) -> None:
        raise ActionExecutionRejection("action_x")

    with patches.failures_noted() as failures, pytest.raises(ActionExecutionRejection):
        await patches.bounded_run(stock, 1)(RemoteAction("action_x", None))

    assert failures == []


async def test_turns_at_once_note_their_own_failures() -> None:
    async def turn(fails: bool) -> list[str]:
        with patches.failures_noted() as failures:
            await asyncio.sleep(0)
            if fails:
                await asyncio.ensure_future(_noting())
            await asyncio.sleep(0)
            return failures

    async def _noting() -> None:
        patches.note_failure("X")

    assert list(await asyncio.gather(turn(True), turn(False), turn(True))) == [["X"], [], ["X"]]


@pytest.fixture
def unpatched() -> Iterator[None]:
    kept = RemoteAction._validate_action_result, RemoteAction.run, Event.__dict__["resolve_by_type"]
    yield
    RemoteAction._validate_action_result, RemoteAction.run, Event.resolve_by_type = kept


def test_on_another_rasa_nothing_is_replaced(monkeypatch: pytest.MonkeyPatch, unpatched: None) -> None:
    before = RemoteAction.run
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "3.6.20")

    with pytest.raises(WrongVersion):
        patches.apply(4.0)

    assert RemoteAction.run is before


def test_applied_patches_replace_all_three(unpatched: None) -> None:
    before = (RemoteAction._validate_action_result, RemoteAction.run, Event.resolve_by_type)

    patches.apply(4.0)

    after = (RemoteAction._validate_action_result, RemoteAction.run, Event.resolve_by_type)
    assert not set(before) & set(after)
    assert Event.resolve_by_type("slot") is SlotSet

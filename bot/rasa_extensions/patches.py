"""Three replaced functions of Rasa 3.6.21, each shown by a test to give what the original gives.

- `RemoteAction._validate_action_result` compiles its JSON schema anew for every answer: 24 ms of 53.
- `Event.resolve_by_type` walks every event class for every stored event: a third of a long conversation.
- `RemoteAction.run` has no time limit worth the name, and its failure is swallowed by whoever called it: the
  turn goes on without the action's words. The failure is noted here, for the channel to find.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.shared.core.events import Event

from bot.rasa_extensions.versions import require_pinned_rasa

_failures: ContextVar[list[str]] = ContextVar("guichet_turn_failures")


@contextmanager
def failures_noted() -> Iterator[list[str]]:
    """Collects what fails in the turn that runs inside."""
    failures: list[str] = []
    token = _failures.set(failures)
    try:
        yield failures
    finally:
        _failures.reset(token)


def note_failure(kind: str) -> None:
    """Marks the running turn as failed; `kind` is a constant or a type's name, never somebody's words."""
    if (failures := _failures.get(None)) is not None:
        failures.append(kind)


def compiled_validation() -> Callable[[RemoteAction, Any], bool]:
    """`_validate_action_result` over a validator made once."""
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)

    def _validate_action_result(self: RemoteAction, result: Any) -> bool:
        error = next(validator.iter_errors(result), None)
        if error is None:
            return True
        raise ValidationError("the action server's answer does not have the shape of one")

    return _validate_action_result


def memoised_resolution(stock: Callable[..., type[Event] | None]) -> Callable[..., type[Event] | None]:
    """`resolve_by_type` that remembers the classes it found; unknown names are asked for again."""
    found: dict[str, type[Event]] = {}

    @functools.wraps(stock)
    def resolve_by_type(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        if (known := found.get(type_name)) is not None:
            return known
        kind = stock(type_name, default)
        if kind is not None and kind.type_name == type_name:
            found[type_name] = kind
        return kind

    return resolve_by_type


def bounded_run(stock: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """`RemoteAction.run` that ends in time and whose failure is not lost.

    A rejection is not a failure: it is how a form lets go of a message.
    """

    @functools.wraps(stock)
    async def run(self: RemoteAction, *args: Any, **kwargs: Any) -> Any:
        try:
            return await asyncio.wait_for(stock(self, *args, **kwargs), seconds)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            note_failure(type(error).__name__)
            raise

    return run


def apply(action_seconds: float) -> None:
    """Replaces the three functions. Raises WrongVersion on any Rasa but the one they were taken from."""
    require_pinned_rasa()
    RemoteAction._validate_action_result = compiled_validation()
    RemoteAction.run = bounded_run(RemoteAction.run, action_seconds)
    Event.resolve_by_type = staticmethod(memoised_resolution(Event.resolve_by_type))

"""Every state that the widget can show, by name, and the way there from a page that was just opened.

state = STATES["waiting_next"]
async with stage.visit(site=state.site, …) as visit:
    await state.bring(visit)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.browser.stage import Stage
from tests.browser.visit import Visit

BURST = 12
DESK: dict[str, Any] = {"message_burst": BURST, "messages_per_minute": 2}
"""The settings of a desk that can be asked too much at once, and only then."""

Bring = Callable[[Stage, Visit], Awaitable[None]]


@dataclass(frozen=True)
class State:
    """A state and the way there.

    Args:
        is_open: the frame is on the page; else the button alone.
        sizes: the windows that have it.
    """

    name: str
    bring: Bring
    site: str = "demo"
    is_open: bool = True
    sizes: tuple[str, ...] = ("phone", "wide")


STATES: dict[str, State] = {}


def state(
    *, site: str = "demo", is_open: bool = True, sizes: tuple[str, ...] = ("phone", "wide")
) -> Callable[[Bring], Bring]:
    """Put a way into the list, under its function's name."""

    def add(bring: Bring) -> Bring:
        STATES[bring.__name__] = State(bring.__name__, bring, site, is_open, sizes)
        return bring

    return add

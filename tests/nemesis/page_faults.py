"""What happens to pages in browsers, aimed: a connection that died unnoticed, a page left, an absence."""

from __future__ import annotations

from tests.nemesis.aim import Fault
from tests.nemesis.arena import Arena
from tests.nemesis.surfers import Surfer


def _somebody(arena: Arena) -> Surfer:
    return arena.rng.choice([person for person in arena.people if isinstance(person, Surfer)])


async def _into_the_void(arena: Arena) -> bool:
    await _somebody(arena).double("question")
    return True


async def _page_left(arena: Arena) -> bool:
    await _somebody(arena).leave_with_a_line_on_its_way("question")
    return True


async def _answered_meanwhile(arena: Arena) -> bool:
    """An agent takes over and says something while no browser reaches the desk."""
    assert arena.surfing is not None
    conversation = _somebody(arena).conversation
    with arena.surfing.wire.down():
        if not await arena.take(conversation):
            return False
        for _ in range(arena.rng.randint(2, 3)):
            await arena.say_as_agent(conversation)
        await arena.give_back(conversation)
    return True


PAGE_FAULTS = (
    Fault("a page's line into a dead connection", _into_the_void),
    Fault("a page opened again with a line on its way", _page_left),
    Fault("answers while a page is cut off", _answered_meanwhile),
)

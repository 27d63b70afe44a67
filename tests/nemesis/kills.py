"""F1 to F4: `kill -9` of the desk and of Rasa, each at the moment where it hurts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.nemesis import snares
from tests.nemesis.aim import (
    AIM_SECONDS,
    Fault,
    Fits,
    Which,
    anything,
    counting,
    opens_ticket,
    snared,
    to_actions,
    to_rasa,
)
from tests.nemesis.arena import Arena
from tests.nemesis.proxy import Act

How = Callable[[Arena, Callable[[], object]], Act]


async def _on_receipt(arena: Arena) -> bool:
    """Lines wait at the database, which somebody holds: the desk has them, and has not committed."""
    await arena.desk.until_up()
    async with arena.database_locked():
        for person in arena.people:
            person.wish("ticket")
        await asyncio.sleep(arena.rng.uniform(0.3, 0.8))
        return arena.kill(arena.desk, "F1 line received, not committed")


async def _at_ack(arena: Arena) -> bool:
    """As soon as a client has an acknowledgement in its hands."""
    await arena.desk.until_up()
    killed = asyncio.Event()

    def kill() -> None:
        if arena.kill(arena.desk, "F2 acknowledgement just out"):
            killed.set()

    arena.on_ack = kill
    arena.rng.choice(arena.people).wish("ticket")
    try:
        await asyncio.wait_for(killed.wait(), AIM_SECONDS)
    except TimeoutError:
        arena.on_ack = None
        return False
    return True


def _desk_dies(name: str, which: Which, how: How, *, wish: str = "question", fits: Fits = anything) -> Fault:
    def act(arena: Arena) -> Act:
        return how(arena, lambda: arena.kill(arena.desk, name))

    return _sure(snared(name, which, act, wish=wish, fits=fits))


def _rasa_dies(name: str, which: Which, how: How, *, wish: str = "question", fits: Fits = anything) -> Fault:
    def act(arena: Arena) -> Act:
        return how(arena, lambda: arena.kill(arena.rasa, name))

    return _sure(snared(name, which, act, wish=wish, fits=fits))


def _sure(fault: Fault) -> Fault:
    """Only a kill counts: the process may have been gone at that very moment."""
    return counting(fault, lambda arena: _killed(arena, fault.name))


def _killed(arena: Arena, point: str) -> int:
    return sum(times for (_, name), times in arena.kills.items() if name == point)


def _before(_: Arena, kill: Callable[[], object]) -> Act:
    return snares.before(kill)


def _answered(_: Arena, kill: Callable[[], object]) -> Act:
    return snares.lost(kill)


def _soon_after(arena: Arena, kill: Callable[[], object]) -> Act:
    return snares.after(arena.rng.uniform(0, 0.02), kill)


def _in_the_middle(arena: Arena, kill: Callable[[], object]) -> Act:
    return snares.during(arena.rng.uniform(0, 0.03), kill)


DESK_KILLS = (
    Fault("F1 line received, not committed", _on_receipt),
    _desk_dies("F2 committed, Rasa not yet asked", to_rasa, _before),
    _desk_dies("F3 Rasa has answered, nothing committed", to_rasa, _answered),
    _desk_dies(
        "F3 ticket opened, action not answered", to_actions, _answered, wish="ticket", fits=opens_ticket
    ),
    Fault("F2 acknowledgement just out", _at_ack),
    _desk_dies("F3 answer arrived, commit under way", to_rasa, _soon_after),
    _desk_dies("F3 Rasa has opened a ticket, nothing committed", to_rasa, _answered, wish="ticket"),
)

RASA_KILLS = (
    _rasa_dies(
        "F4 ticket opened by text, answer not read", to_actions, _answered, wish="ticket", fits=opens_ticket
    ),
    _rasa_dies(
        "F4 ticket opened by button, answer not read", to_actions, _answered, wish="person", fits=opens_ticket
    ),
    _rasa_dies("F4 in the middle of a turn", to_rasa, _in_the_middle),
    _rasa_dies("F4 turn saved, its answer not read", to_rasa, _answered, wish="ticket"),
    _rasa_dies("F4 search done, its answer not read", to_actions, _answered),
)

"""The faults of TRUST §5.4 that the spine must survive, each aimed at the moment where it hurts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.nemesis import snares
from tests.nemesis.arena import Arena
from tests.nemesis.processes import KeptProcess
from tests.nemesis.proxy import Act, Answer, Exchange, FaultProxy, Snare

AIM_SECONDS = 25.0
POKE_SECONDS = 1.0
Run = Callable[[Arena], Awaitable[bool]]


@dataclass(frozen=True)
class Fault:
    """One kind; `run` returns whether it came to pass within its time."""

    id: str
    name: str
    run: Run


def is_ticket_call(body: dict[str, Any]) -> bool:
    """An action call with an effect."""
    return body.get("next_action") == "action_open_ticket"


def anything(body: dict[str, Any]) -> bool:
    """Every call."""
    return True


async def trap(
    arena: Arena,
    proxy: FaultProxy,
    act: Act,
    *,
    wish: str = "question",
    fits: Callable[[dict[str, Any]], bool] = anything,
    times: int = 1,
) -> bool:
    """Lay a snare, and have people say things until it has sprung; wait until what it does is done."""
    snare = proxy.set(Snare(act, fits, times))
    try:
        async with asyncio.timeout(AIM_SECONDS):
            while not snare.sprung.is_set():
                arena.rng.choice(arena.people).wish(wish)
                try:
                    await asyncio.wait_for(snare.sprung.wait(), POKE_SECONDS)
                except TimeoutError:
                    continue
    except TimeoutError:
        return False
    else:
        await asyncio.wait_for(snare.done.wait(), 60)
        return True
    finally:
        if times == 1 or not snare.sprung.is_set():
            proxy.lift(snare)
        else:
            asyncio.get_running_loop().call_later(20, proxy.lift, snare)


def _snared(
    id_: str,
    name: str,
    proxy: Callable[[Arena], FaultProxy],
    act: Callable[[Arena], Act],
    *,
    wish: str = "question",
    fits: Callable[[dict[str, Any]], bool] = anything,
    times: int = 1,
) -> Fault:
    async def run(arena: Arena) -> bool:
        return await trap(arena, proxy(arena), act(arena), wish=wish, fits=fits, times=times)

    return Fault(id_, name, run)


def _to_rasa(arena: Arena) -> FaultProxy:
    return arena.to_rasa


def _to_actions(arena: Arena) -> FaultProxy:
    return arena.to_actions


# F1, F2, F3: the desk is killed


async def _kill_on_receipt(arena: Arena) -> bool:
    """Lines wait at the database, which somebody holds: the desk has them, and has not committed."""
    await arena.desk.until_up()
    async with arena.database_locked():
        for person in arena.people:
            person.wish("ticket")
        await asyncio.sleep(arena.rng.uniform(0.3, 0.8))
        return arena.kill(arena.desk, "F1 line received, not committed")


async def _kill_at_ack(arena: Arena) -> bool:
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


def _killing(process: Callable[[Arena], KeptProcess], point: str) -> Callable[[Arena], Callable[[], object]]:
    return lambda arena: lambda: arena.kill(process(arena), point)


def _desk(arena: Arena) -> KeptProcess:
    return arena.desk


def _rasa(arena: Arena) -> KeptProcess:
    return arena.rasa


def _desk_dies(
    name: str,
    proxy: Callable[[Arena], FaultProxy],
    how: Callable[[Arena, Callable[[], object]], Act],
    **more: Any,
) -> Fault:
    return _snared(name[:2], name, proxy, lambda arena: how(arena, _killing(_desk, name)(arena)), **more)


def _rasa_dies(
    name: str,
    proxy: Callable[[Arena], FaultProxy],
    how: Callable[[Arena, Callable[[], object]], Act],
    **more: Any,
) -> Fault:
    return _snared(name[:2], name, proxy, lambda arena: how(arena, _killing(_rasa, name)(arena)), **more)


DESK_KILLS = (
    Fault("F1", "F1 line received, not committed", _kill_on_receipt),
    Fault("F2", "F2 acknowledgement just out", _kill_at_ack),
    _desk_dies("F2 committed, Rasa not yet asked", _to_rasa, lambda arena, kill: snares.before(kill)),
    _desk_dies("F3 Rasa has answered, nothing committed", _to_rasa, lambda arena, kill: snares.lost(kill)),
    _desk_dies("F3 the same for a ticket", _to_rasa, lambda arena, kill: snares.lost(kill), wish="ticket"),
    _desk_dies(
        "F3 answer arrived, commit under way",
        _to_rasa,
        lambda arena, kill: snares.after(arena.rng.uniform(0, 0.02), kill),
    ),
    _desk_dies(
        "F3 ticket opened, action not answered",
        _to_actions,
        lambda arena, kill: snares.lost(kill),
        wish="ticket",
        fits=is_ticket_call,
    ),
)

RASA_KILLS = (
    _rasa_dies(
        "F4 action done, its answer not read",
        _to_actions,
        lambda arena, kill: snares.lost(kill),
    ),
    _rasa_dies(
        "F4 ticket opened by text, answer not read",
        _to_actions,
        lambda arena, kill: snares.lost(kill),
        wish="ticket",
        fits=is_ticket_call,
    ),
    _rasa_dies(
        "F4 ticket opened by button, answer not read",
        _to_actions,
        lambda arena, kill: snares.lost(kill),
        wish="button",
        fits=is_ticket_call,
    ),
    _rasa_dies(
        "F4 turn saved, its answer not read", _to_rasa, lambda arena, kill: snares.lost(kill), wish="ticket"
    ),
    _rasa_dies(
        "F4 in the middle of a turn",
        _to_rasa,
        lambda arena, kill: snares.during(arena.rng.uniform(0, 0.03), kill),
    ),
)


# F5, F6: actions


def _actions(name: str, act: Act, *, wish: str = "ticket", times: int = 1) -> Fault:
    fits = is_ticket_call if wish in ("ticket", "button") else anything
    return _snared(name[:2], name, _to_actions, lambda arena: act, wish=wish, fits=fits, times=times)


ACTION_FAULTS = (
    _actions("F5 ticket opened, action hangs", snares.slow(5)),
    _actions("F5 ticket opened, action answers 500", snares.instead(500, b"{}", done=True)),
    _actions("F5 ticket opened, 500 twice", snares.instead(500, b"{}", done=True), times=2),
    _actions("F5 search hangs", snares.deaf(5), wish="question"),
    _actions("F5 search hangs twice", snares.deaf(5), wish="question", times=2),
    _actions("F6 actions answer 500", snares.instead(500, b"{}", done=False), wish="question", times=6),
    _actions("F6 actions are down", snares.deaf(0), times=4),
)


# F7, F8, F9: Rasa


async def _rasa_away(arena: Arena) -> bool:
    """Nothing answers at its port, health included: the breaker opens, and closes again."""
    arena.to_rasa.is_cut = True
    try:
        for person in arena.people:
            person.wish("question")
        await asyncio.sleep(arena.rng.uniform(2, 5))
    finally:
        arena.to_rasa.is_cut = False
    return True


def _strange(name: str, act: Act, *, times: int = 1) -> Fault:
    return _snared(name[:2], name, _to_rasa, lambda arena: act, times=times)


RASA_FAULTS = (
    Fault("F7", "F7 Rasa away for seconds", _rasa_away),
    _strange("F8 Rasa answers after 2 s", snares.slow(2), times=4),
    _strange("F8 Rasa answers after 7 s", snares.slow(7), times=2),
    _strange("F8 Rasa answers after 30 s", snares.slow(30)),
    _strange("F8 Rasa drips", snares.drip(20)),
    _strange("F9 []", snares.instead(200, b"[]", done=False)),
    _strange("F9 [] for a turn that was done, twice", snares.instead(200, b"[]", done=True), times=2),
    _strange("F9 no replies", snares.changed(snares.without_replies)),
    _strange("F9 garbage", snares.instead(200, b"\xff\x00{" + snares.MARK.encode(), done=True)),
    _strange("F9 a page of HTML", snares.instead(200, snares.HTML, "text/html", done=False), times=2),
    _strange("F9 10 MB", snares.instead(200, snares.TEN_MEGABYTES, done=True), times=2),
    _strange("F9 replies for somebody else", snares.changed(snares.misaddressed), times=2),
    _strange("F9 the answer to another turn", snares.changed(snares.of_another_turn)),
    _strange("F9 status 502", snares.instead(502, b'{"error":"turn_failed"}', done=False), times=2),
)


# F10, F11: the database


def _locked(seconds: float) -> Run:
    async def run(arena: Arena) -> bool:
        async with arena.database_locked():
            for person in arena.people:
                person.wish("question")
            await asyncio.sleep(seconds)
        return True

    return run


async def _connections_cut(arena: Arena) -> bool:
    for _ in range(3):
        await arena.cut_database_connections()
        await asyncio.sleep(arena.rng.uniform(0.05, 0.5))
    return True


LOCK_FAULTS = (
    Fault("F10", "F10 database locked for 1 s", _locked(1)),
    Fault("F10", "F10 database locked for 7 s", _locked(7)),
)
POSTGRES_FAULTS = (Fault("F11", "F11 database connections cut", _connections_cut),)


# RL-7: an agent


async def _take_over_at_random(arena: Arena) -> bool:
    conversation = arena.rng.choice(arena.people).conversation
    if not await arena.take(conversation):
        return False
    for _ in range(arena.rng.randint(1, 3)):
        await asyncio.sleep(arena.rng.uniform(0, 0.4))
        await arena.say_as_agent(conversation)
    await arena.give_back(conversation)
    return True


def taken_over_with_the_answer_in_hand(arena: Arena, *, keeps: float) -> Act:
    """An agent takes the conversation while its answer is on the way, and says something."""

    async def act(exchange: Exchange) -> Answer:
        answer = await exchange.forward()
        conversation = str(exchange.body["sender"])
        if await arena.take(conversation):
            await arena.say_as_agent(conversation)
            giving = asyncio.create_task(_give_back_later(arena, conversation, keeps))
            if not keeps:
                await giving
            arena.errands.add(giving)
        return answer

    return act


async def _give_back_later(arena: Arena, conversation: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await arena.say_as_agent(conversation)
    await arena.give_back(conversation)


AGENT_FAULTS = (
    Fault("RL-7", "agent takes over at random", _take_over_at_random),
    _snared(
        "RL-7",
        "agent takes over while an answer is on its way",
        _to_rasa,
        lambda arena: taken_over_with_the_answer_in_hand(arena, keeps=1.0),
    ),
    _snared(
        "RL-7",
        "agent takes over while a ticket is being opened",
        _to_rasa,
        lambda arena: taken_over_with_the_answer_in_hand(arena, keeps=1.0),
        wish="ticket",
    ),
    _snared(
        "RL-7",
        "agent takes over and gives back within a turn",
        _to_rasa,
        lambda arena: taken_over_with_the_answer_in_hand(arena, keeps=0.0),
    ),
)

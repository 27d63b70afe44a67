"""F5 to F11, F16 and RL-7: actions, Rasa and the database misbehave, lines repeat, an agent takes over."""

from __future__ import annotations

import asyncio

from tests.nemesis import snares
from tests.nemesis.aim import (
    Fault,
    Run,
    adds_comment,
    anything,
    counting,
    opens_ticket,
    snared,
    to_actions,
    to_rasa,
)
from tests.nemesis.arena import Arena
from tests.nemesis.proxy import Act, Answer, Exchange, Snare

# F5, F6: actions

FITS = {"ticket": opens_ticket, "comment": adds_comment}


def _actions(name: str, act: Act, *, wish: str = "ticket", times: int = 1, is_long: bool = False) -> Fault:
    fits = FITS.get(wish, anything)
    return snared(name, to_actions, lambda arena: act, wish=wish, fits=fits, times=times, is_long=is_long)


ACTION_FAULTS = (
    _actions("F5 ticket opened, action hangs", snares.slow(5), is_long=True),
    _actions("F5 ticket opened, action answers 500", snares.instead(500, b"{}", done=True)),
    _actions("F5 ticket opened, 500 twice", snares.instead(500, b"{}", done=True), times=2),
    _actions("F5 comment added, action answers 500", snares.instead(500, b"{}", done=True), wish="comment"),
    _actions("F5 search hangs", snares.deaf(5), wish="question", is_long=True),
    _actions("F5 search hangs twice", snares.deaf(5), wish="question", times=2, is_long=True),
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


async def _deaf_to_one(arena: Arena) -> bool:
    """Two turns of one conversation, one behind the other, get no answer: the second waited for the first."""
    person = arena.rng.choice(arena.people)
    snare = arena.to_rasa.set(
        Snare(snares.deaf(30), lambda body: body.get("sender") == person.conversation, times=10)
    )
    try:
        for _ in range(2):
            await person.once("question")
            await asyncio.sleep(4)
        await asyncio.sleep(20)
        return snare.sprung.is_set()
    finally:
        arena.to_rasa.lift(snare)


def _strange(name: str, act: Act, *, times: int = 1, is_long: bool = False) -> Fault:
    return snared(name, to_rasa, lambda arena: act, times=times, is_long=is_long)


RASA_FAULTS = (
    Fault("F7 Rasa away for seconds", _rasa_away),
    _strange("F8 Rasa answers after 2 s", snares.slow(2), times=4),
    _strange("F8 Rasa answers after 7 s", snares.slow(7), times=2, is_long=True),
    _strange("F8 Rasa answers after 30 s", snares.slow(30), is_long=True),
    _strange("F8 Rasa drips", snares.drip(20), is_long=True),
    Fault("F8 Rasa is deaf to one conversation", _deaf_to_one, is_long=True),
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
    Fault("F10 database locked for 1 s", _locked(1)),
    Fault("F10 database locked for 7 s", _locked(7), is_long=True),
)
POSTGRES_FAULTS = (Fault("F11 database connections cut", _connections_cut),)


# F16: the same line again and again


async def _doubled(arena: Arena) -> bool:
    await arena.rng.choice(arena.people).double("question")
    return True


REPEATS = (Fault("F16 a line sent by every client at once", _doubled),)


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


_TAKEOVERS = (
    Fault("agent takes over at random", _take_over_at_random),
    snared(
        "agent takes over while an answer is on its way",
        to_rasa,
        lambda arena: taken_over_with_the_answer_in_hand(arena, keeps=1.0),
    ),
    snared(
        "agent takes over while a ticket is being opened",
        to_rasa,
        lambda arena: taken_over_with_the_answer_in_hand(arena, keeps=1.0),
        wish="ticket",
    ),
    snared(
        "agent takes over and gives back within a turn",
        to_rasa,
        lambda arena: taken_over_with_the_answer_in_hand(arena, keeps=0.0),
    ),
)
AGENT_FAULTS = tuple(
    counting(fault, lambda arena: arena.counts["conversations taken over"]) for fault in _TAKEOVERS
)

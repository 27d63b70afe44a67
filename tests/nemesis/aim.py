"""How a fault is aimed: a snare is laid, and people say things until it springs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.nemesis.arena import Arena
from tests.nemesis.proxy import Act, FaultProxy, Snare
from ticketing.intake.answers import Ending
from ticketing.intake.logic import Purpose
from ticketing.intake.reading import says

AIM_SECONDS = 25.0
POKE_SECONDS = 1.0
DONE_SECONDS = 60.0
# How long the rest of a snare for several calls stays where it is.
REST_SECONDS = 20.0

# What a form is filled in for, where that is a ticket.
FILED = {Purpose.INCIDENT.value, Purpose.REQUEST.value, Purpose.ACCESS.value}

Run = Callable[[Arena], Awaitable[bool]]
Fits = Callable[[dict[str, Any]], bool]
Which = Callable[[Arena], FaultProxy]


@dataclass(frozen=True)
class Fault:
    """One kind; `run` returns whether it came to pass within its time."""

    name: str
    run: Run
    is_long: bool = False


def anything(body: dict[str, Any]) -> bool:
    """Every call."""
    return True


def opens_ticket(body: dict[str, Any]) -> bool:
    """An action call that puts something on file: a person is asked for, or a form is sent off."""
    tracker = body.get("tracker", {})
    if body.get("next_action") == "action_ask_human":
        text = str(tracker.get("latest_message", {}).get("text") or "")
        return text.startswith("/") or says("person_wish", text)
    if body.get("next_action") != "action_finish_intake":
        return False
    slots = tracker.get("slots", {})
    is_filed = (slots.get("draft") or {}).get("purpose") in FILED
    return slots.get("ending") == Ending.PERSON or (is_filed and slots.get("ending") == Ending.SUBMIT)


def adds_comment(body: dict[str, Any]) -> bool:
    """An action call that adds what was said to a ticket."""
    return body.get("next_action") == "action_add_to_ticket"


def to_rasa(arena: Arena) -> FaultProxy:
    """Between the desk and Rasa."""
    return arena.to_rasa


def to_actions(arena: Arena) -> FaultProxy:
    """Between Rasa and the desk's actions."""
    return arena.to_actions


def snared(
    name: str,
    which: Which,
    act: Callable[[Arena], Act],
    *,
    wish: str = "question",
    fits: Fits = anything,
    times: int = 1,
    is_long: bool = False,
) -> Fault:
    """A fault that happens to the next calls that fit."""

    async def run(arena: Arena) -> bool:
        proxy = which(arena)
        snare = Snare(act(arena), fits, times)
        try:
            return await _spring(arena, proxy.set(snare), wish)
        finally:
            if snare.sprung.is_set():
                asyncio.get_running_loop().call_later(REST_SECONDS, proxy.lift, snare)
            else:
                proxy.lift(snare)

    return Fault(name, run, is_long)


def counting(fault: Fault, count: Callable[[Arena], int]) -> Fault:
    """The fault came to pass if this count has grown, whatever became of the call."""

    async def run(arena: Arena) -> bool:
        before = count(arena)
        await fault.run(arena)
        return count(arena) > before

    return Fault(fault.name, run, fault.is_long)


async def _spring(arena: Arena, snare: Snare, wish: str) -> bool:
    """Have people say what it takes; wait until what happens has happened."""
    for _ in range(int(AIM_SECONDS / POKE_SECONDS)):
        arena.rng.choice(arena.people).wish(wish)
        try:
            await asyncio.wait_for(snare.sprung.wait(), POKE_SECONDS)
        except TimeoutError:
            continue
        await asyncio.wait_for(snare.done.wait(), DONE_SECONDS)
        return not snare.is_spoiled
    return False

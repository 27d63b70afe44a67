"""What can happen to one call between the desk and Rasa, or between Rasa and the actions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from aiohttp import web

from tests.nemesis.proxy import Act, Answer, Exchange, Gone

MARK = "NEMESIS-NOT-TO-BE-SEEN"
HTML = f"<html><body><h1>502 {MARK}</h1></body></html>".encode()
TEN_MEGABYTES = b'{"replies":[{"text":"' + MARK.encode() + b"x" * 10_000_000 + b'"}]}'


def slow(seconds: float) -> Act:
    """The answer comes, and comes late."""

    async def act(exchange: Exchange) -> Answer:
        answer = await exchange.forward()
        await asyncio.sleep(seconds)
        return answer

    return act


def deaf(seconds: float) -> Act:
    """The call arrives nowhere, and the caller hears of it late."""

    async def act(exchange: Exchange) -> Answer:
        await asyncio.sleep(seconds)
        raise Gone

    return act


def lost(exchange_done: Callable[[], object] = lambda: None) -> Act:
    """The call is done, its answer never arrives; something may happen in between."""

    async def act(exchange: Exchange) -> Answer:
        await exchange.forward()
        exchange_done()
        raise Gone

    return act


def before(happening: Callable[[], object]) -> Act:
    """Something happens when the call comes, which then gets no answer."""

    async def act(exchange: Exchange) -> Answer:
        happening()
        raise Gone

    return act


def during(seconds: float, happening: Callable[[], object]) -> Act:
    """Something happens while the call is being answered."""

    async def act(exchange: Exchange) -> Answer:
        async def later() -> None:
            await asyncio.sleep(seconds)
            happening()

        waiting = asyncio.create_task(later())
        try:
            return await exchange.forward()
        finally:
            await waiting

    return act


def after(seconds: float, happening: Callable[[], object]) -> Act:
    """Something happens as soon as the answer has left."""

    async def act(exchange: Exchange) -> web.StreamResponse:
        response = await exchange.write(await exchange.forward())
        await asyncio.sleep(seconds)
        happening()
        return response

    return act


def instead(status: int, body: bytes, content_type: str = "application/json", *, done: bool) -> Act:
    """The caller gets this, whether the call was done or not."""

    async def act(exchange: Exchange) -> Answer:
        if done:
            await exchange.forward()
        return Answer(status, body, content_type)

    return act


def changed(change: Callable[[dict[str, object]], None]) -> Act:
    """The answer with something in it changed."""

    async def act(exchange: Exchange) -> Answer:
        answer = await exchange.forward()
        if answer.status != 200:
            return answer
        body = json.loads(answer.body)
        change(body)
        return Answer(200, json.dumps(body).encode())

    return act


def drip(seconds: float) -> Act:
    """The answer comes byte by byte and is never complete."""

    async def act(exchange: Exchange) -> web.StreamResponse:
        answer = await exchange.forward()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(exchange.request)
        deadline = asyncio.get_running_loop().time() + seconds
        for byte in answer.body:
            if asyncio.get_running_loop().time() > deadline:
                break
            await response.write(bytes([byte]))
            await asyncio.sleep(0.5)
        raise Gone

    return act


def misaddressed(body: dict[str, object]) -> None:
    """Every reply goes to somebody else."""
    replies = body["replies"]
    assert isinstance(replies, list)
    for reply in replies:
        reply["recipient_id"] = "0" * 32
        reply["text"] = MARK


def of_another_turn(body: dict[str, object]) -> None:
    """The answer is one to another turn."""
    body["turn_id"] = "f" * 32


def without_replies(body: dict[str, object]) -> None:
    """Nothing is said."""
    body["replies"] = []

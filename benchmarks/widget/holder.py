"""Holds many idle sockets open, as many browsers would: `python -m benchmarks.widget.holder URL COUNT`.

A process of its own, so that nothing of it is counted as the desk's. Every socket has a visitor, a
conversation and everything a widget does after its hello, which is to wait and to answer pings. They come
from as many loopback addresses as the desk's bound per address asks for. It says `open N` when they are,
`lost N` for each line on its input, and goes when that ends.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import aiohttp

SITE = "demo"
PER_ADDRESS = 20
AT_ONCE = 16
# What a browser sends along: the desk keeps a request for as long as its socket is open.
LIKE_A_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,fr;q=0.8",
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
}
OPENING_SECONDS = 300.0


class Holder:
    """The visitors of one address each, and what their sockets have heard."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sessions: list[aiohttp.ClientSession] = []
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []
        self._reading: list[asyncio.Task[None]] = []
        self._turnstile = asyncio.Semaphore(AT_ONCE)
        self.lost = 0

    async def open(self, count: int) -> None:
        """As many sockets, each of its own visitor.

        Raises:
            TimeoutError, aiohttp.ClientError: the desk does not take them.
        """
        async with asyncio.timeout(OPENING_SECONDS):
            self._sockets = await asyncio.gather(
                *(self._enter(self._session(number)) for number in range(count))
            )
        self._reading = [asyncio.create_task(self._hold(socket)) for socket in self._sockets]

    async def close(self) -> None:
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in self._sockets), return_exceptions=True)
        for session in self._sessions:
            await session.close()

    def _session(self, number: int) -> aiohttp.ClientSession:
        if number % PER_ADDRESS == 0:
            place = number // PER_ADDRESS
            address = f"127.0.{1 + place // 250}.{1 + place % 250}"
            connector = aiohttp.TCPConnector(limit=0, local_addr=(address, 0))
            self._sessions.append(aiohttp.ClientSession(connector=connector, headers={"Origin": self._url}))
        return self._sessions[-1]

    async def _enter(self, http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        async with self._turnstile:
            async with http.post(f"{self._url}/chat/v1/session", json={"site": SITE}) as answer:
                answer.raise_for_status()
                token = (await answer.json())["token"]
            socket = await http.ws_connect(
                f"{self._url}/chat/v1/socket", params={"site": SITE}, headers=LIKE_A_BROWSER
            )
            await socket.send_json({"type": "hello", "token": token, "new": True})
            welcome = await socket.receive_json()
            for _ in range(welcome["last_seq"]):
                await socket.receive()
            return socket

    async def _hold(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for _ in socket:
            pass
        self.lost += 1


async def hold(url: str, count: int) -> None:
    """Until the input ends."""
    holder = Holder(url)
    try:
        await holder.open(count)
        print(f"open {count}", flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(f"lost {holder.lost}", flush=True)
    finally:
        await holder.close()


def main(given: Sequence[str] | None = None) -> None:
    url, count = given or sys.argv[1:]
    asyncio.run(hold(url, int(count)))


if __name__ == "__main__":
    main()

"""Calls the desk's action listener: one kept connection, a secret, and answers of a bounded size."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

SECRET_HEADER = "X-Guichet-Secret"  # noqa: S105 - a header's name
MOST_BYTES = 1 << 20
# Shorter than the listener's own, so that a connection is never used while the other side closes it.
IDLE_SECONDS = 10.0


class ActionEndpoint(EndpointConfig):  # type: ignore[misc]
    """Rasa opens a session and a connection per call, and quotes error bodies; this does neither.

    The domain is not posted: the actions know their own, and it is most of the body.
    """

    def __init__(self, url: str, secret: str, seconds: float) -> None:
        super().__init__(url, headers={SECRET_HEADER: secret}, enable_selective_domain=True)
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                headers=self.headers,
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The answer's JSON. Raises ClientResponseError on an error status, ValueError if it is no JSON."""
        async with self.session().post(
            self.url, json=kwargs["json"], allow_redirects=False, timeout=self._timeout
        ) as response:
            body = await response.content.read(MOST_BYTES + 1)
            while not response.content.at_eof() and len(body) <= MOST_BYTES:
                body += await response.content.read(MOST_BYTES + 1 - len(body))
            if response.status == 400:  # a form's rejection, told in the body
                raise ClientResponseError(400, "rejected", body.decode(errors="replace"))
            if response.status != 200:
                raise ClientResponseError(response.status, "refused", "")
        if len(body) > MOST_BYTES:
            raise ValueError("the action's answer is too large")
        return json.loads(body)

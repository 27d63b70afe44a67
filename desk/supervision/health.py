"""Asking a child over loopback HTTP whether it is well."""

from collections.abc import Awaitable, Callable, Mapping

import aiohttp


def answers_ok(url: str, headers: Mapping[str, str] | None = None) -> Callable[[], Awaitable[bool]]:
    """A question that is answered yes when GET gives 200; any failure is a no."""

    async def ask() -> bool:
        try:
            # trust_env stays off: a proxy of the machine has no business with loopback.
            async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False

    return ask

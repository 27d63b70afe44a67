"""Lets go of pictures that no line shows, a bounded number at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from desk.pictures.vault import Vault
from storage.database import Database, DatabaseUnavailable
from ticketing.pictures.operations import forget_removed, give_up_unused

log = logging.getLogger(__name__)

EVERY_SECONDS = 600.0
AT_ONCE = 100


class Sweeper:
    """Decides in the database, removes the files, and only then forgets: a crash in between loses nothing."""

    def __init__(
        self, database: Database, vault: Vault, threads: ThreadPoolExecutor, now: Callable[[], datetime]
    ) -> None:
        self._database, self._vault, self._threads, self._now = database, vault, threads, now

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.sweep()
            except (DatabaseUnavailable, OSError) as error:
                log.warning("pictures_could_not_be_swept", extra={"error": type(error).__name__})
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> None:
        """Once, all that there is."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._vault.clear_leftovers)
        while True:
            removed = await self._database.awrite(give_up_unused, now=self._now(), limit=AT_ONCE)
            if not removed:
                return
            await loop.run_in_executor(self._threads, self._vault.remove, removed)
            await self._database.awrite(forget_removed, removed)

"""Sends what the outbox holds: after the commit, at least once, giving up visibly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from notices.mail.port import Mail, MailPort, MailRefused
from notices.outbox.operations import Parcel, claim_parcels, has_waiting, mark_failed, mark_sent
from storage.database import Database, DatabaseUnavailable

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


class Dispatcher:
    """Takes parcels that are due and hands each to its port."""

    def __init__(self, database: Database, mail: MailPort, now: Callable[[], datetime]) -> None:
        self._database, self._mail, self._now = database, mail, now

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if await self._database.aread(has_waiting, now=self._now()):
                    await self.send_due()
            except DatabaseUnavailable:
                log.warning("outbox_could_not_be_read")
            await asyncio.sleep(EVERY_SECONDS)

    async def send_due(self) -> None:
        """Send what is due now, in the order it was written."""
        for parcel in await self._database.awrite(claim_parcels, now=self._now()):
            await self._send(parcel)

    async def _send(self, parcel: Parcel) -> None:
        try:
            mail = Mail(parcel.key, parcel.recipient, parcel.payload["subject"], parcel.payload["text"])
            await asyncio.to_thread(self._mail.send, mail)
        except Exception as error:  # noqa: BLE001 - one letter that cannot be sent must not hold up the others
            # The text of an error that is not the port's own may quote the letter.
            why = str(error) if isinstance(error, MailRefused) else type(error).__name__
            is_dead = await self._database.awrite(mark_failed, parcel.id, why=why, now=self._now())
            log.warning("parcel_not_sent", extra={"parcel": parcel.id, "given_up": is_dead})
        else:
            await self._database.awrite(mark_sent, parcel.id, now=self._now())

"""Sends what the outbox holds: after the commit, at least once, giving up visibly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from notices.mail.port import Mail, MailPort, MailRefused
from notices.outbox.operations import Parcel, claim_parcels, has_waiting, mark_failed, mark_sent
from storage.database import Database, DatabaseUnavailable
from ticketing.conversations.telling import say_in_conversation
from ticketing.tickets.announcing import CONVERSATION

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


class Dispatcher:
    """Takes parcels that are due and hands each to its port."""

    def __init__(
        self,
        database: Database,
        mail: MailPort,
        now: Callable[[], datetime],
        *,
        public_url: str = "",
        ring: Callable[[str], None] = lambda conversation: None,
    ) -> None:
        self._database, self._mail, self._now = database, mail, now
        self._public_url, self._ring = public_url, ring

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
        if parcel.port == CONVERSATION:
            return await self._say(parcel)
        try:
            link = parcel.payload.get("link")
            text = parcel.payload["text"] + (f"\n\n{self._public_url}{link}" if link else "")
            mail = Mail(parcel.key, parcel.recipient, parcel.payload["subject"], text)
            await asyncio.to_thread(self._mail.send, mail)
        except Exception as error:  # noqa: BLE001 - one letter that cannot be sent must not hold up the others
            # The text of an error that is not the port's own may quote the letter.
            why = str(error) if isinstance(error, MailRefused) else type(error).__name__
            is_dead = await self._database.awrite(mark_failed, parcel.id, why=why, now=self._now())
            log.warning("parcel_not_sent", extra={"parcel": parcel.id, "given_up": is_dead})
        else:
            await self._database.awrite(mark_sent, parcel.id, now=self._now())

    async def _say(self, parcel: Parcel) -> None:
        """A line of the desk in a conversation: written and marked as sent in one transaction, so once."""
        try:
            conversation = await self._database.awrite(
                say_in_conversation, parcel, public_url=self._public_url, now=self._now()
            )
        except DatabaseUnavailable:
            log.warning("parcel_not_sent", extra={"parcel": parcel.id, "given_up": False})
            return  # due again when the claim has run out
        self._ring(conversation)

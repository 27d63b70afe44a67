"""Sends what the outbox holds: after the commit, at least once, giving up visibly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from desk.gateway.letter_links import NO_LINKS, LetterLinks
from notices.mail.port import Mail, MailPort, MailRefused
from notices.outbox.operations import (
    Parcel,
    claim_parcels,
    forget_old,
    has_waiting,
    mark_failed,
    mark_sent,
)
from storage.database import Database, DatabaseUnavailable
from ticketing.conversations.telling import say_in_conversation
from ticketing.tickets.announcing import CONVERSATION

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
FORGETS_EVERY = timedelta(hours=1)
AT_ONCE = 4
"""How many letters are on their way at the same time; mail servers dislike more from one sender."""
BATCH = 2 * AT_ONCE
"""How many are taken in one go: few enough to be through before their claims end, should the server hang."""


class Dispatcher:
    """Takes parcels that are due and hands each to its port.

    Args:
        links: makes what letters lead to.
        public_url: where the desk is for people; links in a conversation are paths on it.
        ring: called with a conversation's id when something was said in it.
    """

    def __init__(
        self,
        database: Database,
        mail: MailPort,
        now: Callable[[], datetime],
        *,
        links: LetterLinks = NO_LINKS,
        public_url: str = "",
        ring: Callable[[str], None] = lambda conversation: None,
    ) -> None:
        self._database, self._mail, self._now = database, mail, now
        self._links, self._public_url, self._ring = links, public_url, ring
        self._on_the_way = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Until cancelled."""
        forgets_at = self._now()
        while True:
            try:
                if await self._database.aread(has_waiting, now=self._now()):
                    await self.send_due()
                if self._now() >= forgets_at:
                    forgets_at = self._now() + FORGETS_EVERY
                    await self._database.ain_batches(forget_old, now=self._now())
            except DatabaseUnavailable:
                log.warning("outbox_could_not_be_read")
            await asyncio.sleep(EVERY_SECONDS)

    async def send_due(self) -> None:
        """Send what is due now: several at once, but what one recipient gets of one ticket in its order."""
        while True:
            parcels = await self._database.awrite(claim_parcels, now=self._now(), limit=BATCH)
            async with asyncio.TaskGroup() as group:
                for thread in _threads(parcels):
                    group.create_task(self._send_in_turn(thread))
            if len(parcels) < BATCH:
                return

    async def _send_in_turn(self, parcels: Iterable[Parcel]) -> None:
        async with self._on_the_way:
            for parcel in parcels:
                try:
                    if not await self._send(parcel):
                        return  # what comes after it waits too, until its claim ends
                except DatabaseUnavailable:
                    # Whether it left is not on file: due again, under the same key, when its claim ends.
                    log.warning("parcel_not_settled", extra={"parcel": parcel.id})
                    return

    async def _send(self, parcel: Parcel) -> bool:
        """Returns whether the next of its thread may follow."""
        try:
            if parcel.port == CONVERSATION:
                await self._say(parcel)
            else:
                await self._mail.send(self._mail_of(parcel))
                await self._database.awrite(mark_sent, parcel.id, now=self._now())
        except DatabaseUnavailable:
            raise
        except MailRefused as error:
            return await self._failed(parcel, str(error), is_final=error.is_permanent)
        except Exception as error:  # noqa: BLE001 - one letter that cannot be sent must not hold up the others
            # The text of an error that is not the port's own may quote the letter.
            return await self._failed(parcel, type(error).__name__, is_final=False)
        return True

    async def _failed(self, parcel: Parcel, why: str, *, is_final: bool) -> bool:
        is_dead = await self._database.awrite(
            mark_failed, parcel.id, why=why, now=self._now(), is_final=is_final
        )
        log.warning("parcel_not_sent", extra={"parcel": parcel.id, "given_up": is_dead})
        return is_dead

    def _mail_of(self, parcel: Parcel) -> Mail:
        payload = parcel.payload
        return Mail(
            key=parcel.key,
            to=parcel.recipient,
            subject=payload["subject"],
            text=payload["text"],
            at=parcel.created_at,
            language=payload.get("language", "en"),
            links=self._links.of(parcel),
            thread=payload.get("ticket"),
        )

    async def _say(self, parcel: Parcel) -> None:
        """A line of the desk in a conversation: written and marked as sent in one transaction, so once."""
        conversation = await self._database.awrite(
            say_in_conversation, parcel, public_url=self._public_url, now=self._now()
        )
        if conversation is not None:
            self._ring(conversation)


def _threads(parcels: Iterable[Parcel]) -> list[list[Parcel]]:
    """Parcels that must keep their order, together: of one ticket, for one recipient."""
    threads: dict[tuple[str, str, str], list[Parcel]] = {}
    for parcel in parcels:
        key = (parcel.port, parcel.recipient, str(parcel.payload.get("ticket") or parcel.key))
        threads.setdefault(key, []).append(parcel)
    return list(threads.values())

"""The gateway that channels talk to: records what comes in, rings, and lets viewers read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from bot.channels.web.port import Bell as BellPort
from bot.channels.web.port import Entered, SignedSession
from desk.gateway.doorbells import TURN_WAITING, Bell, Doorbells
from desk.gateway.turns import TurnRunner
from desk.gateway.visits import (
    GatewayOptions,
    Wish,
    access_visited,
    choose_language,
    end_visit,
    enter_conversation,
    open_visit,
    receive_line,
)
from identity.sites.errors import VisitorRefused
from identity.sites.operations import access_site
from identity.visitors.logic import VisitorToken, read_visitor_token, sign_visitor_token
from storage.database import Database, DatabaseUnavailable
from ticketing.conversations.operations import Hearing, Inbound, Recorded
from ticketing.conversations.queries import News, news_for_visitor
from ticketing.turns.queue import wait_while_typing

log = logging.getLogger(__name__)

MANY_WAITING = 1_000


class Switchboard:
    """Implements `bot.channels.web.port.Gateway`. When a method returns, its change is committed."""

    def __init__(
        self,
        database: Database,
        doorbells: Doorbells,
        *,
        epoch: str,
        runner: TurnRunner,
        options: GatewayOptions,
        now: Callable[[], datetime],
    ) -> None:
        self._database, self._doorbells, self._runner = database, doorbells, runner
        self._epoch, self._options, self._now = epoch, options, now
        # Conversations whose turn waits for further lines, and until when.
        self._waiting: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def check_origin(self, site_key: str, origin: str | None) -> None:
        await self._database.aread(access_site, site_key, origin, own=self._options.own_origins)

    async def open_session(
        self, *, site_key: str, origin: str | None, language: str | None, identity: str | None
    ) -> SignedSession:
        opened, person = await self._database.awrite(
            open_visit, site_key, origin, language, identity, self._options, self._now()
        )
        token = sign_visitor_token(opened.token, key=self._options.visitor_key, expires_at=opened.expires_at)
        return SignedSession(token, opened.expires_at, person)

    def read_token(self, text: str | None) -> VisitorToken:
        if not text:
            raise VisitorRefused
        return read_visitor_token(text, key=self._options.visitor_key, now=self._now())

    def is_epoch(self, epoch: str | None) -> bool:
        return epoch is None or epoch == self._epoch

    async def enter(
        self,
        token: VisitorToken,
        *,
        origin: str | None,
        conversation: str | None,
        is_new: bool,
        since: int,
        epoch: str | None,
        language: str | None,
    ) -> Entered:
        wish = Wish(conversation, is_new, since if self.is_epoch(epoch) else -1, language)
        entered = await self._database.awrite(
            enter_conversation, token, origin, wish, self._options, self._epoch, self._now()
        )
        if language is not None:
            # Other viewers are told of another language at once.
            self._doorbells.ring(entered.conversation)
        return entered

    async def access(self, token: VisitorToken, conversation: str, *, origin: str | None) -> int:
        return await self._database.aread(
            access_visited, token, conversation, origin, self._options, self._now()
        )

    async def receive(self, token: VisitorToken, conversation: str, inbound: Inbound) -> Recorded:
        # Before the transaction: what a line tells does not depend on what is on file.
        hearing = self._hear(inbound)
        with self._runner.reserve() as owner:
            recorded = await self._database.awrite(
                receive_line, token, conversation, inbound, owner, hearing, self._options, self._now()
            )
            if recorded.claimed is not None:
                self._runner.start(recorded.claimed)
        self._doorbells.ring(conversation)
        if recorded.turn is not None and not recorded.is_duplicate:
            self._have_answered(conversation, recorded)
        return recorded

    def _hear(self, inbound: Inbound) -> Hearing:
        options = self._options
        is_typed = inbound.button_id is None
        sighting = options.sight(inbound.text) if options.sight is not None and is_typed else None
        return Hearing(sighting, options.window, options.first_contact)

    def _have_answered(self, conversation: str, recorded: Recorded) -> None:
        """See that somebody takes the turn: at once, or when it has waited for further lines."""
        if recorded.ready_at is not None:
            self._waiting[conversation] = recorded.ready_at
            self._runner.look_at(recorded.ready_at)
            self._forget_past(self._now())
            return
        self._waiting.pop(conversation, None)
        if recorded.claimed is None:
            self._doorbells.ring(TURN_WAITING)

    def _forget_past(self, now: datetime) -> None:
        if len(self._waiting) > MANY_WAITING:
            self._waiting = {name: until for name, until in self._waiting.items() if until > now}

    async def set_language(self, token: VisitorToken, conversation: str, language: str) -> None:
        await self._database.awrite(
            choose_language, token, conversation, language, self._options, self._now()
        )
        self._doorbells.ring(conversation)

    async def leave(self, token: VisitorToken, *, origin: str | None) -> None:
        conversations = await self._database.awrite(end_visit, token, origin, self._options, self._now())
        # Whoever reads with this session looks again, and is refused.
        for conversation in conversations:
            self._doorbells.ring(conversation)

    async def news(self, token: VisitorToken, conversation_id: int, since: int) -> News:
        return await self._database.aread(
            news_for_visitor, conversation_id, since, visitor=token.session_id, now=self._now()
        )

    def listen(self, conversation: str) -> Bell:
        return self._doorbells.listen(conversation)

    def stop_listening(self, conversation: str, bell: BellPort) -> None:
        if isinstance(bell, Bell):
            self._doorbells.stop_listening(conversation, bell)

    def typing(self, conversation: str, bell: BellPort | None) -> None:
        self._doorbells.ring_locally(conversation, typed_by="person", except_for=bell)
        # Once for each turn that waits: a flood of frames costs nothing.
        if (until := self._waiting.pop(conversation, None)) is not None and until > self._now():
            task = asyncio.create_task(self._wait_on(conversation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _wait_on(self, conversation: str) -> None:
        try:
            until = await self._database.awrite(
                wait_while_typing, conversation, now=self._now(), window=self._options.window
            )
        except DatabaseUnavailable:
            log.warning("waiting_turn_could_not_be_kept")
            return
        if until is not None:
            self._runner.look_at(until)

"""What visitors do with their own tickets: each is one transaction that knows who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot.channels.web.port import KeptFile, TicketChange
from desk.gateway.visits import GatewayOptions, access_holder, access_visitor
from identity.visitors.logic import VisitorToken
from identity.visitors.operations import touch_session
from storage.database import Database
from ticketing.tickets.fetching import FoundFile, own_file, whole_file
from ticketing.tickets.files import Files
from ticketing.tickets.history import OwnStory, own_story
from ticketing.tickets.letters import Team
from ticketing.tickets.queries import Moment, OwnTicket, own_tickets
from ticketing.tickets.requesters import OwnWords, Written, reopen_as_requester, reply_as_requester

MOST_TICKETS = 50

Write = Callable[..., Written]


class RequesterDesk:
    """Implements `bot.channels.web.port.TicketDesk`."""

    def __init__(
        self,
        database: Database,
        options: GatewayOptions,
        team: Team,
        files: Files,
        now: Callable[[], datetime],
    ) -> None:
        self._database, self._options, self._team, self._now = database, options, team, now
        self._files = files

    async def tickets(
        self, token: VisitorToken, *, origin: str | None, language: str | None
    ) -> tuple[OwnTicket, ...]:
        def look(session: Session) -> tuple[OwnTicket, ...]:
            person_id = self._person(session, token, origin)
            return own_tickets(
                session, person_id, open_only=False, limit=MOST_TICKETS, language=language, at=self._moment()
            )

        return await self._database.aread(look)

    async def ticket(
        self, token: VisitorToken, number: str, *, origin: str | None, language: str | None
    ) -> OwnStory:
        def look(session: Session) -> OwnStory:
            person_id = self._person(session, token, origin)
            return own_story(session, person_id, number, language=language, at=self._moment())

        return await self._database.aread(look)

    async def reply(
        self, token: VisitorToken, words: OwnWords, *, origin: str | None, language: str | None
    ) -> TicketChange:
        return await self._write(reply_as_requester, token, words, origin, language)

    async def reopen(
        self, token: VisitorToken, words: OwnWords, *, origin: str | None, language: str | None
    ) -> TicketChange:
        reopen = partial(reopen_as_requester, window=self._options.reopen_window)
        return await self._write(reopen, token, words, origin, language)

    async def file(self, token: VisitorToken, number: str, entry: int, *, origin: str | None) -> KeptFile:
        def look(session: Session) -> FoundFile:
            holder = access_holder(session, token, origin, self._options, self._now())
            return own_file(session, holder.person.id, number, entry)

        found = await self._database.aread(look)
        path = await asyncio.to_thread(whole_file, self._files, found.digest)
        return KeptFile(path, found.name, found.media_type)

    def _moment(self) -> Moment:
        return Moment(self._now(), self._options.reopen_window)

    async def _write(
        self, write: Write, token: VisitorToken, words: OwnWords, origin: str | None, language: str | None
    ) -> TicketChange:
        now = self._now()

        def act(session: Session) -> TicketChange:
            person_id = self._person(session, token, origin)
            touch_session(session, token.session_id, now=now)
            written = write(
                session,
                person_id,
                words,
                team=self._team,
                character_limit=self._options.characters,
                now=now,
            )
            story = own_story(session, person_id, written.number, language=language, at=self._moment())
            return TicketChange(story, written.entry, written.is_duplicate)

        return await self._database.awrite(act)

    def _person(self, session: Session, token: VisitorToken, origin: str | None) -> int:
        return access_visitor(session, token, origin, self._options, self._now()).person.id

"""The gateway that channels talk to: records what comes in, rings, and lets viewers read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.channels.web.port import Bell as BellPort
from bot.channels.web.port import Entered, SignedSession
from desk.gateway.doorbells import TURN_WAITING, Bell, Doorbells
from desk.gateway.turns import TurnRunner
from identity.people.operations import KnownPerson, OutsideIdentity, add_anonymous_person, recognise_person
from identity.sites.errors import HostIdentityRefused, VisitorRefused
from identity.sites.operations import access_site, spend_host_identity
from identity.visitors.logic import VisitorToken, read_visitor_token, sign_visitor_token
from identity.visitors.operations import (
    OpenedSession,
    SessionLife,
    access_session,
    open_session,
    touch_session,
)
from storage.database import Database
from ticketing.conversations.operations import (
    CHANNEL_WEB,
    Inbound,
    Recorded,
    open_conversation,
    receive_message,
    set_language,
)
from ticketing.conversations.queries import (
    News,
    access_conversation,
    latest_conversation,
    news_since,
    status_of,
)


@dataclass(frozen=True)
class GatewayOptions:
    """What the settings decide here."""

    visitor_key: str
    session_life: SessionLife
    default_language: str
    characters: int


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

    async def check_origin(self, site_key: str, origin: str | None) -> None:
        await self._database.aread(access_site, site_key, origin)

    async def open_session(
        self, *, site_key: str, origin: str | None, language: str | None, identity: str | None
    ) -> SignedSession:
        opened, person = await self._database.awrite(
            _open_session, site_key, origin, language, identity, self._options, self._now()
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
        wish = _Wish(conversation, is_new, since if self.is_epoch(epoch) else -1, language)
        entered = await self._database.awrite(
            _enter, token, origin, wish, self._options, self._epoch, self._now()
        )
        if language is not None:
            # Other viewers are told of another language at once.
            self._doorbells.ring(entered.conversation)
        return entered

    async def access(self, token: VisitorToken, conversation: str, *, origin: str | None) -> int:
        return await self._database.aread(_access, token, conversation, origin, self._options, self._now())

    async def receive(self, token: VisitorToken, conversation: str, inbound: Inbound) -> Recorded:
        with self._runner.reserve() as owner:
            recorded = await self._database.awrite(
                _receive, token, conversation, inbound, owner, self._options, self._now()
            )
            if recorded.claimed is not None:
                self._runner.start(recorded.claimed)
        self._doorbells.ring(conversation)
        if recorded.turn is not None and not recorded.is_duplicate and recorded.claimed is None:
            self._doorbells.ring(TURN_WAITING)
        return recorded

    async def set_language(self, token: VisitorToken, conversation: str, language: str) -> None:
        await self._database.awrite(_set_language, token, conversation, language, self._options, self._now())
        self._doorbells.ring(conversation)

    async def news(self, conversation_id: int, since: int) -> News:
        return await self._database.aread(news_since, conversation_id, since)

    def listen(self, conversation: str) -> Bell:
        return self._doorbells.listen(conversation)

    def stop_listening(self, conversation: str, bell: BellPort) -> None:
        if isinstance(bell, Bell):
            self._doorbells.stop_listening(conversation, bell)

    def typing(self, conversation: str, bell: BellPort | None) -> None:
        self._doorbells.ring_locally(conversation, typed_by="person", except_for=bell)


@dataclass(frozen=True)
class _Wish:
    """What a hello asks for; a position of -1 is one of another ledger."""

    conversation: str | None
    is_new: bool
    since: int
    language: str | None


def _open_session(
    session: Session,
    site_key: str,
    origin: str | None,
    language: str | None,
    identity: str | None,
    options: GatewayOptions,
    now: datetime,
) -> tuple[OpenedSession, KnownPerson]:
    site = access_site(session, site_key, origin)
    if identity is not None:
        vouched = spend_host_identity(session, site_key, identity, now=now)
        outside = OutsideIdentity(vouched.issuer, vouched.subject, vouched.name, vouched.email)
        person = recognise_person(
            session, outside, language=language, default_language=options.default_language, now=now
        )
    elif site.is_identity_required:
        # Required means required: nothing is opened, nothing is stored (TRUST WW-7).
        raise HostIdentityRefused("this site requires one")
    else:
        person = add_anonymous_person(session, language=language or options.default_language, now=now)
    opened = open_session(session, site_key=site_key, person_id=person.id, life=options.session_life, now=now)
    return opened, person


def _enter(
    session: Session,
    token: VisitorToken,
    origin: str | None,
    wish: _Wish,
    options: GatewayOptions,
    epoch: str,
    now: datetime,
) -> Entered:
    access_site(session, token.site_key, origin)
    visitor = access_session(session, token, life=options.session_life, now=now)
    touch_session(session, token.session_id, now=now)
    person = visitor.person
    conversation = wish.conversation
    if conversation is None and not wish.is_new:
        conversation = latest_conversation(session, person_id=person.id, site_key=token.site_key)
    if conversation is None:
        conversation = open_conversation(
            session,
            person_id=person.id,
            site_key=token.site_key,
            channel=CHANNEL_WEB,
            language=wish.language or person.language,
            now=now,
        )
    elif wish.language is not None:
        set_language(session, conversation, wish.language, person_id=person.id, now=now)
    conversation_id = access_conversation(session, conversation, person_id=person.id)
    status = status_of(session, conversation_id)
    is_known = 0 <= wish.since <= status.last_seq
    return Entered(
        visitor, conversation, conversation_id, epoch, wish.since if is_known else 0, is_known, status
    )


def _access(
    session: Session,
    token: VisitorToken,
    conversation: str,
    origin: str | None,
    options: GatewayOptions,
    now: datetime,
) -> int:
    access_site(session, token.site_key, origin)
    visitor = access_session(session, token, life=options.session_life, now=now)
    return access_conversation(session, conversation, person_id=visitor.person.id)


def _receive(
    session: Session,
    token: VisitorToken,
    conversation: str,
    inbound: Inbound,
    owner: str | None,
    options: GatewayOptions,
    now: datetime,
) -> Recorded:
    # Checked with every line: a revoked session must not speak on through an open socket.
    visitor = access_session(session, token, life=options.session_life, now=now)
    touch_session(session, token.session_id, now=now)
    return receive_message(
        session,
        conversation,
        inbound,
        person_id=visitor.person.id,
        now=now,
        character_limit=options.characters,
        owner=owner,
    )


def _set_language(
    session: Session,
    token: VisitorToken,
    conversation: str,
    language: str,
    options: GatewayOptions,
    now: datetime,
) -> None:
    visitor = access_session(session, token, life=options.session_life, now=now)
    set_language(session, conversation, language, person_id=visitor.person.id, now=now)

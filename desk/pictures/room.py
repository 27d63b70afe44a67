"""Takes pictures in, and hands them out to whom they belong."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.channels.web.port import KeptFile
from desk.gateway.visits import GatewayOptions, access_holder, access_visitor
from desk.pictures.vault import Vault
from desk.pictures.workshop import Workshop
from identity.visitors.logic import VisitorToken
from identity.visitors.operations import touch_session
from storage.database import Database
from ticketing.conversations.queries import access_conversation
from ticketing.pictures.errors import PictureNotFound, PicturesOff
from ticketing.pictures.logic import PictureLimits, clean_name
from ticketing.pictures.operations import NewPicture, check_room, keep_picture
from ticketing.pictures.queries import ShownPicture, access_picture

T = TypeVar("T")

GROWTH = 2
"""How many times as large as what came in at most a picture may be kept: drawn anew it may be larger."""


@dataclass(frozen=True)
class _Upload:
    """Whose picture it is, and for where."""

    token: VisitorToken
    conversation: str
    origin: str | None


class PictureRoom:
    """Implements `bot.channels.web.port.PictureDesk`; without limits it is closed."""

    def __init__(
        self,
        database: Database,
        options: GatewayOptions,
        limits: PictureLimits | None,
        *,
        vault: Vault,
        workshop: Workshop,
        threads: ThreadPoolExecutor,
        now: Callable[[], datetime],
    ) -> None:
        self._database, self._options, self._limits = database, options, limits
        self._vault, self._workshop, self._threads, self._now = vault, workshop, threads, now

    async def admit(
        self, token: VisitorToken, conversation: str, *, origin: str | None, declared: int | None
    ) -> int:
        limits = self._open()
        upload = _Upload(token, conversation, origin)
        more = min(declared or 1, limits.bytes_each)
        await self._database.aread(_admit, upload, more, limits, self._options, self._now())
        return limits.bytes_each

    async def keep(
        self, token: VisitorToken, conversation: str, name: str, content: bytes, *, origin: str | None
    ) -> NewPicture:
        limits = self._open()
        picture_id = secrets.token_hex(16)
        try:
            picture = await self._examine(picture_id, name, content, limits)
            upload = _Upload(token, conversation, origin)
            await self._database.awrite(_keep, upload, picture, limits, self._options, self._now())
            # On file first: what is in the folder and in no row would stay there for ever.
            await self._in_thread(lambda: self._vault.take_in(picture_id))
        finally:
            self._vault.clear_quarantine(picture_id)
        return picture

    async def show(self, token: VisitorToken, picture_id: str, *, origin: str | None) -> KeptFile:
        self._open()
        shown = await self._database.aread(_show, token, picture_id, origin, self._options, self._now())
        path = self._vault.kept(shown.id)
        if not await self._in_thread(path.is_file):
            raise PictureNotFound
        return KeptFile(path, shown.name, shown.kind.content_type)

    def _open(self) -> PictureLimits:
        if self._limits is None:
            raise PicturesOff
        return self._limits

    async def _examine(self, picture_id: str, name: str, content: bytes, limits: PictureLimits) -> NewPicture:
        received = await self._in_thread(lambda: self._vault.put_in_quarantine(picture_id, content))
        await self._workshop.scan(received)
        redrawn = await self._workshop.redraw(
            received, self._vault.redrawn(picture_id), most_bytes=GROWTH * limits.bytes_each
        )
        return NewPicture(
            id=picture_id,
            name=clean_name(name, redrawn.kind),
            kind=redrawn.kind,
            width=redrawn.width,
            height=redrawn.height,
            size=redrawn.size,
        )

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _admit(
    session: Session,
    upload: _Upload,
    more: int,
    limits: PictureLimits,
    options: GatewayOptions,
    now: datetime,
) -> None:
    visitor = access_visitor(session, upload.token, upload.origin, options, now)
    access_conversation(session, upload.conversation, person_id=visitor.person.id)
    check_room(session, visitor.person.id, more, limits, now=now)


def _keep(
    session: Session,
    upload: _Upload,
    picture: NewPicture,
    limits: PictureLimits,
    options: GatewayOptions,
    now: datetime,
) -> None:
    # Asked again: a session may have been ended while the picture was on its way.
    visitor = access_visitor(session, upload.token, upload.origin, options, now)
    touch_session(session, upload.token.session_id, now=now)
    person_id = visitor.person.id
    keep_picture(
        session,
        picture,
        person_id=person_id,
        conversation_id=access_conversation(session, upload.conversation, person_id=person_id),
        limits=limits,
        now=now,
    )


def _show(
    session: Session,
    token: VisitorToken,
    picture_id: str,
    origin: str | None,
    options: GatewayOptions,
    now: datetime,
) -> ShownPicture:
    visitor = access_holder(session, token, origin, options, now)
    return access_picture(session, picture_id, person_id=visitor.person.id)

"""Pictures over HTTP: each comes in as the body of a request, and goes out to whom it belongs (WW-15)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientPayloadError, web

from bot.channels.web.edge import AddressBook, bearer_token
from bot.channels.web.frames import BadFrame, UploadQuery, read_query
from bot.channels.web.handing import handed_out
from bot.channels.web.limits import Rates, SlowDown, SocketCount, TooManySockets
from bot.channels.web.port import Gateway, PictureDesk
from identity.visitors.logic import VisitorToken
from ticketing.pictures.errors import NotAPicture, PictureTooLarge
from ticketing.pictures.logic import HEAD_BYTES, is_picture
from ticketing.pictures.operations import NewPicture

UPLOAD_SECONDS = 60.0
SILENT_SECONDS = 10.0
BUSY_SECONDS = 2.0


@dataclass(frozen=True)
class PictureChannel:
    """The routes; an upload counts like a message, there are few at once, and so many of an address."""

    gateway: Gateway
    desk: PictureDesk
    rates: Rates
    places: SocketCount
    addresses: AddressBook

    async def upload(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/file?conversation=ID&name=NAME`: everything is asked before the body is read."""
        token = self.gateway.read_token(bearer_token(request))
        asked = read_query(UploadQuery, request.query)
        self.rates.messages.spend(token.session_id)
        self.rates.uploads.spend(self.addresses.address_of(request))
        with self._place(request, token):
            picture = await self._take(request, token, asked)
        return web.json_response({"file": _file(picture)}, status=201, headers={"Cache-Control": "no-store"})

    async def show(self, request: web.Request) -> web.StreamResponse:
        """`GET /chat/v1/file/ID`."""
        token = self.gateway.read_token(bearer_token(request))
        self.rates.reads.spend(token.session_id)
        file = await self.desk.show(
            token, request.match_info["picture"], origin=request.headers.get("Origin")
        )
        return handed_out(file)

    async def _take(self, request: web.Request, token: VisitorToken, asked: UploadQuery) -> NewPicture:
        origin = request.headers.get("Origin")
        declared = request.content_length
        most = await self.desk.admit(token, asked.conversation, origin=origin, declared=declared)
        if declared is not None and declared > most:
            raise _too_large(most)
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise BadFrame("body: not as it is; send the picture without encoding")
        content = await _content(request, most)
        return await self.desk.keep(token, asked.conversation, asked.name, content, origin=origin)

    @contextmanager
    def _place(self, request: web.Request, token: VisitorToken) -> Iterator[None]:
        """A place for one upload.

        Raises:
            SlowDown: as many are on their way as there may be, of this visitor, this address or everybody.
        """
        try:
            with (
                self.places.of_address(self.addresses.address_of(request)),
                self.places.of_visitor(token.session_id),
            ):
                yield
        except TooManySockets:
            raise SlowDown(BUSY_SECONDS) from None


async def _content(request: web.Request, most: int) -> bytes:
    """The body, as long as it looks like a picture and is not larger than it may be.

    Raises:
        BadFrame: too slow, or cut off.
        NotAPicture, PictureTooLarge
    """
    content = bytearray()
    is_looked_at = False
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            while chunk := await _chunk(request):
                content += chunk
                if len(content) > most:
                    raise _too_large(most)
                if not is_looked_at and len(content) >= HEAD_BYTES:
                    is_looked_at = True
                    _look_at(content)
    except TimeoutError:
        raise BadFrame("body: too slow") from None
    except (web.RequestPayloadError, ClientPayloadError):
        raise BadFrame("body: cut off") from None
    _look_at(content)
    return bytes(content)


async def _chunk(request: web.Request) -> bytes:
    async with asyncio.timeout(SILENT_SECONDS):
        return await request.content.readany()


def _look_at(content: bytearray) -> None:
    if not is_picture(bytes(content[:HEAD_BYTES])):
        raise NotAPicture


def _too_large(most: int) -> PictureTooLarge:
    return PictureTooLarge(f"the picture is larger than {most // 1024 // 1024} MB")


def _file(picture: NewPicture) -> dict[str, Any]:
    return {
        "id": picture.id,
        "name": picture.name,
        "width": picture.width,
        "height": picture.height,
        "bytes": picture.size,
    }

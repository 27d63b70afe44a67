"""A visitor's own tickets over HTTP: list, read, add to one, have the work go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.channels.web.bodies import body_of, frames_answer
from bot.channels.web.edge import bearer_token
from bot.channels.web.frames import TicketBody, TicketsBody, TicketWordsBody, read_body, slow_down_frame
from bot.channels.web.handing import handed_out
from bot.channels.web.limits import TokenBuckets
from bot.channels.web.port import Gateway, TicketChange, TicketDesk
from identity.visitors.logic import VisitorToken
from ticketing.tickets.fetching import OwnFile
from ticketing.tickets.history import OwnEntry, OwnStory
from ticketing.tickets.queries import OwnTicket
from ticketing.tickets.requesters import OwnWords

ENTRY_DIGITS = 10

Change = Callable[..., Awaitable[TicketChange]]


@dataclass(frozen=True)
class TicketChannel:
    """The routes; writes count like messages."""

    gateway: Gateway
    desk: TicketDesk
    messages: TokenBuckets
    reads: TokenBuckets

    async def tickets(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/tickets`."""
        body = read_body(TicketsBody, await body_of(request))
        token = self._token(request)
        if wait := self.reads.take(token.session_id):
            return _slow_down(wait)
        own = await self.desk.tickets(token, origin=_origin(request), language=body.language)
        return _json({"tickets": [_ticket(ticket) for ticket in own]})

    async def ticket(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/ticket`."""
        body = read_body(TicketBody, await body_of(request))
        token = self._token(request)
        if wait := self.reads.take(token.session_id):
            return _slow_down(wait)
        story = await self.desk.ticket(token, body.number, origin=_origin(request), language=body.language)
        return _json({"ticket": _story(story)})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """`GET /chat/v1/ticket/NUMBER/file/ENTRY`."""
        token = self._token(request)
        self.reads.spend(token.session_id)
        asked = request.match_info
        file = await self.desk.file(
            token, asked["number"], _entry_of(asked["entry"]), origin=_origin(request)
        )
        return handed_out(file)

    async def reply(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/ticket/reply`."""
        return await self._write(request, self.desk.reply)

    async def reopen(self, request: web.Request) -> web.Response:
        """`POST /chat/v1/ticket/reopen`."""
        return await self._write(request, self.desk.reopen)

    async def _write(self, request: web.Request, change: Change) -> web.Response:
        body = read_body(TicketWordsBody, await body_of(request))
        token = self._token(request)
        if wait := self.messages.take(token.session_id):
            return _slow_down(wait, body.client_id)
        words = OwnWords(body.client_id, body.number, body.text)
        done = await change(token, words, origin=_origin(request), language=body.language)
        return _json({"ticket": _story(done.story), "entry": done.entry, "duplicate": done.is_duplicate})

    def _token(self, request: web.Request) -> VisitorToken:
        return self.gateway.read_token(bearer_token(request))


def _origin(request: web.Request) -> str | None:
    return request.headers.get("Origin")


def _entry_of(text: str) -> int:
    """The number of an entry, 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < ENTRY_DIGITS else 0


def _slow_down(wait: float, client_id: str = "") -> web.Response:
    return frames_answer([slow_down_frame(client_id, wait)], 429)


def _json(body: dict[str, Any]) -> web.Response:
    return web.json_response(body, headers={"Cache-Control": "no-store"})


def _ticket(ticket: OwnTicket) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "type": ticket.type.value,
        "summary": ticket.summary,
        "status": ticket.status.value,
        "hold_reason": ticket.hold_reason and ticket.hold_reason.value,
        "priority": ticket.priority.value,
        "group": ticket.group,
        "opened_at": ticket.opened_at.isoformat(),
        "changed_at": ticket.changed_at.isoformat(),
        "may_reply": ticket.may_reply,
        "may_reopen": ticket.may_reopen,
    }


def _story(story: OwnStory) -> dict[str, Any]:
    return _ticket(story.ticket) | {
        "description": story.description,
        "details": story.details,
        "entries": [_entry(entry, story.ticket.number) for entry in story.entries],
    }


def _entry(entry: OwnEntry, ticket: str) -> dict[str, Any]:
    return {
        "number": entry.number,
        "kind": entry.kind.value,
        "at": entry.at.isoformat(),
        "author": entry.author.value,
        "text": entry.text,
        "status": entry.status and entry.status.value,
        "file": entry.file and _file(entry.file, ticket),
    }


def _file(file: OwnFile, ticket: str) -> dict[str, Any]:
    return {
        "entry": file.entry,
        "name": file.name,
        "bytes": file.size,
        "path": f"ticket/{ticket}/file/{file.entry}",
    }

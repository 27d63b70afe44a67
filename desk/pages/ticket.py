"""The page behind the link in a letter about a ticket: how it stands and what to do next, no script, no form.

A letter may be passed on: nothing that was written on the ticket is here, and nothing can be done here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from aiohttp import web

from desk.pages.routes import ArticlePages
from desk.pages.secret import SecretPages, Turnstile, ticket_box
from desk.pages.texts import Texts
from ticketing.tickets.errors import TicketNotFound
from ticketing.tickets.logic import OPEN, Status
from ticketing.tickets.places import PATH
from ticketing.tickets.queries import Moment
from ticketing.tickets.shown import ShownTicket, shown_ticket


@dataclass(frozen=True)
class TicketPage:
    """What the page needs; `key` signs the links, `reopen_window` is how long a ticket may be reopened."""

    pages: ArticlePages
    key: str
    now: Callable[[], datetime]
    reopen_window: timedelta
    turnstile: Turnstile

    async def show(self, request: web.Request) -> web.Response:
        """`GET /ticket/TOKEN`."""
        secret = SecretPages(self.pages)
        if too_often := secret.put_off(request, self.turnstile, "ticket_slow", "ticket_slow_text"):
            return too_often
        at = Moment(self.now(), self.reopen_window)
        token = request.match_info["token"]
        try:
            ticket = await self.pages.database.aread(shown_ticket, token, key=self.key, at=at)
        except TicketNotFound:
            return secret.plain(request, "ticket_gone", "ticket_gone_text", status=404)
        said = secret.said(request, ticket.language)
        title = said[_title(ticket)]
        return secret.shown(request, f"{ticket.number} · {title}", _main(ticket, title, said), said)


def routes(ticket: TicketPage) -> list[web.AbstractRouteDef]:
    """The routes, for the application to add."""
    return [web.get(PATH + "{token}", ticket.show)]


def _main(ticket: ShownTicket, title: str, said: Texts) -> str:
    facts = "".join(
        f"<div><dt>{escape(said[name])}</dt><dd>"
        f'<time datetime="{day.isoformat()}">{escape(said.date(day))}</time></dd></div>'
        for name, day in (
            ("ticket_opened", ticket.opened_at.astimezone(ticket.zone).date()),
            ("ticket_changed", ticket.changed_at.astimezone(ticket.zone).date()),
        )
    )
    return (
        f"<h1>{escape(title)}</h1>{ticket_box(ticket.number, ticket.summary, ticket.language)}"
        f'<dl class="facts">{facts}</dl><h2>{escape(said["ticket_next"])}</h2>{_next(ticket, said)}'
    )


def _title(ticket: ShownTicket) -> str:
    """The key of how it stands."""
    if ticket.is_merged:
        return "ticket_merged"
    if ticket.status is Status.ON_HOLD and ticket.hold_reason is not None:
        return f"ticket_on_hold_{ticket.hold_reason.value}"
    return f"ticket_{ticket.status.value}"


def _next(ticket: ShownTicket, said: Texts) -> str:
    if not ticket.is_own:
        return _paragraph(said["ticket_next_watcher"])
    words = said[_next_key(ticket)]
    where = said["ticket_in_chat"].format(site=ticket.site) if ticket.site else said["ticket_by_phone"]
    return _paragraph(words) + _paragraph(where)


def _next_key(ticket: ShownTicket) -> str:
    if ticket.is_merged:
        return "ticket_next_merged"
    if ticket.status in OPEN:
        awaited = _title(ticket) == "ticket_on_hold_requester"
        return "ticket_next_awaited" if awaited else "ticket_next_open"
    return "ticket_next_reopen" if ticket.may_reopen else "ticket_next_over"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"

"""The page behind the link in a letter about a ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.web.edge import AddressBook
from bot.channels.web.limits import TokenBuckets
from desk.gateway.middleware import add_security_headers, hide_errors
from desk.pages.routes import ArticlePages
from desk.pages.secret import Turnstile
from desk.pages.texts import texts
from desk.pages.ticket import TicketPage, routes
from storage.database import Database
from tests.databases import NOW
from tests.ticketing.builders import ANA, Talk, a_conversation
from tests.ticketing.calendars import an_office
from tests.ticketing.tickets import a_ticket
from ticketing.tickets.logic import HoldReason, Status
from ticketing.tickets.models import Ticket
from ticketing.tickets.places import Place, path_to

Client = TestClient[web.Request, web.Application]
KEY = "k" * 43
PER_MINUTE = 20


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(database: Database, clock: Clock) -> AsyncIterator[Client]:
    application = web.Application(middlewares=[hide_errors])
    application.on_response_prepare.append(add_security_headers)
    pages = ArticlePages(database, "Acme & <Sons>")
    tries = TokenBuckets(per_minute=PER_MINUTE, burst=PER_MINUTE, clock=clock)
    turnstile = Turnstile(AddressBook(["127.0.0.1"]), tries)
    application.add_routes(routes(TicketPage(pages, KEY, lambda: NOW, timedelta(days=14), turnstile)))
    async with TestClient(TestServer(application)) as client:
        yield client


def link_of(talk: Talk, ticket_id: int) -> str:
    return path_to(Place(ticket_id, talk.person_id), "ana@example.org", key=KEY)


async def opened(client: Client, path: str) -> str:
    async with client.get(path) as response:
        assert response.status == 200
        return await response.text()


async def test_the_page_says_number_title_and_what_to_do_next(client: Client, database: Database) -> None:
    talk = a_conversation(database, identity=ANA)
    ticket_id = a_ticket(database, talk, "<b>the printer</b> is on fire", status=Status.IN_PROGRESS)

    text = await opened(client, link_of(talk, ticket_id))

    assert "<h1>The team is working on your request</h1>" in text
    assert f"INC-{ticket_id:06d}" in text
    assert "&lt;b&gt;the printer&lt;/b&gt; is on fire" in text
    assert "under “My tickets”" in text
    assert "<script" not in text
    assert "<form" not in text


async def test_its_days_are_those_of_the_office(client: Client, database: Database) -> None:
    talk = a_conversation(database, identity=ANA)
    ticket_id = a_ticket(database, talk)
    half_past_midnight_in_paris = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)
    database.write(
        lambda session: setattr(session.get_one(Ticket, ticket_id), "opened_at", half_past_midnight_in_paris)
    )
    assert '<time datetime="2026-05-31">31 May 2026</time>' in await opened(client, link_of(talk, ticket_id))

    an_office(database, "Europe/Paris")

    assert '<time datetime="2026-06-01">1 June 2026</time>' in await opened(client, link_of(talk, ticket_id))


async def test_it_speaks_the_ticket_s_language_and_the_other_is_one_link_away(
    client: Client, database: Database
) -> None:
    talk = a_conversation(database, language="fr", identity=ANA)
    path = link_of(talk, a_ticket(database, talk, status=Status.RESOLVED))

    assert "<h1>Votre demande est résolue</h1>" in await opened(client, path)
    assert "<h1>Your request is resolved</h1>" in await opened(client, f"{path}?lang=en")


async def test_its_address_is_told_to_nobody_and_it_is_kept_nowhere(
    client: Client, database: Database
) -> None:
    talk = a_conversation(database, identity=ANA)
    async with client.get(link_of(talk, a_ticket(database, talk))) as response:
        headers = response.headers

    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "noindex" in headers["X-Robots-Tag"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("token", ["x", "0" * 48, "%00", "a.b"])
async def test_any_other_link_is_the_same_to_whoever_tries(client: Client, token: str) -> None:
    async with client.get(f"/ticket/{token}") as response:
        assert response.status == 404
        assert "This link leads nowhere any more" in await response.text()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_state_has_its_words(language: str) -> None:
    said = texts(language)
    states = {each.value for each in Status} - {"on_hold"} | {f"on_hold_{each.value}" for each in HoldReason}

    assert all(said[f"ticket_{state}"] for state in states)


async def test_an_address_that_comes_too_often_is_put_off_in_its_language_for_a_while(
    client: Client, database: Database, clock: Clock
) -> None:
    talk = a_conversation(database, identity=ANA)
    path = link_of(talk, a_ticket(database, talk))
    for number in range(PER_MINUTE):
        async with client.get(f"/ticket/guess-{number}") as response:
            assert response.status == 404

    for language in ("en", "fr"):
        async with client.get(f"{path}?lang={language}") as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "3")
            assert response.headers["Cache-Control"] == "no-store"
            text = await response.text()
        assert texts(language)["ticket_slow_text"] in text
        assert "the printer" not in text

    clock.seconds += 3
    assert "the printer" in await opened(client, path)


async def test_one_address_that_comes_too_often_holds_up_no_other_behind_the_same_proxy(
    client: Client, database: Database
) -> None:
    talk = a_conversation(database, identity=ANA)
    path = link_of(talk, a_ticket(database, talk))

    seen = []
    for address in (*["203.0.113.7"] * (PER_MINUTE + 1), "203.0.113.8"):
        async with client.get(path, headers={"X-Forwarded-For": address}) as response:
            seen.append(response.status)

    assert seen == [200] * PER_MINUTE + [429, 200]

"""The page where a resolution is rated: one form, one answer, and an address that is a secret."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.web.edge import AddressBook
from bot.channels.web.limits import TokenBuckets
from desk.gateway.middleware import add_security_headers, hide_errors
from desk.pages.rating import RatingPage, routes
from desk.pages.routes import ArticlePages
from desk.pages.secret import Turnstile
from desk.pages.texts import texts
from storage.base import Base
from storage.database import Database
from tests.databases import NOW, later
from tests.ticketing.builders import a_conversation
from tests.ticketing.ratings import a_token
from tests.ticketing.tickets import journal
from ticketing.ratings.logic import COMMENT_CHARACTERS, WINDOW
from ticketing.ratings.queries import AskedRating, asked_rating, satisfaction

Client = TestClient[web.Request, web.Application]

OWN = "https://desk.example"
PER_MINUTE = 20
HOSTILE = '<script>alert(1)</script> "&'


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = later(60)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(database: Database, clock: Clock) -> AsyncIterator[Client]:
    application = web.Application(middlewares=[hide_errors], client_max_size=64 * 1024)
    application.on_response_prepare.append(add_security_headers)
    pages = ArticlePages(database, "Acme & <Sons>")
    tries = TokenBuckets(per_minute=PER_MINUTE, burst=PER_MINUTE, clock=lambda: clock.now.timestamp())
    page = RatingPage(pages, (OWN,), clock, Turnstile(AddressBook(["127.0.0.1"]), tries))
    application.add_routes(routes(page))
    server = TestServer(application)
    await server.start_server(access_log=None)  # as the desk serves it
    async with TestClient(server) as client:
        yield client


def kept(database: Database, token: str) -> AskedRating:
    return database.read(asked_rating, token, now=NOW)


async def sent(client: Client, token: str, **form: str) -> tuple[int, str]:
    async with client.post(f"/rate/{token}", data=form) as response:
        return response.status, await response.text()


async def opened(client: Client, token: str, query: str = "", **headers: str) -> tuple[int, str]:
    async with client.get(f"/rate/{token}{query}", headers=headers) as response:
        return response.status, await response.text()


async def test_the_page_shows_what_was_asked_for_and_five_labelled_answers(
    client: Client, database: Database
) -> None:
    ticket_id, token = a_token(database, text=HOSTILE)

    status, text = await opened(client, token)

    assert status == 200
    assert f"INC-{ticket_id:06d}" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;" in text
    assert "<script" not in text
    assert text.count('<label><input type="radio" name="score"') == 5
    assert "<legend>How satisfied are you with how it was resolved?</legend>" in text
    assert '<label for="comment">' in text


async def test_opening_the_page_changes_nothing_however_often_and_by_whom(
    client: Client, database: Database
) -> None:
    ticket_id, token = a_token(database)
    before = len(journal(database, ticket_id))

    for _ in range(3):
        await opened(client, token, "?score=1&comment=x")
        assert (await client.head(f"/rate/{token}")).status == 200

    assert (kept(database, token).score, len(journal(database, ticket_id))) == (None, before)


async def test_an_answer_is_kept_and_thanked_for(client: Client, database: Database) -> None:
    _, token = a_token(database)

    status, text = await sent(client, token, score="4", comment=f"Quick.\r\n{HOSTILE}")

    assert status == 200
    assert "<h1>Thank you</h1>" in text
    assert "<strong>4 – satisfied</strong>" in text
    assert "Quick.\n&lt;script&gt;" in text
    assert (kept(database, token).score, kept(database, token).comment) == (4, f"Quick.\n{HOSTILE}")


async def test_after_the_answer_the_browser_is_sent_back_so_that_reloading_sends_nothing(
    client: Client, database: Database
) -> None:
    _, token = a_token(database)

    async with client.post(f"/rate/{token}?lang=fr", data={"score": "4"}, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, f"/rate/{token}?lang=fr")
        assert response.headers["Cache-Control"] == "no-store"


async def test_a_second_answer_is_thanked_for_and_not_kept(client: Client, database: Database) -> None:
    _, token = a_token(database)
    await sent(client, token, score="2", comment="Slow.")

    status, text = await sent(client, token, score="5", comment="Great.")

    assert (status, "<strong>2 – dissatisfied</strong>" in text, "Great." in text) == (200, True, False)
    assert kept(database, token).score == 2
    _, text = await opened(client, token)
    assert "<form" not in text
    assert "Slow." in text


@pytest.mark.parametrize("score", ["", "0", "6", "5.0", "１", "-1", "55", "x"])
async def test_without_a_score_the_form_comes_back_with_what_was_typed(
    client: Client, database: Database, score: str
) -> None:
    _, token = a_token(database)

    status, text = await sent(client, token, score=score, comment=HOSTILE)

    assert status == 422
    assert '<p class="notice" role="alert">Not sent yet: choose one of the five answers.</p>' in text
    assert "\n&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;</textarea>" in text
    assert kept(database, token).score is None


async def test_a_comment_that_is_too_long_is_said_to_be_and_nothing_is_lost(
    client: Client, database: Database
) -> None:
    _, token = a_token(database)
    words = "é" * (COMMENT_CHARACTERS + 1)

    status, text = await sent(client, token, score="3", comment=words)

    assert (status, words in text) == (422, True)
    assert 'value="3" required checked>' in text
    assert kept(database, token).score is None


async def test_a_comment_of_the_full_length_is_kept_whatever_its_line_breaks(
    client: Client, database: Database
) -> None:
    _, token = a_token(database)
    words = "x\r\n" * (COMMENT_CHARACTERS // 2 - 1) + "yy"

    status, _ = await sent(client, token, score="3", comment=words)

    assert (status, kept(database, token).comment) == (200, words.replace("\r\n", "\n"))


async def test_more_than_a_form_is_refused(client: Client, database: Database) -> None:
    _, token = a_token(database)

    assert (await sent(client, token, score="3", comment="x" * 70_000))[0] == 413
    assert kept(database, token).score is None


@pytest.mark.parametrize("token", ["nonsense", "a" * 32, "%00", "a" * 3000])
async def test_an_unknown_link_says_so_politely(client: Client, database: Database, token: str) -> None:
    a_token(database)

    status, text = await opened(client, token)

    assert (status, "<h1>This link leads nowhere any more</h1>" in text) == (404, True)
    assert (await sent(client, token, score="5"))[0] == 404
    assert (await sent(client, token, score="x"))[0] == 404


async def test_an_old_link_says_so_too(client: Client, database: Database, clock: Clock) -> None:
    _, token = a_token(database)
    clock.now = NOW + WINDOW + timedelta(minutes=1)

    assert (await opened(client, token))[0] == 404
    assert (await sent(client, token, score="5"))[0] == 404
    assert database.read(satisfaction).given == 0


async def test_the_page_speaks_the_requester_s_language_and_the_other_is_one_link_away(
    client: Client, database: Database
) -> None:
    _, token = a_token(database, a_conversation(database, language="fr"))

    _, french = await opened(client, token, **{"Accept-Language": "en"})
    _, english = await opened(client, token, "?lang=en")

    assert '<html lang="fr">' in french
    assert f'href="/rate/{token}?lang=en" lang="en"' in french
    assert "<h1>Êtes-vous satisfait\u00a0?</h1>" in french
    assert '<html lang="en">' in english
    assert '<p class="rated" lang="fr">' in english


OTHERS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": OWN},
    {"Origin": "https://evil.example"},
]
OURS = [{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": OWN}, {"Origin": "null"}, {}]


@pytest.mark.parametrize("headers", OTHERS)
async def test_a_form_on_another_page_is_refused(
    client: Client, database: Database, headers: dict[str, str]
) -> None:
    _, token = a_token(database)

    async with client.post(f"/rate/{token}", data={"score": "1"}, headers=headers) as response:
        assert response.status == 403

    assert kept(database, token).score is None


@pytest.mark.parametrize("headers", OURS)
async def test_the_page_s_own_form_passes_also_from_browsers_that_tell_no_referrer(
    client: Client, database: Database, headers: dict[str, str]
) -> None:
    _, token = a_token(database)

    async with client.post(f"/rate/{token}", data={"score": "1"}, headers=headers) as response:
        assert response.status == 200

    assert kept(database, token).score == 1


async def test_the_address_is_told_to_nobody(client: Client, database: Database) -> None:
    _, token = a_token(database)

    for path in (token, "a" * 32):
        async with client.get(f"/rate/{path}") as response:
            headers = response.headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy


async def test_the_secret_is_in_no_log_not_even_when_something_fails(
    client: Client, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    _, token = a_token(database)
    database.write(lambda session: Base.metadata.tables["rating"].drop(session.connection()))

    with caplog.at_level(logging.DEBUG):
        status, text = await opened(client, token)

    assert (status, token in text) == (500, False)
    assert [record for record in caplog.records if token in str(vars(record))] == []
    assert "request_failed" in caplog.messages


def test_both_languages_say_the_same_things() -> None:
    english, french = texts("en")._texts, texts("fr")._texts

    keys = {key for key in english if key.startswith("rating_")}
    assert keys == {key for key in french if key.startswith("rating_")}
    assert len(keys) > 15


async def test_an_address_that_comes_too_often_is_put_off_and_nothing_of_it_is_kept(
    client: Client, database: Database, clock: Clock
) -> None:
    _, token = a_token(database)
    for number in range(PER_MINUTE):
        assert (await opened(client, f"guess-{number}"))[0] == 404

    async with client.post(f"/rate/{token}?lang=fr", data={"score": "5"}) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "3")
        assert response.headers["Cache-Control"] == "no-store"
        assert "trop souvent" in await response.text()
    assert (await opened(client, token))[0] == 429
    assert kept(database, token).score is None

    clock.now += timedelta(seconds=6)
    assert (await sent(client, token, score="5"))[0] == 200
    assert kept(database, token).score == 5


async def test_one_address_that_comes_too_often_holds_up_no_other(client: Client, database: Database) -> None:
    _, token = a_token(database)
    for number in range(PER_MINUTE + 1):
        status, _ = await opened(client, f"guess-{number}", **{"X-Forwarded-For": "203.0.113.7"})

    assert status == 429
    assert (await opened(client, token, **{"X-Forwarded-For": "203.0.113.8"}))[0] == 200

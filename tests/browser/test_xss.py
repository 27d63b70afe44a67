"""A text is a text, whoever wrote it and wherever it stands (TRUST WW-8)."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.async_api import Dialog, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.sites.looks import GREETING_CHARACTERS, NAME_CHARACTERS, REQUEST_CHARACTERS
from tests.browser.hostile import STRINGS
from tests.browser.screenshots import a_screenshot
from tests.browser.stage import Stage
from tests.browser.visit import Visit
from ticketing.conversations.logic import Author
from ticketing.conversations.wording import storable
from ticketing.tickets.models import Ticket

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

DESK = {"pictures_per_day": 1_000}
CANARY = "globalThis.hits = []; globalThis.canary = (...said) => { globalThis.hits.push(said) }"
AGENT_CHARACTERS = 80
AT_ONCE = 20

ALLOWED = Path(__file__).with_name("text_only.js").read_text("utf-8")


@contextlib.asynccontextmanager
async def careful(stage: Stage) -> AsyncIterator[Visit]:
    """A visit in which anything that runs is noticed; the widget works at its end."""
    dialogs: list[str] = []

    async def noticed(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        await dialog.dismiss()

    async with stage.visit() as visit:
        await visit.page.context.add_init_script(CANARY)
        visit.page.on("dialog", noticed)
        await visit.leaves_and_returns()
        await visit.open()
        yield visit
        assert await visit.run(ALLOWED) == []
        assert await visit.page.evaluate("() => globalThis.hits") == []
        assert dialogs == []
        assert visit.page.url.startswith(stage.host)


async def still_works(visit: Visit) -> None:
    """A line is answered, after everything."""
    await visit.says("are you still there")
    await expect(visit.messages.last).to_contain_text("echo: are you still there")


async def test_there_are_enough_of_them() -> None:
    assert len(set(STRINGS)) >= 100


async def test_what_is_looked_for_would_be_found(stage: Stage) -> None:
    async with stage.visit() as visit:
        await visit.page.context.add_init_script(CANARY)
        await visit.leaves_and_returns()
        await visit.open()
        await visit.run("""() => {
          const bubble = document.querySelector('.bubble');
          bubble.append(document.createElement('img'), document.createElement('iframe'));
          bubble.append(Object.assign(document.createElement('a'), { href: 'http://evil.example/' }));
          bubble.querySelector('p').setAttribute('onsomething', 'x');
          globalThis.canary(1);
        }""")
        found = await visit.run(ALLOWED)
        visit.watch.forgive("Content Security Policy|inline")

    kinds = (
        "element <img",
        "element <iframe",
        "strange <iframe",
        "attribute onsomething",
        "address http",
        "it ran",
    )
    assert [kind for kind in kinds if not any(each.startswith(kind) for each in found)] == []


async def test_what_a_person_writes_is_text(stage: Stage) -> None:
    async with careful(stage) as visit:
        await visit.team.asks_for_person(await visit.conversation())
        for text in STRINGS:
            await visit.composer.fill(text)
            await visit.composer.press("Enter")
        mine = visit.widget.locator("article.line.person")
        await expect(mine).to_have_count(len(STRINGS), timeout=60_000)
        shown = await mine.locator(".prose").all_text_contents()
        assert shown == [storable(text, 4_000).text for text in STRINGS]
        await visit.team.hands_back(await visit.conversation())
        await still_works(visit)


async def test_what_the_assistant_answers_is_text(stage: Stage) -> None:
    async with careful(stage) as visit:
        for texts in batched(STRINGS, AT_ONCE):
            stage.assistant.says = [{"text": text} for text in texts]
            await visit.says("and", answers=len(texts))
        stage.assistant.says = None
        await still_works(visit)


@pytest.mark.parametrize("author", [Author.AGENT, Author.DESK, Author.ASSISTANT, Author.PERSON])
async def test_what_is_on_file_is_text(stage: Stage, author: Author) -> None:
    """Whatever way it came there, uncleaned."""
    async with careful(stage) as visit:
        await visit.team.says(await visit.conversation(), *((author, text) for text in STRINGS))
        await expect(visit.messages).to_have_count(2 + len(STRINGS))
        await still_works(visit)
        await visit.leaves_and_returns()
        await visit.is_online()
        await expect(visit.messages).to_have_count(4 + len(STRINGS))


async def test_sources_and_buttons_are_text(stage: Stage) -> None:
    async with careful(stage) as visit:
        conversation = await visit.conversation()
        for number, text in enumerate(STRINGS):
            await visit.team.says(
                conversation,
                (Author.ASSISTANT, "x"),
                sources=[{"title": text, "url": text, "slug": "x"}],
                buttons=[{"id": f"b{number}", "title": text}],
            )
        await expect(visit.messages).to_have_count(2 + len(STRINGS))
        titles = await visit.widget.locator(".choice").all_text_contents()
        assert len(titles) >= len(STRINGS)
        await still_works(visit)


async def test_the_name_of_an_agent_is_text(stage: Stage) -> None:
    async with careful(stage) as visit:
        conversation = await visit.conversation()
        names = shorter(AGENT_CHARACTERS)
        for name in names:
            await visit.team.takes(conversation, name)
            await visit.team.writes(conversation, "x", name)
            await expect(visit.widget.locator(".status")).to_contain_text(name.strip()[:12])
            await visit.team.hands_back(conversation)
        await expect(visit.widget.locator(".line.agent")).to_have_count(len(names))
        await still_works(visit)


async def test_a_ticket_is_text(stage: Stage) -> None:
    def change(session: Session, number: int, text: str) -> None:
        ticket = session.scalars(select(Ticket).where(Ticket.id == number)).one()
        ticket.summary, ticket.description, ticket.details = text[:200], text, text

    async with careful(stage) as visit:
        number = await visit.opens_new_ticket("ticket")
        for text in STRINGS:
            visit.team.replies(number, text)
        await visit.opens_tickets()
        identifier = int(number.rpartition("-")[2])
        for text in shorter(200):
            await stage.desk.database.awrite(change, identifier, text)
            await visit.opens_ticket(number)
            assert await visit.run(ALLOWED) == []
            await visit.button("goBack").click()
            await visit.widget.locator(".tickets").wait_for()
        await visit.button("goBack").click()
        await still_works(visit)


async def test_what_a_person_adds_to_a_ticket_is_text(stage: Stage) -> None:
    async with careful(stage) as visit:
        await visit.opens_new_ticket("ticket")
        await visit.widget.locator(".ticket-card:visible").last.click()
        for text in STRINGS[:12]:
            await visit.widget.locator(".ticket-form textarea").fill(text)
            await visit.widget.locator(".ticket-form [type=submit]").click()
            await expect(visit.widget.locator(".entry.me .prose").last).to_have_text(text.strip())


async def test_the_name_of_a_picture_is_text(stage: Stage) -> None:
    async with careful(stage) as visit:
        for text in STRINGS[:8]:
            await visit.attaches(a_screenshot(), text)
            await visit.says("look")
            await visit.widget.locator(".picture img").last.wait_for()
        await visit.widget.locator(".picture").last.click()
        await visit.widget.locator("dialog.enlarged img").wait_for()
        await visit.page.keyboard.press("Escape")
        await still_works(visit)


async def test_the_words_of_a_site_are_text(stage: Stage) -> None:
    """A name, a greeting, six requests at a time."""
    names, requests = shorter(NAME_CHARACTERS), shorter(REQUEST_CHARACTERS)
    greetings = itertools.cycle(shorter(GREETING_CHARACTERS))
    few = itertools.cycle(batched(requests, 6))
    try:
        for name in names[::4]:
            greeting, asked = next(greetings), next(few)
            await stage.change_site(name=name, greeting={"en": greeting}, requests={"en": list(asked)})
            async with careful(stage) as visit:
                await expect(visit.widget.locator("h1")).to_have_text(name)
                await expect(visit.widget.locator(".greeting")).to_have_text(greeting)
                await expect(visit.widget.locator(".often .choice")).to_have_text(list(asked))
                assert await visit.page.locator("guichet-counter iframe").get_attribute("title")
    finally:
        await stage.change_site(name="Meridian IT", greeting={"en": None}, requests={"en": []})


async def test_who_is_signed_in_is_text(stage: Stage) -> None:
    for name in ("<img src=x onerror=canary()>", '"><script>canary()</script>'):
        stage.intranet.person = {"sub": name, "name": name, "email": "a@example.org"}
        async with stage.visit(path="/?identity=/who") as visit:
            await visit.page.context.add_init_script(CANARY)
            await visit.leaves_and_returns()
            await visit.open()
            await visit.opens_menu()
            await expect(visit.widget.locator(".who")).to_contain_text(name)
            assert await visit.run("() => globalThis.hits") == []


def shorter(characters: int, wanted: Callable[[str], bool] = lambda text: text.isprintable()) -> list[str]:
    """Those that fit into one line of so many characters."""
    return [text for text in STRINGS if len(text) <= characters and wanted(text)]


def batched(texts: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """So many at a time."""
    return (tuple(texts[at : at + size]) for at in range(0, len(texts), size))

"""What other pages can do to the widget, and the widget to its page: nothing (TRUST WW-2 to WW-5)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Frame, Page, expect

from desk.web_assets import read_manifest
from identity.visitors.models import VisitorSession
from tests.browser.pages import as_script, bare_page
from tests.browser.screenshots import a_screenshot
from tests.browser.stage import WIDE, Stage
from tests.desk.desks import eventually

pytestmark = [pytest.mark.requires("chromium"), pytest.mark.asyncio(loop_scope="session")]

# The middle of the button, in the corner of the window.
CORNER = (WIDE["width"] - 48, WIDE["height"] - 48)
THERE = f"() => document.elementFromPoint({CORNER[0]}, {CORNER[1]})?.localName === 'guichet-counter'"

# Everything of a page's own that a browser can keep on a device.
STORED = """async () => {
  const found = [];
  if (document.cookie) found.push(`cookie ${document.cookie}`);
  for (const [name, storage] of Object.entries({ localStorage, sessionStorage }))
    found.push(...Object.keys(storage).map(key => `${name} ${key}`));
  found.push(...(await indexedDB.databases()).map(({ name }) => `database ${name}`));
  if (globalThis.caches) found.push(...(await caches.keys()).map(name => `cache ${name}`));
  found.push(...(await navigator.serviceWorker?.getRegistrations() ?? []).map(() => 'service worker'));
  return found;
}"""

HEARD = "([origin, count]) => heard.filter(each => each === origin).length === count"

# Messages as the loader and the frame send them, for those who should not be heard.
FOR_HOST: list[dict[str, Any]] = [
    {"guichet": 1, "type": "open"},
    {"guichet": 1, "type": "unread", "count": 7},
    {"guichet": 1, "type": "wide", "on": True},
    {"guichet": 1, "type": "identity", "id": 1},
    {
        "guichet": 1,
        "type": "look",
        "look": {
            "color": "#ff0000",
            "text": "#ffffff",
            "language": "en",
            "labels": {"open": "evil", "close": "evil", "unread": "evil", "title": "evil"},
        },
    },
]
FOR_FRAME: list[dict[str, Any]] = [
    {"guichet": 1, "type": "hello", "language": "fr", "theme": "dark", "identity": True},
    {"guichet": 1, "type": "theme", "theme": "dark"},
    {"guichet": 1, "type": "show"},
    {"guichet": 1, "type": "identity", "id": 1, "token": "x", "failed": False},
]


async def closed_page(stage: Stage, context: BrowserContext, path: str = "/") -> Page:
    """A page of the intranet as everybody has it, with the button in its corner."""
    page = await context.new_page()
    await page.goto(stage.host + path)
    await page.wait_for_function(THERE)
    return page


async def opened(page: Page) -> Frame:
    """The frame, after a press of the button."""
    await page.mouse.click(*CORNER)
    frame = the_frame(page)
    await frame.locator("article.line").first.wait_for()
    return frame


def the_frame(page: Page) -> Frame:
    """The widget's frame, however its page hides it."""
    return next(frame for frame in page.frames if "/widget/v1/frame" in frame.url)


async def test_a_strange_page_cannot_embed_the_widget(stage: Stage) -> None:
    frame = f"{stage.desk.url}/widget/v1/frame?site=demo&origin="
    addresses = [f"{frame}{stage.host}", f"{frame}{stage.evil}", f"{stage.desk.url}/chat/demo"]
    stage.stranger.put("/", bare_page("".join(f'<iframe src="{address}"></iframe>' for address in addresses)))
    async with stage.context() as context:
        page = await context.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        await page.goto(stage.evil)
        await eventually(lambda: sum("frame-ancestors" in text for text in refused) == len(addresses))

        assert [frame.url for frame in page.frames if frame.url.startswith(stage.desk.url)] == []


async def test_the_loader_does_nothing_on_a_page_that_is_not_listed(stage: Stage) -> None:
    stage.stranger.put("/", bare_page(stage.intranet.snippet()))
    async with stage.context() as context:
        page = await context.new_page()
        async with page.expect_response(lambda answer: "/widget/v1/frame" in answer.url) as answer:
            await page.goto(stage.evil)

        assert (await answer.value).status == 403
        await expect(page.locator("guichet-counter button")).to_be_hidden()
        assert await page.evaluate(STORED) == []


async def test_the_hosts_scripts_cannot_look_into_the_widget(stage: Stage) -> None:
    async with stage.context(opens_shadows=False) as context:
        page = await closed_page(stage, context)
        await opened(page)
        found = await page.evaluate("""() => {
          const tried = look => { try { return look() ?? null } catch (error) { return error.name } };
          const windows = [...Array(window.length).keys()].map(at => window[at]);
          return {
            root: tried(() => document.querySelector('guichet-counter').shadowRoot),
            frames: document.querySelectorAll('iframe').length,
            texts: tried(() => document.querySelector('guichet-counter').textContent),
            documents: windows.map(each => tried(() => each.document.body.textContent)),
            api: Object.keys(window.guichet).sort(),
            again: tried(() => document.querySelector('guichet-counter').attachShadow({ mode: 'open' })),
          };
        }""")

    assert found == {
        "root": None,
        "frames": 0,
        "texts": "",
        "documents": [],
        "api": ["close", "destroy", "identify", "language", "open", "theme"],
        "again": "NotSupportedError",
    }


async def test_the_frame_is_of_another_origin_than_its_page(stage: Stage) -> None:
    """A page that is listed and embeds the frame by itself reads as little of it."""
    address = f"{stage.desk.url}/widget/v1/frame?site=demo&origin={stage.host}"
    stage.intranet.put("/own", bare_page(f'<iframe src="{address}"></iframe>'))
    async with stage.context() as context:
        page = await context.new_page()
        await page.goto(f"{stage.host}/own")
        error = await page.evaluate("""() => {
          try { return frames[0].document.title } catch (error) { return error.name }
        }""")

        assert error == "SecurityError"


async def test_the_button_hears_nobody_but_its_frame(stage: Stage) -> None:
    shout = f"for (const message of {as_script(FOR_HOST)}) target.postMessage(message, '*');"
    stage.stranger.put("/frame", bare_page(f"<script>const target = parent; {shout}</script>"))
    stage.stranger.put("/popup", bare_page("<p>evil</p>"))
    stage.intranet.put("/beside", bare_page(f"<script>const target = parent; {shout}</script>"))
    listen = (
        "<script>const heard = []; addEventListener('message', event => heard.push(event.origin))</script>"
    )
    stage.intranet.put("/busy", bare_page(listen + stage.intranet.snippet()))
    async with stage.visit(path="/busy") as visit:
        before = await visit.launcher.get_attribute("aria-label")
        await visit.page.evaluate(
            """addresses => {
              for (const address of addresses) {
                const frame = document.createElement('iframe');
                frame.src = address;
                document.body.append(frame);
              }
            }""",
            [f"{stage.evil}/frame", f"{stage.host}/beside"],
        )
        visit.watch.forgive("request to http://evil.localhost")
        # One after the other: a page behind its popup loads no frames.
        await visit.page.wait_for_function(HEARD, arg=[stage.host, len(FOR_HOST)])
        await visit.page.wait_for_function(HEARD, arg=[stage.evil, len(FOR_HOST)])
        async with visit.page.expect_popup() as popup:
            await visit.page.evaluate("address => { window.open(address) }", f"{stage.evil}/popup")
        await (await popup.value).evaluate(f"() => {{ const target = opener; {shout} }}")
        await visit.page.bring_to_front()
        await visit.page.wait_for_function(HEARD, arg=[stage.evil, 2 * len(FOR_HOST)])

        await expect(visit.page.locator("guichet-counter iframe")).to_be_hidden()
        assert await visit.launcher.get_attribute("aria-label") == before
        await expect(visit.page.locator("guichet-counter .badge")).to_be_hidden()
        await visit.open()


async def test_the_frame_hears_nobody_but_its_page(stage: Stage) -> None:
    frame = f"{stage.desk.url}/widget/v1/frame?site=demo&origin={stage.host}"
    shout = f"for (const message of {as_script(FOR_FRAME)}) parent.frames[0].postMessage(message, '*');"
    for place in (stage.stranger, stage.intranet):
        place.put("/shout", bare_page(f"<script>{shout} parent.postMessage('done', '*')</script>"))
    stage.intranet.put(
        "/two",
        bare_page(
            f"<iframe src='{frame}'></iframe><script>const heard = [];"
            "addEventListener('message', event => heard.push(event.data.type ?? event.data))</script>"
        ),
    )
    async with stage.context() as context:
        page = await context.new_page()
        await page.goto(f"{stage.host}/two")
        widget = the_frame(page)
        await page.wait_for_function("() => heard.includes('ready')")
        for address in (f"{stage.evil}/shout", f"{stage.host}/shout"):
            await page.evaluate(
                """address => {
                  const frame = document.createElement('iframe');
                  frame.src = address;
                  document.body.append(frame);
                }""",
                address,
            )
        await page.wait_for_function("() => heard.filter(each => each === 'done').length === 2")
        assert await widget.evaluate("() => document.documentElement.dataset.theme") == "auto"
        assert await widget.locator("widget-app").count() == 0
        assert set(await page.evaluate("() => heard")) == {"ready", "done"}

        await page.evaluate(
            f"() => {{ for (const each of {as_script(FOR_FRAME[:2])}) frames[0].postMessage(each, '*') }}"
        )
        await widget.locator("widget-app").wait_for()
        assert await widget.evaluate("() => document.documentElement.dataset.theme") == "dark"


async def test_a_strange_page_cannot_post_or_open_a_socket(stage: Stage) -> None:
    stage.stranger.put("/", bare_page("<p>evil</p>"))
    before = stage.desk.count(VisitorSession)
    async with stage.context() as context:
        page = await context.new_page()
        statuses: dict[str, int] = {}
        page.on("response", lambda answer: statuses.update({answer.url.rpartition("/")[2]: answer.status}))
        await page.goto(stage.evil)
        outcome = await page.evaluate(
            """async desk => {
              const body = JSON.stringify({ site: 'demo' });
              const post = (path, options) =>
                fetch(`${desk}/chat/v1/${path}`, { method: 'POST', body, ...options })
                  .then(answer => answer.type, error => error.name);
              const socket = new Promise(done => {
                const tried = new WebSocket(`${desk.replace('http', 'ws')}/chat/v1/socket?site=demo`);
                tried.onopen = () => done('open');
                tried.onerror = () => done('no');
              });
              return [
                await post('session', { mode: 'no-cors' }),
                await post('session', { headers: { 'Content-Type': 'application/json' } }),
                await post('tickets', { mode: 'no-cors' }),
                await socket,
              ];
            }""",
            stage.desk.url,
        )

    assert outcome == ["opaque", "TypeError", "opaque", "no"]
    assert statuses["session"] == 403
    assert statuses["tickets"] in (400, 401, 403)
    assert stage.desk.count(VisitorSession) == before


async def test_nothing_is_stored_before_the_chat_is_opened_and_then_only_what_is_needed(stage: Stage) -> None:
    async with stage.context(opens_shadows=False) as context:
        page = await closed_page(stage, context)
        sessions = stage.desk.count(VisitorSession)
        assert await page.evaluate(STORED) == []
        assert await the_frame(page).evaluate(STORED) == []

        frame = await opened(page)
        await frame.locator("#guichet-line").fill("one")
        await frame.locator("#guichet-line").press("Enter")
        await frame.locator(".line.assistant").wait_for()

        assert await page.evaluate(STORED) == []
        assert set(await frame.evaluate(STORED)) == {
            f"localStorage guichet:demo@{stage.host}",
            "sessionStorage guichet:demo:open",
        }
        assert await context.cookies() == []
        assert stage.desk.count(VisitorSession) == sessions + 1


async def test_no_address_carries_a_token(stage: Stage) -> None:
    stage.intranet.person = {"sub": "u-1", "name": "Ana Lopez"}
    async with stage.context() as context:
        sockets: list[str] = []
        visit = await stage.visit_in(context, path="/?identity=/who")
        visit.page.on("websocket", lambda socket: sockets.append(socket.url))
        await visit.launcher.wait_for()
        await visit.open()
        await visit.attaches(a_screenshot(), "one.png")
        await visit.says("one")
        kept = await visit.kept()
        addresses = [*visit.watch.addresses, *sockets]

    assert stage.intranet.signed >= 1
    assert len(sockets) == 1
    assert [each for each in addresses if kept["token"] in each or "eyJ" in each or "oken" in each] == []
    assert visit.watch.found() == []


LIST = "https://intranet.example/list"
HOSTILE = """
* { display: none !important; font-size: 60px !important; color: red !important; opacity: 0.1 }
html, head, body { display: block !important; opacity: 1 }
button { all: unset; position: static !important; width: 900px !important }
iframe { width: 10px !important; height: 10px !important; visibility: hidden !important }
guichet-counter { position: absolute; transform: scale(0.1); visibility: hidden; filter: blur(9px) }
div { display: inline !important; position: relative !important; left: -2000px }
"""


async def test_the_hosts_styles_do_not_reach_the_widget(stage: Stage) -> None:
    stage.intranet.put("/hostile", bare_page(stage.intranet.snippet(), head=f"<style>{HOSTILE}</style>"))
    async with stage.visit(path="/hostile") as visit:
        button = await visit.launcher.bounding_box()
        await visit.open()
        frame = await visit.page.locator("guichet-counter iframe").bounding_box()
        size = await visit.run("() => getComputedStyle(document.querySelector('.status')).fontSize")

    assert button == {"x": 1364, "y": 824, "width": 56, "height": 56}
    assert frame == {"x": 1020, "y": 150, "width": 400, "height": 660}
    assert size == "13px"


async def test_the_widgets_styles_do_not_reach_the_host(stage: Stage) -> None:
    script = """() => [...document.querySelectorAll('*:not(guichet-counter)')].map(element => {
      const { font, color, margin, display, position, overflow } = getComputedStyle(element);
      return [element.localName, font, color, margin, display, position, overflow].join('|');
    })"""
    async with stage.visit() as visit:
        before = await visit.page.evaluate(script)
        await visit.open()

        assert await visit.page.evaluate(script) == before


async def test_a_host_with_a_strict_policy_can_have_the_widget(stage: Stage) -> None:
    policy = (
        f"default-src 'none'; script-src {stage.desk.url}; frame-src {stage.desk.url}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    page = bare_page(f"<p>Intranet</p>{stage.intranet.snippet(identity='/who')}")
    stage.intranet.put("/strict", page, {"Content-Security-Policy": policy})
    async with stage.visit(path="/strict") as visit:
        await visit.open()
        await visit.says("one")


async def test_a_pinned_loader_is_believed_by_its_digest(stage: Stage) -> None:
    assets = read_manifest()
    address = f"{stage.desk.url}/widget/v1/loader-{assets.loader_digest}.js"
    tag = f'<script src="{address}" integrity="{{}}" crossorigin="anonymous" data-site="demo"></script>'
    stage.intranet.put("/pinned", bare_page(tag.format(assets.loader_integrity)))
    stage.intranet.put("/other", bare_page(tag.format(f"sha384-{'A' * 64}")))
    async with stage.visit(path="/pinned") as visit:
        await visit.open()
        visit.watch.forgive("integrity")
        await visit.page.goto(f"{stage.host}/other")

        await expect(visit.page.locator("guichet-counter")).to_have_count(0)


async def test_links_tell_the_other_side_nothing(stage: Stage) -> None:
    stage.assistant.says = [
        {
            "text": f"[The list]({LIST}), https://bare.example, [mail](mailto:it@example.org)",
            "custom": {
                "sources": [{"title": "Article", "url": "/kb/connect-to-the-vpn?lang=en", "slug": "vpn"}]
            },
        }
    ]
    async with stage.visit() as visit:
        await visit.open()
        await visit.says("where")
        links = await visit.widget.locator(".line.assistant a").evaluate_all(
            "all => all.map(link => [link.target, link.rel])"
        )
        async with visit.page.context.expect_page() as article:
            await visit.widget.locator(".sources a").click()
        page = await article.value
        await page.wait_for_load_state()

        assert links == [["_blank", "noopener noreferrer"]] * 4
        assert await page.evaluate("() => [window.opener, document.referrer]") == [None, ""]
        assert page.url.startswith(f"{stage.desk.url}/kb/")

"""The counter's addresses: who gets the page in a frame, with which headers, how files are sent (WW-4)."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from desk.web_assets import read_manifest
from identity.sites.administration import SiteChanges, change_site
from identity.sites.logo import read_logo
from identity.sites.operations import put_site
from notices.privacy.notice import read_notice
from tests.desk.desks import ORIGIN, RunningDesk, a_desk, utc_now
from tests.desk.widget_builds import LOADER, STYLE, TEXTS, WIDGET, a_build

PUBLIC = "https://help.example"
FRAME = "/widget/v1/frame"
PLAIN = {"Accept-Encoding": "identity"}


class Answer:
    """What came back."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode("utf-8", "replace")

    def policy(self) -> dict[str, str]:
        """The Content-Security-Policy by directive."""
        parts = self.headers["Content-Security-Policy"].split(";")
        return {name: rest for name, _, rest in (part.strip().partition(" ") for part in parts)}

    def config(self) -> dict[str, Any]:
        """What the page tells its script."""
        found = re.search(r'<script type="application/json" id="guichet-config">(.*)</script>', self.text)
        assert found is not None, self.text
        said: dict[str, Any] = json.loads(found[1])
        return said


async def get(
    desk: RunningDesk, path: str, *, headers: dict[str, str] | None = None, **query: str | None
) -> Answer:
    """One answer of the desk, not decompressed."""
    given = {name: value for name, value in query.items() if value is not None}
    async with (
        aiohttp.ClientSession(auto_decompress=False) as http,
        http.get(desk.url + path, params=given, headers=PLAIN | (headers or {})) as response,
    ):
        return Answer(response.status, response.headers, await response.read())


def widget_desk(folder: Path, **changes: Any) -> Any:
    """A desk with a browser side."""
    if "build" not in changes:
        changes["build"] = a_build(folder / "web")
    return a_desk(folder, assistant="none", **changes)


async def test_a_listed_page_gets_the_counter_for_its_frame(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        answer = await get(desk, FRAME, site="demo", origin=ORIGIN)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.policy()["frame-ancestors"] == ORIGIN
    assert f'<link rel="stylesheet" href="/widget/v1/assets/{STYLE}">' in answer.text
    assert f'<script type="module" src="/widget/v1/assets/{WIDGET}"></script>' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.config() == {
        "site": "demo",
        "name": "demo",
        "host": ORIGIN,
        "languages": ["en", "fr"],
        "default_language": "en",
        "color": None,
        "logo": None,
        "greeting": {},
        "requests": answer.config()["requests"],
        "privacy": "/privacy",
        "identity": "offered",
        "files": None,
        "characters": 4000,
    }


EVIL = {
    "missing": None,
    "empty": "",
    "null": "null",
    "any": "*",
    "self": "'self'",
    "suffix": "https://intranet.example.evil.io",
    "prefix": "https://evil-intranet.example",
    "below": "https://sub.intranet.example",
    "above": "https://example",
    "port": "https://intranet.example:8443",
    "own port": "https://intranet.example:443",
    "http": "http://intranet.example",
    "dot": "https://intranet.example.",
    "upper case": "https://INTRANET.example",
    "upper scheme": "HTTPS://intranet.example",
    "slash": "https://intranet.example/",
    "path": "https://intranet.example/home",
    "user": "https://intranet.example@evil.example",
    "two": "https://intranet.example https://evil.example",
    "a directive": "https://intranet.example; script-src *",
    "a header": "https://intranet.example\r\nX-Evil: 1",
    "space": " https://intranet.example",
    "no scheme": "intranet.example",
    "other letters": "https://іntranet.example",
    "the desk itself": PUBLIC,
    "how this machine reaches it": "http://127.0.0.1:8080",
    "long": "https://" + "a" * 5_000,
}


@pytest.mark.parametrize("case", EVIL)
async def test_no_other_page_gets_it(tmp_path: Path, case: str) -> None:
    async with widget_desk(tmp_path, public_url=PUBLIC) as desk:
        answer = await get(desk, FRAME, site="demo", origin=EVIL[case])

    assert answer.status == 403
    assert answer.policy()["frame-ancestors"] == "'none'"
    assert "X-Evil" not in answer.headers
    assert "guichet-config" not in answer.text
    assert "pas ici" in answer.text.lower()


async def test_two_origins_in_one_address_are_one_that_is_not_listed(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        one = await get(desk, f"{FRAME}?site=demo&origin=https://evil.example&origin={ORIGIN}")
        other = await get(desk, f"{FRAME}?site=demo&origin={ORIGIN}&origin=https://evil.example")

    assert one.status == 403
    assert (other.status, other.policy()["frame-ancestors"]) == (200, ORIGIN)


async def test_a_listed_origin_that_no_browser_sends_gets_nothing(tmp_path: Path) -> None:
    odd = ["null", "*", "https://a.example; script-src *", "https://a.example/"]
    async with widget_desk(tmp_path) as desk:
        desk.database.write(
            put_site, "odd", name="odd", origins=odd, host_keys=[], is_identity_required=False, now=utc_now()
        )
        answers = [await get(desk, FRAME, site="odd", origin=origin) for origin in odd]

    assert [answer.status for answer in answers] == [403] * len(odd)


async def test_a_site_that_is_not_there_looks_like_one_that_may_not_be_shown(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        unknown = await get(desk, FRAME, site="nowhere", origin=ORIGIN)
        refused = await get(desk, FRAME, site="demo", origin="https://evil.example")
        nothing = await get(desk, FRAME)

    ignored = {"Date"}
    seen = [
        (each.status, each.body, {k: v for k, v in each.headers.items() if k not in ignored})
        for each in (unknown, refused, nothing)
    ]
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][0] == 403


async def test_the_page_allows_nothing_but_our_own_files(tmp_path: Path) -> None:
    async with widget_desk(tmp_path, public_url=PUBLIC, demo=False) as desk:
        answer = await get(desk, FRAME, site="demo", origin=ORIGIN)

    assert answer.policy() == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "connect-src": "'self' wss://help.example",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": ORIGIN,
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    inline = re.findall(r"<script(?![^>]*(?:src=|application/json))|<style|\son\w+=|\sstyle=", answer.text)
    assert inline == []


async def test_the_page_may_open_web_sockets_to_the_desk_where_self_does_not_say_so(tmp_path: Path) -> None:
    async with widget_desk(tmp_path, port=8601) as desk:
        answer = await get(desk, FRAME, site="demo", origin=ORIGIN)

    assert answer.policy()["connect-src"] == "'self' ws://127.0.0.1:8601 ws://localhost:8601"


async def test_the_page_in_a_window_of_its_own_is_in_nobody_s_frame(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        answer = await get(desk, "/chat/demo")

    assert (answer.status, answer.policy()["frame-ancestors"]) == (200, "'none'")
    assert answer.config()["host"] is None


async def test_a_window_has_the_site_s_logo_or_ours_for_its_icon(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), "red").save(tmp_path / "logo.png")
    logo = read_logo(tmp_path / "logo.png")
    async with widget_desk(tmp_path) as desk:
        ours = await get(desk, "/chat/demo")
        desk.database.write(change_site, "demo", SiteChanges(logo=logo))
        theirs = await get(desk, "/chat/demo")
        frame = await get(desk, FRAME, site="demo", origin=ORIGIN)
        icon = await get(desk, "/widget/v1/icon.svg")

    assert '<link rel="icon" href="/widget/v1/icon.svg">' in ours.text
    assert f'<link rel="icon" href="/widget/v1/logo/demo?v={logo.version}">' in theirs.text
    assert "icon" not in frame.text.split("guichet-config")[0]
    assert icon.headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize("site", ["nowhere", "DEMO", "demo%00", "a%20b", "x" * 500, "v1"])
async def test_a_window_of_a_site_that_is_not_there_is_not_found(tmp_path: Path, site: str) -> None:
    async with widget_desk(tmp_path) as desk:
        answer = await get(desk, f"/chat/{site}")

    assert answer.status == 404
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_the_protocol_keeps_its_addresses_beside_the_window_s(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        status, _ = await desk.post("session", {"site": "demo"})
        answer = await get(desk, "/chat/v1/session")

    assert (status, answer.status) == (201, 405)


async def test_a_site_s_look_and_words_reach_its_page(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), "red").save(tmp_path / "logo.png")
    (tmp_path / "privacy.yml").write_text(
        "version: 1\nlink: https://example.org/p\nen: ours {link}\nfr: la nôtre {link}\n"
    )
    logo = read_logo(tmp_path / "logo.png")
    async with widget_desk(tmp_path, pictures=True, message_characters=500) as desk:
        plain = (await get(desk, FRAME, site="demo", origin=ORIGIN)).config()
        desk.database.write(
            change_site,
            "demo",
            SiteChanges(
                name="L’intranet",
                color="#0b5fff",
                logo=logo,
                greeting={"fr": "Bonjour <b>toi</b> </script><!--"},
                requests={"en": ["My badge"]},
                privacy=read_notice(tmp_path / "privacy.yml"),
                is_identity_required=True,
            ),
        )
        answer = await get(desk, FRAME, site="demo", origin=ORIGIN)

    config = answer.config()
    assert (config["name"], config["color"]) == ("L’intranet", "#0b5fff")
    assert "<title>L’intranet</title>" in answer.text
    assert config["logo"] == f"/widget/v1/logo/demo?v={logo.version}"
    assert config["greeting"] == {"fr": "Bonjour <b>toi</b> </script><!--"}
    assert answer.text.count("</script>") == 2, "a text cannot end the element it stands in"
    assert "<!--" not in answer.text
    assert config["requests"]["en"] == ["My badge"]
    assert config["requests"]["fr"] == plain["requests"]["fr"]
    assert 1 <= len(plain["requests"]["fr"]) <= 6
    assert config["privacy"] == "https://example.org/p"
    assert (config["identity"], config["characters"]) == ("required", 500)
    assert config["files"] == {"max_bytes": desk.desk.settings.picture_bytes}


async def test_a_site_whose_host_has_no_key_offers_no_identity(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        desk.database.write(
            put_site,
            "bare",
            name="b",
            origins=[ORIGIN],
            host_keys=[],
            is_identity_required=False,
            now=utc_now(),
        )
        answer = await get(desk, FRAME, site="bare", origin=ORIGIN)

    assert answer.config()["identity"] == "none"


async def test_a_name_is_text_in_the_page(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        desk.database.write(change_site, "demo", SiteChanges(name="<script>alert(1)</script> & co"))
        answer = await get(desk, FRAME, site="demo", origin=ORIGIN)

    assert "<title>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</title>" in answer.text
    assert answer.config()["name"] == "<script>alert(1)</script> & co"


async def test_the_installation_s_own_notice_is_linked(tmp_path: Path) -> None:
    own = tmp_path / "privacy.yml"
    own.write_text("version: 1\nlink: https://example.org/p\nen: ours {link}\nfr: la nôtre {link}\n")
    async with widget_desk(tmp_path, privacy_notice=str(own), languages="fr", default_language="fr") as desk:
        config = (await get(desk, FRAME, site="demo", origin=ORIGIN)).config()

    assert config["privacy"] == "https://example.org/p"
    assert (config["languages"], list(config["requests"])) == (["fr"], ["fr"])


async def test_identity_is_required_of_who_comes_through_the_frame_too(tmp_path: Path) -> None:
    """TRUST WW-7: the page may be shown, and nothing is opened or stored without an identity."""
    async with widget_desk(tmp_path, public_url=PUBLIC) as desk:
        frame = await get(desk, FRAME, site="strict", origin=ORIGIN)
        for origin in (PUBLIC, ORIGIN):
            for identity in ({}, {"identity": ""}, {"identity": "x.y.z"}):
                status, body = await desk.post(
                    "session", {"site": "strict", **identity}, headers={"Origin": origin}
                )
                assert (status, body["frames"][0]["code"]) == (401, "identity_refused")

    assert frame.config()["identity"] == "required"


def everything(desk: RunningDesk) -> dict[str, int]:
    """Every address of the counter, with what it answers."""
    digest = read_manifest(desk.desk.settings.var.parent / "web").loader_digest
    return {
        "/widget/v1/loader.js": 200,
        f"/widget/v1/loader-{digest}.js": 200,
        "/widget/v1/loader-0000000000000000.js": 404,
        f"{FRAME}?site=demo&origin={ORIGIN}": 200,
        FRAME: 403,
        f"/widget/v1/assets/{WIDGET}": 200,
        f"/widget/v1/assets/{STYLE}": 200,
        "/widget/v1/assets/manifest.json": 404,
        "/widget/v1/assets/loader.js": 404,
        "/widget/v1/logo/demo": 404,
        "/chat/demo": 200,
        "/chat/nowhere": 404,
        "/widget/v1/icon.svg": 200,
    }


@pytest.mark.parametrize("public_url", [PUBLIC, "http://help.example"])
async def test_every_answer_has_the_security_headers(tmp_path: Path, public_url: str) -> None:
    is_encrypted = public_url.startswith("https:")
    async with widget_desk(tmp_path, public_url=public_url) as desk:
        for path, status in everything(desk).items():
            answer = await get(desk, path)
            assert answer.status == status, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Server"] == "guichet"
            assert answer.policy()["default-src"] == "'none'"
            assert answer.policy()["base-uri"] == "'none'"
            assert "frame-ancestors" in answer.policy()
            assert ("Strict-Transport-Security" in answer.headers) is is_encrypted, path
            assert "Set-Cookie" not in answer.headers
            is_loader = path.startswith("/widget/v1/loader") and status == 200
            assert ("Access-Control-Allow-Origin" in answer.headers) is is_loader, path


async def test_the_loader_is_for_pages_of_any_origin_and_is_asked_for_again_soon(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        answer = await get(desk, "/widget/v1/loader.js", headers={"Origin": "https://anything.example"})

    assert answer.text == LOADER
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize(
    ("name", "kind"), [(WIDGET, "text/javascript"), (TEXTS, "text/javascript"), (STYLE, "text/css")]
)
async def test_files_with_their_digest_in_the_name_are_kept_for_good(
    tmp_path: Path, name: str, kind: str
) -> None:
    async with widget_desk(tmp_path) as desk:
        answer = await get(desk, f"/widget/v1/assets/{name}")

    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "name",
    ["", "..%2f..%2fpyproject.toml", "../manifest.json", "%2e%2e/manifest.json", "nope.js", WIDGET + "%00"],
)
async def test_nothing_else_is_among_the_files(tmp_path: Path, name: str) -> None:
    async with widget_desk(tmp_path) as desk:
        assert (await get(desk, f"/widget/v1/assets/{name}")).status == 404


@pytest.mark.parametrize(
    ("accepted", "is_zipped"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("*", True),
        ("GZIP", True),
        ("identity", False),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("*, gzip;q=0", False),
        ("gzip;q=nonsense", False),
        ("x-gzip2", False),
    ],
)
async def test_files_are_compressed_for_whom_it_suits(tmp_path: Path, accepted: str, is_zipped: bool) -> None:
    async with widget_desk(tmp_path) as desk:
        answer = await get(desk, "/widget/v1/loader.js", headers={"Accept-Encoding": accepted})

    assert (answer.headers.get("Content-Encoding") == "gzip") is is_zipped
    assert answer.headers["Vary"] == "Accept-Encoding"
    body = gzip.decompress(answer.body) if is_zipped else answer.body
    assert body.decode() == LOADER
    assert (len(answer.body) < len(LOADER)) is is_zipped


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_what_somebody_has_is_not_sent_again(tmp_path: Path, encoding: str) -> None:
    Image.new("RGB", (30, 30), "red").save(tmp_path / "logo.png")
    async with widget_desk(tmp_path) as desk:
        desk.database.write(change_site, "demo", SiteChanges(logo=read_logo(tmp_path / "logo.png")))
        for path in (
            "/widget/v1/loader.js",
            f"/widget/v1/assets/{STYLE}",
            f"{FRAME}?site=demo&origin={ORIGIN}",
            "/widget/v1/logo/demo",
        ):
            wanted = {"Accept-Encoding": encoding}
            first = await get(desk, path, headers=wanted)
            tag = first.headers["ETag"]
            again = await get(desk, path, headers=wanted | {"If-None-Match": f'"x", {tag}'})
            other = await get(desk, path, headers=wanted | {"If-None-Match": '"x"'})
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag), path
            assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
            assert (other.status, other.body) == (200, first.body)


async def test_the_page_is_asked_for_each_time_and_sent_when_the_site_has_changed(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        first = await get(desk, FRAME, site="demo", origin=ORIGIN)
        desk.database.write(change_site, "demo", SiteChanges(color="#123456"))
        known = {"If-None-Match": first.headers["ETag"]}
        again = await get(desk, FRAME, site="demo", origin=ORIGIN, headers=known)

    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status, again.config()["color"]) == (200, "#123456")


async def test_a_change_of_the_origins_counts_at_once(tmp_path: Path) -> None:
    async with widget_desk(tmp_path) as desk:
        first = await get(desk, FRAME, site="demo", origin=ORIGIN)
        desk.database.write(change_site, "demo", SiteChanges(origins=["https://new.example"]))
        known = {"If-None-Match": first.headers["ETag"]}
        again = await get(desk, FRAME, site="demo", origin=ORIGIN, headers=known)

    assert (first.status, again.status) == (200, 403)


async def test_a_pinned_loader_outlives_the_next_build(tmp_path: Path) -> None:
    async with widget_desk(tmp_path):
        pass
    old = read_manifest(tmp_path / "web")
    a_build(tmp_path / "web", loader="/* a new one */")
    async with widget_desk(tmp_path, build=tmp_path / "web") as desk:
        pinned = await get(desk, f"/widget/v1/loader-{old.loader_digest}.js")
        present = await get(desk, f"/widget/v1/loader-{read_manifest(tmp_path / 'web').loader_digest}.js")
        floating = await get(desk, "/widget/v1/loader.js")

    assert pinned.text == LOADER
    assert hashlib.sha256(pinned.body).hexdigest().startswith(old.loader_digest)
    assert pinned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert pinned.headers["Access-Control-Allow-Origin"] == "*"
    assert floating.text == present.text == "/* a new one */"


async def test_a_folder_that_cannot_keep_loaders_costs_only_that(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "loaders").write_text("no folder")
    async with widget_desk(tmp_path) as desk:
        assert (await get(desk, "/widget/v1/loader.js")).text == LOADER


async def test_a_pinned_loader_that_was_changed_is_not_sent(tmp_path: Path) -> None:
    a_build(tmp_path / "web")
    digest = read_manifest(tmp_path / "web").loader_digest
    async with widget_desk(tmp_path):
        pass
    (tmp_path / "var" / "loaders" / f"loader-{digest}.js").write_text("evil()")
    a_build(tmp_path / "web", loader="/* a new one */")
    async with widget_desk(tmp_path, build=tmp_path / "web") as desk:
        assert (await get(desk, f"/widget/v1/loader-{digest}.js")).status == 404


async def test_a_logo_is_a_picture_that_is_kept_as_long_as_it_is_that_one(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), "red").save(tmp_path / "logo.png")
    logo = read_logo(tmp_path / "logo.png")
    async with widget_desk(tmp_path) as desk:
        assert (await get(desk, "/widget/v1/logo/demo")).status == 404
        desk.database.write(change_site, "demo", SiteChanges(logo=logo))
        named = await get(desk, f"/widget/v1/logo/demo?v={logo.version}")
        old = await get(desk, "/widget/v1/logo/demo?v=other")

    assert (named.body, named.headers["Content-Type"]) == (logo.png, "image/png")
    assert named.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert old.headers["Cache-Control"] == "public, max-age=300"


async def test_a_desk_without_a_browser_side_starts_and_says_what_is_missing(tmp_path: Path) -> None:
    async with widget_desk(tmp_path, build=tmp_path / "nowhere") as desk:
        for path in (
            "/widget/v1/loader.js",
            f"{FRAME}?site=demo&origin={ORIGIN}",
            f"/widget/v1/assets/{WIDGET}",
            "/chat/demo",
        ):
            answer = await get(desk, path)
            assert answer.status == 503, path
            assert "`guichet build`" in answer.text
            assert answer.policy()["frame-ancestors"] == "'none'"
        status, _ = await desk.post("session", {"site": "demo"})

    assert status == 201


async def test_an_address_can_be_asked_about_without_its_content(tmp_path: Path) -> None:
    async with (
        widget_desk(tmp_path) as desk,
        desk.http.head(f"{desk.url}/widget/v1/loader.js") as response,
    ):
        assert (response.status, await response.read()) == (200, b"")

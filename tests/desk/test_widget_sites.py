"""`guichet site`: what it prints works as it is, secrets are shown once, and a refusal changes nothing."""

from __future__ import annotations

import io
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from PIL import Image

from desk.cli import sites
from desk.preparation.web import NODE
from desk.settings.values import PROJECT
from desk.web_assets import read_manifest
from identity.people.operations import OutsideIdentity, recognise_person
from identity.sites.logic import read_host_identity
from identity.sites.models import Site
from identity.sites.operations import put_site
from storage.database import Database
from tests.desk.commands import Guichet
from tests.desk.desks import ORIGIN, a_desk, utc_now
from tests.desk.widget_builds import LOADER, a_build

PRIVACY = "version: 1\nlink: https://example.org/p\nen: ours {link}\nfr: la nôtre {link}\n"


class Sites:
    """`guichet site …` on an installation that is ready."""

    def __init__(self, guichet: Guichet, var: Path) -> None:
        self._guichet, self.var = guichet, var
        guichet("db", "upgrade")

    def __call__(self, *arguments: str) -> str:
        code, said, complaint = self._guichet("site", *arguments)
        assert code == 0, complaint
        return said

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))

    def refused(self, *arguments: str) -> str:
        code, said, complaint = self._guichet("site", *arguments)
        assert (code, said) == (1, "")
        return complaint

    def vouched(self, key: str) -> None:
        """A site's host has said of somebody who that is."""
        database = Database(f"sqlite:///{self.var}/guichet.db", threads=1)
        ana = OutsideIdentity(f"site:{key}:host", "ana")
        try:
            database.write(recognise_person, ana, language="en", default_language="en", now=utc_now())
        finally:
            database.close()

    def row(self, key: str) -> dict[str, Any]:
        database = Database(f"sqlite:///{self.var}/guichet.db", threads=1)
        try:
            return database.read(
                lambda session: {
                    column.key: getattr(session.get_one(Site, key), column.key)
                    for column in Site.__table__.columns
                }
            )
        finally:
            database.close()


@pytest.fixture
def site(guichet: Guichet, var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sites:
    """The command, with a browser side and a desk that people reach at https://help.example."""
    build = a_build(tmp_path / "web")
    monkeypatch.setattr(sites, "read_manifest", lambda: read_manifest(build))
    monkeypatch.setenv("GUICHET_PUBLIC_URL", "https://help.example")
    return Sites(guichet, var)


def run_python(program: str) -> str:
    """What a program prints, run by an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_is_printed_is_what_a_page_needs(site: Sites) -> None:
    said = site("add", "Intranet", "--origin", ORIGIN)

    lines = said.splitlines()
    digest = read_manifest(site.var.parent / "web").loader_digest
    assert (
        '<script src="https://help.example/widget/v1/loader.js" data-site="intranet" async></script>' in lines
    )
    [pinned] = [line for line in lines if f"loader-{digest}.js" in line]
    assert re.fullmatch(
        r'<script src="https://help\.example/widget/v1/loader-[0-9a-f]{16}\.js" '
        r'integrity="sha384-[\w+/=]{64}" crossorigin="anonymous" data-site="intranet" async></script>',
        pinned,
    )
    assert (site.var / "loaders" / f"loader-{digest}.js").read_text() == LOADER


def test_the_secret_is_shown_once(site: Sites) -> None:
    said = site("add", "Intranet", "--origin", ORIGIN)
    secret = re.search(r"^secret    (\S+)", said, re.MULTILINE)
    assert secret is not None

    later = site("show", "intranet") + site("list") + site("show", "intranet", "--json")
    changed = site("change", "intranet", "--name", "New") + site("list", "--json")
    second = site("key", "add", "intranet")

    assert said.count(secret[1]) == 2, "by itself, and in the sample"
    assert secret[1] not in later + changed + second
    assert len(secret[1]) >= 43, "256 random bits"


async def test_the_printed_sample_runs_and_the_desk_believes_what_it_signs(
    site: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = site("add", "Intranet", "--origin", ORIGIN, "--require-identity")
    sample = said[said.index("# pip install pyjwt") :].split("\nwarning")[0]
    assert len([line for line in sample.splitlines() if line.strip()]) <= 10

    token = run_python(sample)

    url = f"sqlite:///{site.var}/guichet.db"
    async with a_desk(tmp_path, assistant="none", database_url=url) as desk:
        status, body = await desk.post("session", {"site": "intranet", "identity": token})
        again, _ = await desk.post("session", {"site": "intranet", "identity": token})
        anonymous, _ = await desk.post("session", {"site": "intranet"})

    assert (status, again, anonymous) == (201, 401, 401)
    assert body["person"] == {"name": "Ana Lopez", "email": "ana@example.org", "verified": True}


def test_programs_get_the_same_as_people(site: Sites) -> None:
    added = site.json("add", "Intranet", "--origin", ORIGIN)
    shown = site.json("show", "intranet")

    assert set(added) - set(shown) == {"host_key", "sample"}
    assert {name: added[name] for name in shown} == shown
    assert (added["key"], added["origins"], added["warnings"]) == ("intranet", [ORIGIN], [])
    assert run_python(added["sample"]).count(".") == 2
    assert [each["key"] for each in site.json("list")["sites"]] == ["intranet"]


def test_a_site_is_added_with_everything_that_is_named(site: Sites, tmp_path: Path) -> None:
    Image.new("RGB", (600, 300), "red").save(tmp_path / "logo.webp")
    (tmp_path / "privacy.yml").write_text(PRIVACY)

    shown = site.json(
        *("add", "Le réseau", "--key", "reseau_1", "--origin", ORIGIN, "--origin", "http://old.example:8080"),
        *("--color", "#0B5FFF", "--logo", str(tmp_path / "logo.webp")),
        *("--greeting-en", "Hello", "--greeting-fr", "Bonjour !"),
        *("--request-en", "My badge", "--request-en", "My car", "--request-fr", "Mon badge"),
        *("--privacy", str(tmp_path / "privacy.yml"), "--require-identity"),
    )

    assert (shown["key"], shown["name"]) == ("reseau_1", "Le réseau")
    assert shown["origins"] == [ORIGIN, "http://old.example:8080"]
    assert (shown["color"], shown["identity_required"]) == ("#0b5fff", True)
    assert shown["greeting"] == {"en": "Hello", "fr": "Bonjour !"}
    assert shown["requests"] == {"en": ["My badge", "My car"], "fr": ["Mon badge"]}
    assert shown["privacy"] == {"version": "1", "link": "https://example.org/p"}
    assert Image.open(io.BytesIO(site.row("reseau_1")["logo"])).size == (256, 128)
    [warning] = shown["warnings"]
    assert "http://old.example:8080 is not encrypted" in warning


def test_a_page_that_is_encrypted_shows_nothing_of_a_desk_that_is_not(
    site: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUICHET_PUBLIC_URL", "http://help.example")
    assert "GUICHET_PUBLIC_URL" in site("add", "Intranet", "--origin", ORIGIN)

    monkeypatch.setenv("GUICHET_PUBLIC_URL", "http://127.0.0.1:8080")
    assert site.json("show", "intranet")["warnings"] == [], "this machine itself is trusted"


def test_without_a_browser_side_there_is_no_pinned_line(
    site: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "read_manifest", lambda: read_manifest(tmp_path / "nowhere"))

    said = site("add", "Intranet", "--origin", ORIGIN)

    assert "integrity" not in said
    assert "`guichet build`" in said
    assert site.json("show", "intranet")["pinned_snippet"] is None


BAD: list[tuple[list[str], str]] = [
    ([], "origin: at least one is needed, such as https://intranet.example"),
    (
        ["--origin", "https://intranet.example/"],
        "it ends with a slash, which no browser sends; write https://intranet",
    ),
    (["--origin", "null"], "pages without an origin"),
    (["--origin", "https://*.example"], "no wildcards"),
    (["--origin", "intranet.example"], "begins with https://"),
    (["--origin", ORIGIN, "--color", "blue"], "such as #0b5fff"),
    (["--origin", ORIGIN, "--logo", "/nowhere.png"], "No such file"),
    (["--origin", ORIGIN, "--logo", "{svg}"], "SVG is refused because it can hold scripts; export it as PNG"),
    (["--origin", ORIGIN, "--privacy", "{svg}"], "not YAML|expected"),
    (["--origin", ORIGIN, "--greeting-en", "x" * 301], "longer than 300"),
    (["--origin", ORIGIN, *["--request-fr", "a", "--request-fr", "a"]], "there twice"),
    (["--origin", ORIGIN, "--key", "a b"], "key: 1 to 64"),
    (["--origin", ORIGIN, "--key", "intranet"], "there is a site 'intranet' already"),
]


@pytest.mark.parametrize(("arguments", "why"), BAD)
def test_what_cannot_be_is_one_sentence_and_changes_nothing(
    site: Sites, tmp_path: Path, arguments: list[str], why: str
) -> None:
    site("add", "Intranet", "--origin", ORIGIN)
    (tmp_path / "logo.svg").write_text("<svg onload='alert(1)'></svg>")
    given = [each.format(svg=tmp_path / "logo.svg") for each in arguments]
    before = site.row("intranet")

    complaint = site.refused("add", "Another", *given)
    assert re.search(why, complaint), complaint
    assert complaint.startswith("guichet: ")
    assert len(complaint.splitlines()) == 1
    if given and "--key" not in given:
        assert re.search(why, site.refused("change", "intranet", "--name", "Changed", *given))

    assert [each["key"] for each in site.json("list")["sites"]] == ["intranet"]
    assert site.row("intranet") == before


def test_a_removed_site_s_key_is_taken_up_by_who_says_that_it_is_the_same_site(site: Sites) -> None:
    again = ("add", "Intranet", "--origin", ORIGIN, "--key", "intranet")
    site(*again)
    site.vouched("intranet")
    site("remove", "intranet", "--yes")

    complaint = site.refused(*again)
    assert len(complaint.splitlines()) == 1
    assert "say --again if it is the same site" in complaint
    assert site.json("list")["sites"] == []

    site(*again, "--again")
    assert [each["key"] for each in site.json("list")["sites"]] == ["intranet"]


def test_only_what_is_named_changes_and_can_be_taken_back(site: Sites) -> None:
    site("add", "Intranet", "--origin", ORIGIN, "--color", "#0b5fff", "--request-en", "My badge")

    site("change", "intranet", "--greeting-fr", "Bonjour !", "--origin", "https://new.example")
    changed = site.json("show", "intranet")
    back = site.json("change", "intranet", "--color", "", "--request-en", "", "--greeting-fr", "")

    assert (changed["color"], changed["requests"]) == ("#0b5fff", {"en": ["My badge"]})
    assert (changed["greeting"], changed["origins"]) == ({"fr": "Bonjour !"}, ["https://new.example"])
    assert (back["color"], back["requests"], back["greeting"]) == (None, {}, {})
    assert back["name"] == "Intranet"


def test_identity_can_be_required_and_offered_again(site: Sites) -> None:
    site("add", "Intranet", "--origin", ORIGIN)

    assert site.json("change", "intranet", "--require-identity")["identity_required"]
    assert site.json("change", "intranet", "--name", "New")["identity_required"]
    assert not site.json("change", "intranet", "--no-require-identity")["identity_required"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nope"),
        ("change", "nope", "--name", "x"),
        ("remove", "nope", "--yes"),
        ("key", "add", "nope"),
        ("key", "remove", "nope", "0"),
    ],
)
def test_a_site_that_is_not_there_is_said_so(site: Sites, arguments: tuple[str, ...]) -> None:
    assert site.refused(*arguments) == "guichet: there is no site 'nope'; `guichet site list` shows them\n"


def test_a_change_of_nothing_is_refused(site: Sites) -> None:
    site("add", "Intranet", "--origin", ORIGIN)

    assert "nothing is named that could change" in site.refused("change", "intranet")


def test_a_key_is_exchanged_while_two_are_valid(site: Sites) -> None:
    first = site.json("add", "Intranet", "--origin", ORIGIN)
    second = site.json("key", "add", "intranet")
    old, new = first["host_key"]["id"], second["host_key"]["id"]
    for facts in (first, second):
        token = run_python(facts["sample"])
        read_host_identity(
            token, site_key="intranet", host_keys=site.row("intranet")["host_keys"], now=utc_now()
        )
    assert "remove the old one first" in site.refused("key", "add", "intranet")

    left = site.json("key", "remove", "intranet", old)

    assert [key["id"] for key in left["host_keys"]] == [new]
    assert left["warnings"] == []
    last = site("key", "remove", "intranet", new)
    assert "warning: nobody is recognised on this site now" in last
    assert site.json("show", "intranet")["host_keys"] == []


def a_public_key(kind: str) -> tuple[Any, bytes]:
    """A private key, and its public half as PEM."""
    made: dict[str, Callable[[], Any]] = {
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
        "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "small": lambda: rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505 - to be refused
        "other": lambda: ec.generate_private_key(ec.SECP256R1()),
    }
    private = made[kind]()
    return private, private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
def test_a_host_may_keep_its_secret_to_itself(site: Sites, tmp_path: Path, algorithm: str) -> None:
    site("add", "Intranet", "--origin", ORIGIN)
    private, public = a_public_key(algorithm)
    (tmp_path / "key.pem").write_bytes(public)

    added = site.json("key", "add", "intranet", "--public-key", str(tmp_path / "key.pem"))

    now = int(utc_now().timestamp())
    claims = {"iss": "i", "aud": "intranet", "sub": "u", "iat": now, "exp": now + 60, "jti": "j"}
    token = jwt.encode(claims, private, algorithm=algorithm, headers={"kid": added["host_key"]["id"]})
    keys = site.row("intranet")["host_keys"]
    assert read_host_identity(token, site_key="intranet", host_keys=keys, now=utc_now()).subject == "u"
    assert "key" not in added["host_key"]
    assert "sample" not in added
    assert "secret" not in site("show", "intranet")


def test_a_key_that_cannot_be_one_is_refused(site: Sites, tmp_path: Path) -> None:
    site("add", "Intranet", "--origin", ORIGIN)
    before = site.row("intranet")
    private, _ = a_public_key("EdDSA")
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content, why in (
        (pem, "private key, which the host alone must have"),
        (b"nonsense", "no public key in PEM form"),
        (a_public_key("small")[1], "RSA key of 2048 bits or more"),
        (a_public_key("other")[1], "an Ed25519 key"),
    ):
        (tmp_path / "key.pem").write_bytes(content)
        assert why in site.refused("key", "add", "intranet", "--public-key", str(tmp_path / "key.pem"))
    assert "No such file" in site.refused("key", "add", "intranet", "--public-key", "/nowhere.pem")
    assert site.row("intranet") == before


def test_a_site_is_removed_by_who_is_sure(site: Sites) -> None:
    site("add", "Intranet", "--origin", ORIGIN)

    assert "--yes is needed" in site.refused("remove", "intranet")
    assert site.json("remove", "intranet", "--yes") == {"removed": "intranet"}
    assert site("list") == "0 sites\n"


def test_a_database_that_is_not_ready_is_said_so(guichet: Guichet, var: Path) -> None:
    code, _, complaint = guichet("site", "list")

    assert (code, complaint) == (1, "guichet: the database is not ready; `guichet db upgrade` makes it so\n")


def documented(language: str) -> str:
    """The sample of the documentation in a language, with a key in it."""
    page = (PROJECT / "docs" / "embed.md").read_text(encoding="utf-8")
    [sample] = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(sample).replace("KEY-ID", "k1").replace("SECRET", "s" * 43)


@pytest.mark.parametrize(
    ("language", "interpreter"), [("python", [sys.executable, "-c"]), ("js", [str(NODE), "-e"])]
)
def test_the_documented_samples_run_and_are_believed(language: str, interpreter: list[str]) -> None:
    program = documented(language)
    assert len([line for line in program.splitlines() if line.strip()]) <= 10

    done = subprocess.run([*interpreter, program], capture_output=True, text=True, check=True)

    keys = [{"kid": "k1", "alg": "HS256", "key": "s" * 43}]
    vouched = read_host_identity(done.stdout.strip(), site_key="intranet", host_keys=keys, now=utc_now())
    assert (vouched.subject, vouched.name, vouched.email) == ("u-17", "Ana Lopez", "ana@example.org")


def test_a_site_that_was_put_by_hand_can_be_shown(site: Sites) -> None:
    """Keys of before have no date."""
    database = Database(f"sqlite:///{site.var}/guichet.db", threads=1)
    keys = [{"kid": "old", "alg": "HS256", "key": "x" * 40}]
    database.write(
        put_site,
        "old",
        name="Old",
        origins=[ORIGIN],
        host_keys=keys,
        is_identity_required=False,
        now=utc_now(),
    )
    database.close()

    assert "host key  old  (HS256)" in site("show", "old")


def checked(guichet: Guichet, check: str = "widget") -> list[tuple[str, str]]:
    """What the doctor says of the sites."""
    _, said, _ = guichet("doctor", "--json")
    return [(each["state"], each["what"]) for each in json.loads(said)["checks"] if each["check"] == check]


def test_the_doctor_looks_at_the_sites(site: Sites, guichet: Guichet) -> None:
    assert checked(guichet) == [("warn", "no page may show the counter yet")]

    site("add", "Intranet", "--origin", ORIGIN)
    assert checked(guichet) == [("ok", f"intranet: {ORIGIN}")]

    key = site.json("show", "intranet")["host_keys"][0]["id"]
    site("change", "intranet", "--require-identity", "--origin", "http://old.example")
    site("key", "remove", "intranet", key)
    said = checked(guichet)
    assert [state for state, _ in said] == ["warn", "warn"]
    assert "its server has no key" in said[0][1]
    assert "http://old.example is not encrypted" in said[1][1]


def test_the_doctor_sees_a_kept_loader_that_was_changed(site: Sites, guichet: Guichet) -> None:
    site("add", "Intranet", "--origin", ORIGIN)
    [kept] = (site.var / "loaders").iterdir()
    assert [state for state, _ in checked(guichet)] == ["ok"]

    kept.write_text("evil()")

    state, what = checked(guichet)[0]
    assert (state, f"{kept} was changed" in what) == ("fail", True)


def test_the_doctor_looks_at_the_demo_s_port(
    guichet: Guichet, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("GUICHET_DEMO_PORT", str(port))
        taken = [what for state, what in checked(guichet, "ports") if state == "fail"]
        monkeypatch.setenv("GUICHET_DEMO", "false")
        without = [what for _, what in checked(guichet, "ports") if str(port) in what]

    assert [f"{port} is taken" in what for what in taken] == [True]
    assert without == []

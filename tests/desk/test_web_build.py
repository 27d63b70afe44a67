"""The browser side's build: with the installation's own Node.js, once for the same sources, never half."""

import hashlib
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desk.cli.checks import products
from desk.cli.checks.findings import Finding
from desk.preparation import steps, web
from desk.preparation.steps import Context
from desk.preparation.web import BuildFailed, Workshop
from desk.settings.reading import inherited, load
from desk.settings.values import PROJECT
from desk.supervision.environment import of_npm
from desk.web_assets import keep_loader, read_manifest

TOOLS = ("package.json", "package-lock.json", "build.mjs")
SOURCES = {
    "loader/main.ts": "const site: string = document.title;\nconsole.log(site);\n",
    "widget/main.ts": "import { greet } from './words.ts';\ndocument.body.append(greet('you'));\n",
    "widget/words.ts": "export const greet = (name: string): string => `Bonjour ! ${name}`;\n",
    "widget/style.css": "body {\n  margin: 0;\n}\n",
}


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What builds the browser side; installed when it is missing."""
    log = tmp_path_factory.mktemp("packages") / "web.log"
    web.install_packages(Workshop(inherited(), print, log))
    return PROJECT / "web" / "node_modules"


@pytest.fixture
def no_node(tmp_path: Path) -> dict[str, str]:
    """An environment in which the system's Node.js, if there is one, is not found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")  # all that npm needs of the system
    assert shutil.which("node", path=str(folder)) is None
    return {"PATH": str(folder)}


Make = Callable[[str], Workshop]


@pytest.fixture
def workshop_at(tmp_path: Path, packages: Path, no_node: dict[str, str]) -> Make:
    def make(name: str) -> Workshop:
        sources = tmp_path / name / "web"
        for file, content in SOURCES.items():
            (sources / file).parent.mkdir(parents=True, exist_ok=True)
            (sources / file).write_text(content)
        for tool in TOOLS:
            shutil.copy(PROJECT / "web" / tool, sources)
        # Links, because it is 150 MB; in a folder of its own, because npm empties that one.
        (sources / "node_modules").mkdir()
        for package in ("esbuild", "@esbuild", "terser"):
            (sources / "node_modules" / package).symlink_to(packages / package)
        out = tmp_path / name / "build" / "web"
        workshop = Workshop(no_node, print, tmp_path / name / "web.log", sources, out)
        workshop.packages_stamp.set(web.packages_wanted(sources))
        return workshop

    return make


@pytest.fixture
def workshop(workshop_at: Make) -> Workshop:
    return workshop_at("one")


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_npm_runs_where_the_system_has_no_node(no_node: dict[str, str]) -> None:
    done = subprocess.run(
        [web.NODE, web.NPM, "exec", "--offline", "--call", "node --version"],
        env=of_npm(no_node, web.NODE_FOLDER),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("v24.")


def test_npm_is_told_how_the_operator_configured_it_but_nothing_of_ours(no_node: dict[str, str]) -> None:
    ours = {**no_node, "HTTPS_PROXY": "http://proxy:3128", "GUICHET_DATABASE_URL": "postgresql://u:p@h/d"}

    given = of_npm(ours, web.NODE_FOLDER)

    assert given["HTTPS_PROXY"] == "http://proxy:3128"
    assert given["PATH"].split(":") == [str(web.NODE_FOLDER), no_node["PATH"]]
    assert not any(name.startswith("GUICHET_") for name in given)


def test_a_build_is_all_there(workshop: Workshop) -> None:
    assert web.build(workshop)

    assets = read_manifest(workshop.folder)
    assert set(content_of(workshop.folder)) == {"manifest.json", *assets.names}
    assert "Bonjour" in (workshop.folder / assets.widget).read_text(encoding="utf-8")


def test_the_same_sources_are_built_once(workshop: Workshop) -> None:
    web.build(workshop)

    assert not web.build(workshop)


def test_what_is_kept_for_ever_is_named_after_the_bytes_that_are_served(workshop: Workshop) -> None:
    in_parts(workshop)

    web.build(workshop)

    assets = read_manifest(workshop.folder)
    for name in (assets.widget, assets.style, *assets.parts):
        digest = hashlib.sha256((workshop.folder / name).read_bytes()).hexdigest()[:16]
        assert Path(name).stem.rpartition("-")[2] == digest
    assert [name.rpartition("-")[0] for name in assets.parts] == ["more", "words"]


def test_a_part_is_fetched_under_its_name(workshop: Workshop) -> None:
    in_parts(workshop)

    web.build(workshop)

    assets = read_manifest(workshop.folder)
    more, words = assets.parts
    fetched = {name: fetched_by(workshop.folder / name) for name in (assets.widget, more, words)}
    assert fetched == {assets.widget: [words], words: [more], more: []}


def test_another_terser_gives_what_it_changes_another_name(workshop: Workshop) -> None:
    in_parts(workshop)
    web.build(workshop)
    before = content_of(workshop.folder)
    tool = workshop.sources / "build.mjs"
    source = tool.read_text()
    tool.write_text(source.replace("const format = {", "const format = { quote_style: 1,"))
    assert tool.read_text() != source

    web.build(workshop)

    after = content_of(workshop.folder)
    assert set(after) != set(before)
    assert [name for name in after if "-" in name and after[name] != before.get(name, after[name])] == []


def in_parts(workshop: Workshop) -> None:
    """A widget that fetches a part which fetches another."""
    widget = workshop.sources / "widget"
    (widget / "main.ts").write_text("const { greet } = await import('./words.ts');\nawait greet('you');\n")
    (widget / "words.ts").write_text(
        "export const greet = async (name: string) => (await import('./more.ts')).warm(`Hi ${name}`);\n"
    )
    (widget / "more.ts").write_text('export const warm = (text: string) => `${text}, it\'s "you" !`;\n')


def fetched_by(script: Path) -> list[str]:
    return re.findall(r"""import\(["']\./([^"']+)["']\)""", script.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", ["widget/words.ts", "widget/style.css", "build.mjs", "package.json"])
def test_a_change_is_built(workshop: Workshop, file: str) -> None:
    web.build(workshop)
    with (workshop.sources / file).open("a") as source:
        source.write("\n")
    if file == "package.json":  # of no consequence for the packages that are there
        workshop.packages_stamp.set(web.packages_wanted(workshop.sources))

    assert web.build(workshop)


def test_what_is_missing_is_built_again(workshop: Workshop) -> None:
    web.build(workshop)
    (workshop.folder / read_manifest(workshop.folder).style).unlink()

    assert web.build(workshop)


def test_a_test_changes_nothing(workshop: Workshop) -> None:
    web.build(workshop)
    (workshop.sources / "tests").mkdir()
    (workshop.sources / "tests" / "words.test.ts").write_text("export {};\n")

    assert not web.build(workshop)


def test_the_same_sources_give_the_same_bytes_anywhere(workshop_at: Make) -> None:
    one, other = workshop_at("one"), workshop_at("some/where/else")

    web.build(one)
    web.build(other)

    assert content_of(one.folder) == content_of(other.folder)


def test_a_new_build_leaves_nothing_of_the_old_one(workshop: Workshop) -> None:
    web.build(workshop)
    before = read_manifest(workshop.folder)
    (workshop.sources / "widget" / "words.ts").write_text("export const greet = (name: string) => name;\n")

    web.build(workshop)

    after = read_manifest(workshop.folder)
    assert (after.loader, after.style) == (before.loader, before.style)
    assert after.widget != before.widget
    assert before.widget not in content_of(workshop.folder)


@pytest.mark.parametrize(("part", "budget"), [("loader", 5_000), ("widget", 30_000)])
def test_a_part_that_is_too_heavy_fails_the_build_and_leaves_the_last_one(
    workshop: Workshop, part: str, budget: int
) -> None:
    web.build(workshop)
    before = content_of(workshop.folder)
    with (workshop.sources / part / "main.ts").open("a") as source:
        source.write(f"console.log('{noise(budget)}');\n")

    for _ in range(2):  # it is not taken for done
        with pytest.raises(BuildFailed, match=f"too heavy: {part}; nothing was written"):
            web.build(workshop)

    assert content_of(workshop.folder) == before


def test_script_and_style_share_the_widgets_budget(workshop: Workshop) -> None:
    for file, line in (("main.ts", "console.log('{}');\n"), ("style.css", ".a {{ content: '{}' }}\n")):
        with (workshop.sources / "widget" / file).open("a") as source:
            source.write(line.format(noise(16 * 1024)))

    with pytest.raises(BuildFailed, match="too heavy: widget"):
        web.build(workshop)


def noise(size: int) -> str:
    """Letters that gzip makes nothing smaller of: hex digits, at half a byte each."""
    return random.Random(7).randbytes(size).hex()  # noqa: S311 - no secret


def test_a_source_that_is_wrong_is_named(workshop: Workshop) -> None:
    (workshop.sources / "widget" / "main.ts").write_text("const = 1;\n")

    with pytest.raises(BuildFailed, match=r"widget/main\.ts:1:6: ERROR"):
        web.build(workshop)


def test_packages_that_cannot_be_had_are_said_with_what_to_do(workshop_at: Make, tmp_path: Path) -> None:
    workshop = workshop_at("one")
    workshop.packages_stamp.remove()
    nowhere = {
        "npm_config_registry": "http://127.0.0.1:9/",
        "npm_config_cache": str(tmp_path / "cache"),
        "npm_config_fetch_retries": "0",
    }
    stranded = replace(workshop, environ={**workshop.environ, **nowhere})

    with pytest.raises(BuildFailed, match=r"ECONNREFUSED .* docs/install\.md \(“Node\.js”\)"):
        web.build(stranded)

    assert "ECONNREFUSED" in workshop.log.read_text()


def test_packages_are_installed_once_for_the_same_lockfile(workshop: Workshop) -> None:
    assert not web.install_packages(workshop)
    with (workshop.sources / "package-lock.json").open("a") as lockfile:
        lockfile.write("\n")

    assert not workshop.packages_stamp.matches(web.packages_wanted(workshop.sources))


def test_every_loader_ever_built_is_kept(workshop: Workshop, tmp_path: Path) -> None:
    var = tmp_path / "var"
    web.build(workshop)
    first = keep_loader(read_manifest(workshop.folder), var)
    (workshop.sources / "loader" / "main.ts").write_text("console.log('another');\n")
    web.build(workshop)

    second = keep_loader(read_manifest(workshop.folder), var)

    assert {path.name for path in (var / "loaders").iterdir()} == {first.name, second.name}
    assert first != second
    assert second.name == f"loader-{read_manifest(workshop.folder).loader_digest}.js"


def test_a_kept_loader_that_was_cut_short_is_mended(workshop: Workshop, tmp_path: Path) -> None:
    web.build(workshop)
    kept = keep_loader(read_manifest(workshop.folder), tmp_path)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:10])

    keep_loader(read_manifest(workshop.folder), tmp_path)

    assert kept.read_bytes() == whole


def test_the_step_builds_and_keeps_the_loader(packages: Path, tmp_path: Path) -> None:
    settings = load({"GUICHET_VAR": str(tmp_path / "var")})
    context = Context(settings, {"PATH": "/usr/bin:/bin"}, print)

    steps.build_web(context)

    assets = read_manifest()
    assert (settings.var / "loaders" / f"loader-{assets.loader_digest}.js").is_file()
    assert steps.build_web(context) == steps.UNCHANGED


def test_doctor_sees_a_build_of_other_sources(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> Finding:
        (finding,) = products.browser_side(load({}))
        return finding

    monkeypatch.setattr(products, "read_manifest", lambda: read_manifest(workshop.folder))
    is_current = web.is_current
    monkeypatch.setattr(web, "is_current", lambda *_: is_current(workshop.sources, workshop.folder))
    assert (found().state, found().do) == ("fail", "`guichet build`")
    web.build(workshop)
    assert found().state == "ok"
    (workshop.sources / "widget" / "style.css").write_text("")

    assert (found().state, found().do) == ("warn", "`guichet build`")

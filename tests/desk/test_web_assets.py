"""The manifest of the browser build: read as a whole, or said to be missing with the remedy."""

import json
from pathlib import Path

import pytest

from desk.web_assets import AssetsMissing, integrity_of, keep_loader, read_manifest

NAMES = {"loader": "loader.js", "widget": "widget-1A.js", "style": "widget-2B.css", "parts": ["en-3C.js"]}


def a_build(folder: Path, **changes: object) -> Path:
    for name in ("loader.js", "widget-1A.js", "widget-2B.css", "en-3C.js"):
        (folder / name).write_text(f"/* {name} */")
    (folder / "manifest.json").write_text(json.dumps({**NAMES, **changes}))
    return folder


def test_a_build_says_its_names_and_how_the_loader_is_pinned(tmp_path: Path) -> None:
    assets = read_manifest(a_build(tmp_path))

    assert assets.names == ("loader.js", "widget-1A.js", "widget-2B.css", "en-3C.js")
    assert assets.loader_digest == "f56d074fe91cb1e8"
    assert assets.loader_integrity.startswith("sha384-")


def test_integrity_is_written_as_browsers_read_it() -> None:
    # The example of the W3C's recommendation, section 3.1.
    assert integrity_of(b"alert('Hello, world.');") == (
        "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"widget": "widget-gone.js"},
        {"style": "../widget-2B.css"},
        {"style": None},
        {"loader": ""},
    ],
)
def test_a_build_that_is_not_all_there_is_missing(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(AssetsMissing, match="`guichet build` makes it"):
        read_manifest(a_build(tmp_path, **changes))


@pytest.mark.parametrize("content", ["", "[]", "{}", "null"])
def test_a_manifest_that_says_nothing_is_missing(tmp_path: Path, content: str) -> None:
    (a_build(tmp_path) / "manifest.json").write_text(content)

    with pytest.raises(AssetsMissing):
        read_manifest(tmp_path)


def test_no_build_is_missing(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing):
        read_manifest(tmp_path / "web")


def test_a_loader_that_was_built_anew_meanwhile_is_not_kept_under_the_old_name(tmp_path: Path) -> None:
    build = tmp_path / "web"
    build.mkdir()
    assets = read_manifest(a_build(build))
    (build / "loader.js").write_text("/* a newer one */")

    with pytest.raises(AssetsMissing):
        keep_loader(assets, tmp_path / "var")

    assert not (tmp_path / "var").exists()

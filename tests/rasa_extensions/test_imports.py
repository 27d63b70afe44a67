"""What runs beside Rasa stays small: old Python, no part of the desk, no library that is not named here."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rasa_extensions.rasa_process import ROOT

EXTENSIONS = ROOT / "bot" / "rasa_extensions"
LIBRARIES = {
    *("rasa", "sanic", "sqlalchemy", "numpy", "scipy", "aiohttp", "jsonschema", "structlog"),
    *("onnxruntime", "tokenizers"),
}
OURS = ("bot.rasa_extensions", "knowledge.encoder.runtime")
# The desk checks a model's digest with the same code; it has neither Rasa nor numpy on that way.
FREE_OF_LIBRARIES = ("model_file", "versions", "left_out", "quiet", "training", "launcher")


def imports_of(path: Path, *, at_import: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
    nodes = tree.body if at_import else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def is_ours(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in OURS)


@pytest.mark.parametrize("path", sorted(EXTENSIONS.rglob("*.py")), ids=lambda path: path.stem)
def test_only_what_is_named_here_is_imported(path: Path) -> None:
    allowed = LIBRARIES | sys.stdlib_module_names

    strange = {name for name in imports_of(path) if name.split(".")[0] not in allowed and not is_ours(name)}

    assert strange == set()


def test_the_shared_encoder_imports_only_three_libraries() -> None:
    modules = imports_of(ROOT / "knowledge" / "encoder" / "runtime.py")

    assert {name.split(".")[0] for name in modules} - sys.stdlib_module_names == {
        "numpy",
        "onnxruntime",
        "tokenizers",
    }


@pytest.mark.parametrize(
    "path", ["bot/__init__.py", "knowledge/__init__.py", "knowledge/encoder/__init__.py"]
)
def test_what_lies_on_the_way_imports_nothing(path: str) -> None:
    assert list(imports_of(ROOT / path)) == []


@pytest.mark.parametrize("name", FREE_OF_LIBRARIES)
def test_what_runs_before_rasa_does_not_import_it(name: str) -> None:
    modules = imports_of(EXTENSIONS / f"{name}.py", at_import=True)

    assert {m.split(".")[0] for m in modules} - sys.stdlib_module_names <= {"bot"}


def test_the_modules_that_are_there_are_all_imported_without_tensorflow() -> None:
    names = [path.stem for path in EXTENSIONS.glob("*.py") if path.stem != "__init__"]
    script = "from bot.rasa_extensions import launcher, left_out\nlauncher.prepare_environment()\n"
    script += "".join(f"import bot.rasa_extensions.{name}\n" for name in sorted(names))
    script += "print(sorted(left_out.loaded_after_all()))"

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"

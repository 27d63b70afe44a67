"""Finding Pythons: by running them, in the order an operator would expect."""

import os
import sys
from pathlib import Path

import pytest

from deploy.interpreters import InterpreterMissing, ask, find


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its PATH, no pyenv and no uv; `tmp_path / "bin"` is on it."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr("deploy.interpreters._of_the_system", lambda minor: iter(()))
    return tmp_path


def put(path: Path, version: str = "", script: str = "") -> str:
    """A program that answers like a Python of this version, or does what the script says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script or f'echo {version}; echo {path}; echo /usr'}\n")
    path.chmod(0o755)
    return os.path.realpath(path)


def test_a_real_python_says_what_it_is() -> None:
    found = ask(sys.executable)

    assert found is not None
    assert found.version == "{}.{}.{}".format(*sys.version_info)


def test_a_shim_for_a_version_that_is_not_there_is_passed_over(machine: Path) -> None:
    put(machine / "bin" / "python3.13", script="echo 'pyenv: python3.13: command not found' >&2; exit 127")
    good = put(machine / "bin" / "python3.11", "3.11.7")

    assert find(("3.13", "3.11"), None, "PYTHON").path == good


def test_a_name_that_lies_is_passed_over(machine: Path) -> None:
    put(machine / "bin" / "python3.11", "3.10.13")

    with pytest.raises(InterpreterMissing):
        find(("3.11",), None, "PYTHON")


def test_what_is_on_the_path_comes_before_a_newer_one_of_pyenv(machine: Path) -> None:
    put(machine / "pyenv" / "versions" / "3.13.0" / "bin" / "python", "3.13.0")
    on_path = put(machine / "bin" / "python3.11", "3.11.2")

    assert find(("3.13", "3.12", "3.11"), None, "PYTHON").path == on_path


def test_the_newest_patch_of_pyenvs_folder_is_taken(machine: Path) -> None:
    for patch in ("3.10.9", "3.10.13", "3.10.2"):
        put(machine / "pyenv" / "versions" / patch / "bin" / "python", patch)

    assert find(("3.10",), None, "RASA_PYTHON").version == "3.10.13"


def test_uv_is_asked_last_and_not_to_download(machine: Path) -> None:
    python = put(machine / "uv-pythons" / "python3.10", "3.10.14")
    put(
        machine / "bin" / "uv",
        script=f'[ "$*" = "python find --no-python-downloads 3.10" ] && echo {python}',
    )

    assert find(("3.10",), None, "RASA_PYTHON").path == python


def test_a_wish_is_taken_at_its_word(machine: Path) -> None:
    put(machine / "bin" / "python3.12", "3.12.1")
    wish = put(machine / "elsewhere" / "python", "3.11.9")

    assert find(("3.12", "3.11"), wish, "PYTHON").path == wish


def test_a_wish_of_the_wrong_version_is_refused(machine: Path) -> None:
    wish = put(machine / "python", "3.9.2")

    with pytest.raises(InterpreterMissing, match=r"PYTHON=.* is Python 3\.9\.2; .* 3\.12 or 3\.11"):
        find(("3.12", "3.11"), wish, "PYTHON")


def test_nothing_found_is_one_sentence_on_what_to_install(machine: Path) -> None:
    with pytest.raises(InterpreterMissing) as missing:
        find(("3.10",), None, "RASA_PYTHON")

    assert "Python 3.10 was not found: install it" in str(missing.value)
    assert "pyenv install 3.10" in str(missing.value)
    assert "RASA_PYTHON=PATH" in str(missing.value)

"""Runs `guichet` in this process, on an installation of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from desk.cli import main as command
from tests.ports import a_free_port


class Guichet:
    """Runs a command in this process, as the installed `guichet` would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["guichet", *arguments])
        code = 0
        try:
            command.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("GUICHET_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUICHET_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GUICHET_ENCODER", "none")
    monkeypatch.setenv("GUICHET_ASSISTANT", "none")
    for setting in ("PORT", "RASA_PORT", "ACTIONS_PORT", "DEMO_PORT"):
        monkeypatch.setenv(f"GUICHET_{setting}", str(a_free_port()))
    return tmp_path / "var"


@pytest.fixture
def guichet(var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Guichet:
    return Guichet(monkeypatch, capsys)

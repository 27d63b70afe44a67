"""Training tells what is wrong with its data, and what it makes twice understands the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bot.rasa_extensions.model_file import check_digest, digest_path
from bot.rasa_extensions.training import main
from tests.rasa_extensions.conftest import PROJECT
from tests.rasa_extensions.rasa_process import ROOT

Training = Callable[..., int]
NLU = sorted((ROOT / "data" / "nlu").rglob("*.yml"))
INTENTS = (
    "greet",
    "goodbye",
    "thank",
    "help",
    "bot_challenge",
    "open_ticket",
    "ask_knowledge",
    "out_of_scope",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


@pytest.fixture
def train(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Training:
    monkeypatch.delenv("GUICHET_ENCODER_FOLDER", raising=False)

    def run(**paths: Path) -> int:
        chosen = {
            "out": tmp_path / "out",
            "config": project / "config.yml",
            "domain": project / "domain.yml",
            "data": project,
            **paths,
        }
        return main([part for name, path in chosen.items() for part in (f"--{name}", str(path))])

    return run


def test_a_model_and_its_digest_are_written(
    train: Training, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(data=PROJECT) == 0

    check_digest(tmp_path / "out" / "model.tar.gz")
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'model.tar.gz'}\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("domain.yml", "utter_greet:", "utter_other:", "utter_greet"),
        ("domain.yml", "intents: [", "intents: [[", "domain.yml"),
        ("domain.yml", "type: categorical", "type: unheard_of", "unheard_of"),
        (
            "rules/rules.yml",
            "{action: utter_help}",
            "{action: utter_greet}, {action: utter_nowhere}",
            "utter_nowhere",
        ),
        ("rules/rules.yml", "steps: [{intent: help}, ", "steps: [{intent: greet}, ", "ontradicting"),
        ("nlu/nlu.yml", "  - intent: help", "  - intention: help", "nlu.yml"),
        ("config.yml", "WhitespaceTokenizer", "NoSuchTokenizer", "NoSuchTokenizer"),
    ],
)
def test_bad_data_is_named(
    train: Training,
    project: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    old: str,
    new: str,
    told: str,
) -> None:
    path = project / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))

    assert train() == 1

    said = capsys.readouterr().err
    assert said.startswith("training failed: ")
    assert told in said
    assert "Traceback" not in said
    assert not (tmp_path / "out" / "model.tar.gz").exists()


def test_a_failed_training_leaves_the_model_that_was_there(train: Training, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "model.tar.gz").write_bytes(b"old")
    digest_path(out / "model.tar.gz").write_text("old")

    assert train(domain=tmp_path / "nowhere.yml") == 1

    assert (out / "model.tar.gz").read_bytes() == b"old"
    assert digest_path(out / "model.tar.gz").read_text() == "old"


def test_the_shipped_data_trains_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GUICHET_ENCODER_FOLDER", raising=False)
    monkeypatch.chdir(ROOT)
    responses = Path(__file__).parent / "responses.yml"

    assert main(["--out", str(tmp_path), "--responses", str(responses)]) == 0

    assert capsys.readouterr().err == ""


def examples(path: Path) -> list[str]:
    (block,) = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
    assert block["intent"] == path.stem
    return [line.removeprefix("- ") for line in block["examples"].strip().splitlines()]


def test_each_intent_has_a_file_per_language() -> None:
    expected = {f"{language}/{intent}.yml" for language in ("en", "fr") for intent in INTENTS}

    assert {str(path.relative_to(ROOT / "data" / "nlu")) for path in NLU} >= expected


@pytest.mark.parametrize("path", NLU, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_intent_has_enough_examples_and_none_twice(path: Path) -> None:
    said = examples(path)

    assert len(said) >= (60 if path.stem == "ask_knowledge" else 30)
    assert len({line.lower() for line in said}) == len(said)


def test_no_example_stands_under_two_intents() -> None:
    meant: dict[str, str] = {}
    for path in NLU:
        for line in examples(path):
            assert meant.setdefault(line.lower(), path.stem) == path.stem, line

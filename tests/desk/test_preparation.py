"""The steps before a start: skipped by content, done again when it changed or was cut short."""

import shutil
from pathlib import Path

import pytest

from desk.preparation import steps, training
from desk.preparation.stamps import Stamp, fingerprint
from desk.preparation.steps import Context, prepare
from desk.settings.reading import load
from desk.settings.values import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"GUICHET_VAR": str(tmp_path / "var"), "GUICHET_ENCODER": "none"})


@pytest.fixture
def context(settings: Settings) -> Context:
    return Context(settings, {"PATH": "/usr/bin:/bin"}, say=lambda line: None)


def test_a_stamp_matches_only_the_content_it_was_set_for(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "stamps" / "encoder")
    assert not stamp.matches("a")

    stamp.set("a")

    assert stamp.matches("a")
    assert not stamp.matches("b")
    stamp.remove()
    assert not stamp.matches("a")


def test_a_fingerprint_follows_content_and_names_but_not_the_clock(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.yml").write_text("1")
    first = fingerprint(files=[folder], below=tmp_path)

    (folder / "a.yml").touch()
    assert fingerprint(files=[folder], below=tmp_path) == first
    (folder / "a.yml").write_text("2")
    changed = fingerprint(files=[folder], below=tmp_path)
    (folder / "a.yml").rename(folder / "b.yml")

    assert len({first, changed, fingerprint(files=[folder], below=tmp_path)}) == 3


def test_contents_do_not_run_together() -> None:
    assert fingerprint("ab", "c", below=Path()) != fingerprint("a", "bc", below=Path())


def test_each_step_says_one_line(settings: Settings) -> None:
    said: list[str] = []

    prepare(
        [("one", lambda _: "skipped: unchanged"), ("two", lambda _: None)], Context(settings, {}, said.append)
    )

    assert said == ["one … ready (skipped: unchanged)", "two … ready (0.0 s)"]


def test_everything_but_rasa_is_done_once(context: Context) -> None:
    does = [steps.make_secrets, steps.migrate_database, steps.import_articles, steps.write_responses]

    first = [act(context) for act in does]
    second = [act(context) for act in does]

    assert steps.UNCHANGED not in first
    assert set(second) == {steps.UNCHANGED}


class Rasa:
    """Stands in for the training process; what it learns from is real."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trainings = 0
        self.fails = False
        self.has_model = False
        monkeypatch.setattr(training, "train", self.train)
        monkeypatch.setattr(training, "has_model", lambda settings: self.has_model)

    def train(self, settings: Settings, environ: object) -> tuple[str, ...]:
        self.trainings += 1
        if self.fails:
            raise training.TrainingFailed("no")
        self.has_model = True
        return ()


@pytest.fixture
def rasa(monkeypatch: pytest.MonkeyPatch) -> Rasa:
    return Rasa(monkeypatch)


def test_rasa_is_trained_once_for_the_same_data(context: Context, rasa: Rasa) -> None:
    steps.write_responses(context)
    steps.train_rasa(context)

    assert steps.train_rasa(context) == steps.UNCHANGED
    assert rasa.trainings == 1


def test_a_model_is_the_same_wherever_an_installation_keeps_what_it_was_made_of(tmp_path: Path) -> None:
    here, there = (
        load({"GUICHET_VAR": str(tmp_path / name), "GUICHET_ENCODER": "none"}) for name in ("here", "there")
    )
    steps.write_responses(Context(here, {}, say=lambda line: None))
    assert training.learns_from(here) != training.learns_from(there)

    shutil.copytree(here.var, there.var)

    assert training.learns_from(here) == training.learns_from(there)


def test_rasa_is_trained_again_when_what_it_says_changed(context: Context, rasa: Rasa) -> None:
    steps.write_responses(context)
    steps.train_rasa(context)
    with context.settings.responses_file.open("a") as file:
        file.write("# changed\n")

    steps.train_rasa(context)

    assert rasa.trainings == 2


def test_rasa_is_trained_again_when_its_model_would_be_refused(context: Context, rasa: Rasa) -> None:
    steps.train_rasa(context)
    rasa.has_model = False

    steps.train_rasa(context)

    assert rasa.trainings == 2


def test_a_training_that_failed_is_not_taken_for_done(context: Context, rasa: Rasa) -> None:
    steps.train_rasa(context)
    rasa.fails = True
    steps.write_responses(context)  # something new to learn
    with pytest.raises(training.TrainingFailed):
        steps.train_rasa(context)
    rasa.fails = False

    steps.train_rasa(context)

    assert rasa.trainings == 3

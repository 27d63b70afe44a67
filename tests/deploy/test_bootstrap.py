"""Making an environment with real pip: once for the same pins, mended when it was cut short."""

import ast
import dataclasses
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy import bootstrap, environments
from deploy.environments import Environment, SetupFailed

MINOR = "{}.{}".format(*sys.version_info)
FILES = {
    "tiny/__init__.py": b"VALUE = 1\n",
    "tiny-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "tiny-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel, its pins and the environment made from them: made once, it takes seconds."""
    root = tmp_path_factory.mktemp("setup")
    record = "".join(f"{name},,{len(content)}\n" for name, content in FILES.items())
    with zipfile.ZipFile(root / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in FILES.items():
            wheel.writestr(name, content)
        wheel.writestr("tiny-1.0.dist-info/RECORD", record + "tiny-1.0.dist-info/RECORD,,\n")
    (root / "pins.txt").write_text("tiny==1.0\n")
    return root


@pytest.fixture
def environment(template: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(environments, "ROOT", template)
    # The operator's own configuration of pip, which has to be honoured: here, one folder and no index.
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(template))
    return Environment(
        name="tiny",
        folder=template / ".venv",
        minors=(MINOR,),
        variable="PYTHON",
        constraints=template / "pins.txt",
        install=("-r", "pins.txt"),
        pins=(("tiny", "1.0"),),
        size="little",
    )


@pytest.fixture
def made(environment: Environment) -> Environment:
    if environment.is_ready() is None:
        environment.make(sys.executable, say=lambda line: None)
    return environment


def package(environment: Environment) -> Path:
    return next(environment.folder.glob("lib/python*/site-packages/tiny/__init__.py"))


@pytest.mark.alone
class TestAnEnvironment:
    def test_is_made_and_then_left_alone(self, made: Environment) -> None:
        assert made.is_ready() == "{}.{}.{}".format(*sys.version_info)
        assert package(made).read_bytes() == FILES["tiny/__init__.py"]

    def test_is_not_ready_when_its_pins_changed(self, made: Environment, tmp_path: Path) -> None:
        (tmp_path / "pins.txt").write_text("tiny==1.1\n")

        assert dataclasses.replace(made, constraints=tmp_path / "pins.txt").is_ready() is None

    def test_is_not_ready_when_its_python_is_gone(self, made: Environment, tmp_path: Path) -> None:
        shutil.copytree(made.folder, tmp_path / ".venv", symlinks=True)
        moved = dataclasses.replace(made, folder=tmp_path / ".venv")
        assert moved.is_ready() is not None

        moved.python.unlink()

        assert moved.is_ready() is None

    def test_that_was_cut_short_is_mended(self, made: Environment) -> None:
        made.stamp.unlink()
        package(made).unlink()  # pip was killed while it wrote
        leftover = next(made.folder.glob("lib/python*/site-packages")) / "~iny"
        leftover.mkdir()
        said: list[str] = []

        made.make(None, said.append)

        assert package(made).read_bytes() == FILES["tiny/__init__.py"]
        assert any("mending tiny==1.0" in line for line in said)
        assert not leftover.exists()
        assert made.is_ready()

    def test_without_its_pip_is_made_anew(self, made: Environment) -> None:
        for path in made.folder.glob("lib/python*/site-packages/pip"):
            shutil.rmtree(path)
        made.stamp.unlink()

        made.make(sys.executable, say=lambda line: None)

        assert made.is_ready()

    def test_with_another_version_than_pinned_is_refused(self, made: Environment) -> None:
        other = dataclasses.replace(made, pins=(("tiny", "2.0"),))

        with pytest.raises(SetupFailed, match=r"tiny is 1\.0 in \.venv, but must be 2\.0"):
            other.make(None, say=lambda line: None)

        assert other.is_ready() is None
        made.make(None, say=lambda line: None)

    def test_that_pip_cannot_fill_says_why_and_where(self, made: Environment) -> None:
        other = dataclasses.replace(made, install=("nowhere-to-be-found",))

        with pytest.raises(SetupFailed, match=r"nowhere-to-be-found.*setup-tiny\.log"):
            other.make(None, say=lambda line: None)


def test_the_pins_that_matter_are_in_the_constraints() -> None:
    for environment in (environments.DESK, environments.RASA):
        lines = environment.constraints.read_text().lower().splitlines()
        assert {f"{name}=={version}" for name, version in environment.pins} <= set(lines)


def test_the_desk_is_set_up_again_when_its_dependencies_change_but_not_its_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyproject = (environments.ROOT / "pyproject.toml").read_text()
    monkeypatch.setattr(environments, "ROOT", tmp_path)

    def fingerprint(text: str) -> str:
        (tmp_path / "pyproject.toml").write_text(text)
        return environments.DESK.fingerprint()

    first = fingerprint(pyproject)
    assert fingerprint(pyproject + '\n[tool.other]\nkey = "value"\n') == first
    assert fingerprint(pyproject.replace('"rich>=15"', '"rich>=16"')) != first


@pytest.mark.parametrize(
    "path", sorted(Path(bootstrap.__file__).parent.glob("*.py")), ids=lambda path: path.name
)
def test_the_bootstrap_is_readable_for_old_pythons(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 8))


def test_an_unknown_environment_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bootstrap.main(["dekk"])

    assert "dekk is not an environment; there are desk and rasa" in capsys.readouterr().err


def test_a_missing_python_is_a_sentence_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(bootstrap, "RASA", dataclasses.replace(environments.RASA, folder=tmp_path / "x"))

    assert bootstrap.main(["rasa", "--rasa-python", "/nowhere/python3.10"]) == 1
    assert capsys.readouterr().err == "set-up: RASA_PYTHON=/nowhere/python3.10 does not run.\n"


class Fake:
    """An environment that is made by a function."""

    def __init__(self, name: str, make: Callable[[], None]) -> None:
        self.folder, self._make = Path(name), make

    def is_ready(self, _: object) -> None:
        return None

    def make(self, _: object, say: Callable[[str], None]) -> None:
        self._make()


def fakes(*makes: Callable[[], None]) -> Any:
    return [(Fake(f".venv-{number}", make), None) for number, make in enumerate(makes)]


def test_environments_are_made_side_by_side() -> None:
    both = threading.Barrier(2)

    def meet() -> None:
        both.wait(10)

    assert bootstrap.side_by_side(fakes(meet, meet)) == []


def test_one_that_cannot_be_made_does_not_stop_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise SetupFailed("no space left")

    def stumble() -> None:
        raise OSError("no such file")

    failed = bootstrap.side_by_side(fakes(fail, lambda: None, stumble))

    assert sorted(map(str, failed)) == [
        ".venv-2 cannot be made: OSError('no such file')",
        "no space left",
    ]
    assert "environment .venv-1 … ready" in capsys.readouterr().out


def test_whoever_interrupts_leaves_no_pip_behind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pip = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(environments, "_installing", {pip})
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)

    def interrupted(_: object) -> list[Exception]:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "side_by_side", interrupted)

    assert bootstrap.main(["desk"]) == 130
    assert pip.wait(10) != 0
    assert "goes on from here" in capsys.readouterr().err

"""The documentation mentions everything there is to set and to call, and nothing that there is not."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from desk.cli.main import app
from desk.settings.reading import DEFAULTS, NOT_SETTINGS, load
from desk.settings.texts import PREFIX
from desk.settings.values import Settings
from tests.requirements import ROOT

VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command with its options."""
    below = [("guichet", typer.main.get_command(app))]
    while below:
        path, command = below.pop()
        if hasattr(command, "commands"):
            below += [(f"{path} {name}", each) for name, each in command.commands.items()]
        else:
            yield path, [opt for each in command.params for opt in each.opts if opt.startswith("--")]


COMMANDS = sorted(commands())


@pytest.mark.parametrize("page", ["docs/settings.md", ".env.example"])
def test_every_setting_is_documented(page: str) -> None:
    assert VARIABLES - set(re.findall(r"GUICHET_[A-Z_]+", text_of(page))) == set()


@pytest.mark.parametrize("page", ["docs/settings.md", "docs/install.md", "docs/commands.md", ".env.example"])
def test_no_setting_is_documented_that_does_not_exist(page: str) -> None:
    mentioned = set(re.findall(r"GUICHET_[A-Z_]+", text_of(page))) - {"GUICHET_PROT"}  # the misspelt example

    assert mentioned - VARIABLES - NOT_SETTINGS == set()


def test_the_example_holds_the_defaults(tmp_path: Path) -> None:
    example = re.sub(r"^#(GUICHET_)", r"\1", text_of(".env.example"), flags=re.MULTILINE)
    (tmp_path / "env").write_text(example)

    assert load({}, env_file=tmp_path / "env") == load({})


def test_the_documented_defaults_are_the_real_ones() -> None:
    page = text_of("docs/settings.md")
    for name, value in tomllib.loads(DEFAULTS.read_text()).items():
        said = re.search(rf"^\| `{PREFIX}{name.upper()}` \| ([^|]*) \|", page, re.MULTILINE)
        assert said is not None, name
        written = str(value).lower() if isinstance(value, bool) else value
        written = ",".join(value) if isinstance(value, list) else written
        assert said[1].startswith(f"`{written}`" if written != "" else "empty"), name


@pytest.mark.parametrize("command", [command for command, _ in COMMANDS])
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"(^## |`){re.escape(command)}\b", text_of("docs/commands.md"), re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "option"), [(command, option) for command, options in COMMANDS for option in options]
)
def test_every_option_is_documented(command: str, option: str) -> None:
    assert option in text_of("docs/commands.md"), f"{command} {option}"


def a_command(words: str) -> str:
    """The command that some words begin with, as far as they name one: what follows is somebody's to say."""
    known, path = {command for command, _ in COMMANDS}, "guichet"
    groups = {each.rsplit(" ", depth)[0] for each in known for depth in (1, 2)}
    for word in words.split()[1:]:
        if f"{path} {word}" not in known | groups:
            return path
        path = f"{path} {word}"
    return path


def mentions() -> Iterator[tuple[str, str]]:
    """Commands that pages, messages and letters tell people to run, with where they do."""
    told = re.compile(r"`(guichet [a-z][^`\n]*)`|: (guichet [a-z]+ [^\"\n]*)$", re.MULTILINE)
    for folder in (
        "desk",
        "ticketing",
        "notices",
        "identity",
        "knowledge",
        "storage",
        "actions",
        "bot",
        "docs",
    ):
        for path in sorted((ROOT / folder).rglob("*.*")):
            if path.suffix in {".py", ".yml", ".md", ".html"}:
                for quoted, plain in told.findall(path.read_text(encoding="utf-8")):
                    yield str(path.relative_to(ROOT)), quoted or plain


@pytest.mark.parametrize(("place", "words"), sorted(set(mentions())))
def test_every_command_that_somebody_is_told_to_run_exists(place: str, words: str) -> None:
    command = a_command(words)
    left = words.removeprefix(command).split()

    assert command != "guichet" or not left, f"{place}: {words}"
    is_group = command not in {each for each, _ in COMMANDS}
    assert not (is_group and left and left[0].isalpha() and left[0].islower()), f"{place}: {words}"


def test_every_target_of_make_is_documented() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", text_of("Makefile"), re.MULTILINE)

    assert set(targets) - {"help"} <= set(re.findall(r"`([a-z]+)`", text_of("docs/commands.md")))


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text_of(f"docs/{page}")):
        assert (ROOT / "docs" / target).exists(), target

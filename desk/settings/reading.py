"""Reading the settings: one file of defaults, overridden by the environment, frozen at start.

`load()` reads `desk/settings/defaults.toml`, then a file `.env` in the working folder, then the environment
(`GUICHET_<NAME>`). A name it does not know or a value it does not allow raises `SettingsError`,
whose text is fit for an operator: the name, the value and what is allowed.
"""

import contextlib
import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desk.settings.texts import PREFIX, SettingsError, from_file, masked
from desk.settings.values import Settings

DEFAULTS = Path(__file__).with_name("defaults.toml")

# Read by the test suite alone (tests/requirements.py); a desk that a test starts inherits it.
NOT_SETTINGS = frozenset({"GUICHET_REQUIRE"})

_in_place: ContextVar[Mapping[str, str] | None] = ContextVar(
    "settings in place of the installation's", default=None
)


def load(environ: Mapping[str, str] | None = None, *, env_file: Path | None = None) -> Settings:
    """The settings of this process, or `SettingsError`.

    Without arguments: the process's environment and `.env` in the working folder. With an `environ`
    nothing else is read, unless `env_file` names a file.
    """
    if environ is None and (environ := _in_place.get()) is None:
        environ, env_file = os.environ, env_file or Path(".env")
    overrides = {**_ours(from_file(env_file)), **_ours(environ)}
    if unknown := sorted(
        name for name in overrides if name[len(PREFIX) :].lower() not in Settings.model_fields
    ):
        raise SettingsError(_unknown(unknown[0]))
    values = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))
    values |= {name[len(PREFIX) :].lower(): value for name, value in overrides.items()}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        # The cause holds the values as they were given, secrets included.
        raise SettingsError(_sentences(error, values)) from None


def inherited() -> dict[str, str]:
    """This process's environment, for those who start others and pass some of it on."""
    return dict(os.environ)


@contextlib.contextmanager
def replaced_by(environ: Mapping[str, str]) -> Iterator[None]:
    """Whatever loads its settings within has these, and none of the installation's own, nor its `.env`."""
    before = _in_place.set(environ)
    try:
        yield
    finally:
        _in_place.reset(before)


def wants_tracebacks() -> bool:
    """Whether whoever runs a command asked for the details of its failure; settings may be what is wrong."""
    return os.environ.get("GUICHET_LOG_LEVEL") == "DEBUG"


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if name.startswith(PREFIX) and name not in NOT_SETTINGS
    }


def _unknown(name: str) -> str:
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    hint = f"Did you mean {near[0]}?" if near else "docs/settings.md lists all settings."
    return f"{name} is not a setting of Guichet. {hint}"


def _sentences(error: ValidationError, values: Mapping[str, Any]) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else str(problem.get("ctx", {}).get("setting"))
        allowed = problem.get("ctx", {}).get("allowed") or Settings.model_fields[name].description
        line = f"{PREFIX}{name.upper()} is {masked(name, values[name])!r}; allowed: {allowed}."
        if line not in lines:
            lines.append(line)
    return "\n".join(lines)

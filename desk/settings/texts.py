"""Settings as text: how a file and the environment write them, and how they may be shown."""

import re
from pathlib import Path

PREFIX = "GUICHET_"


class SettingsError(Exception):
    """The settings are refused; the text says which, its value, and what is allowed."""


def masked(name: str, value: object) -> str:
    """A setting's value as it may be shown: nothing of a password, of a URL neither who nor the query."""
    text = as_text(value)
    if name.endswith("_password"):
        return "***" if text else ""
    if not name.endswith("_url") or not text:
        return text
    parts = re.fullmatch(r"([a-z0-9+.-]+://)(.*@)?([^?]*)(\?.*)?", text, re.DOTALL)
    if not parts:
        return "***"
    scheme, secret, rest, query = parts.groups()
    return scheme + ("***@" if secret else "") + rest + ("?***" if query else "")


def from_file(path: Path | None) -> dict[str, str]:
    """The variables of an `.env` file, with their values as text; none where there is no such file.

    Raises:
        SettingsError: a line is none.
    """
    if path is None or not path.is_file():
        return {}
    variables: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"{path}, line {number}: a line must be NAME=value, a comment or empty.")
        variables[name.strip()] = _unquoted(value.strip())
    return variables


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return re.sub(r"\s+#.*$", "", value)


def as_text(value: object) -> str:
    """A value as the environment writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)

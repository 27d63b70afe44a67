"""The secrets this installation makes for itself: one file each in `{var}/secrets`, for its owner only.

Made on the first start, kept for good; a file that others may read is refused, because its secret may be
known. Deleting a file makes a new secret at the next start (a new `visitor_key` signs every visitor out,
and links of earlier letters lead nowhere).
"""

import hmac
import os
import secrets
import stat
from dataclasses import dataclass, fields
from pathlib import Path

BYTES = 32  # 256 bits, as HMAC-SHA-256 keys should have


class SecretsError(Exception):
    """A secret cannot be used; the text says which file and what to do."""


@dataclass(frozen=True, repr=False)
class Secrets:
    """The values; never printed (no repr), never logged."""

    rasa_secret: str  # the desk shows it to Rasa
    actions_secret: str  # Rasa shows it to the action listener
    visitor_key: str  # signs visitor tokens, and the addresses of tickets' pages in letters
    demo_host_key: str  # signs the demo page's claims about who is visiting


def prepare(folder: Path) -> Secrets:
    """Make what is missing in the folder, and read all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for field in fields(Secrets):
        if not (folder / field.name).exists():
            _make(folder / field.name)
    return read(folder)


def read(folder: Path) -> Secrets:
    """The secrets of an installation that was started before."""
    return Secrets(**{field.name: _read(folder / field.name) for field in fields(Secrets)})


def seal_in(folder: Path) -> str:
    """What tells this installation's letters from those of any other; nothing where it has no secrets yet."""
    path = folder / "visitor_key"
    if problem(path):
        return ""
    return hmac.digest(_read(path).encode(), b"guichet:letters", "sha256").hex()[:16]


def problem(path: Path) -> str | None:
    """Why this file cannot serve as a secret, with what to do; None when it can."""
    if not path.is_file():
        return f"{path} is missing; `guichet run` makes it"
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return f"{path} can be read by others; `chmod 600` it, or delete it to have a new one made"
    if len(path.read_text(encoding="ascii", errors="replace").strip()) < BYTES:
        return f"{path} holds no usable secret; delete it to have a new one made"
    return None


def _read(path: Path) -> str:
    if why := problem(path):
        raise SecretsError(f"{why}.")
    return path.read_text(encoding="ascii").strip()


def _make(path: Path) -> None:
    """Written whole under another name first: a crash leaves no half of a secret.

    Linked, not renamed: of two first starts at once both keep the one secret that came first.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)

"""What people say of themselves, made safe to keep and to write into a letter. No I/O."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

NAME_CHARACTERS = 100
REQUESTER_GROUP_CHARACTERS = 64

_REQUESTER_GROUP = re.compile(r"[a-z0-9](?:[a-z0-9 ._-]*[a-z0-9])?")


def clean_name(name: str | None) -> str | None:
    """A name on one line without control, invisible or quoting characters, or None if nothing is left."""
    kept = "".join(" " if c.isspace() else c for c in name or "" if c.isspace() or _is_visible(c))
    return " ".join(kept.split())[:NAME_CHARACTERS].strip() or None


def clean_address(address: str) -> str | None:
    """A mail address as mail servers take it, or None if it is not one. No name server is asked.

    Refused with everything that is no address: quoted and non-ASCII parts before the @ (many servers do not
    carry them), display names, and any character that could begin another header.
    """
    try:
        found = validate_email(address.strip(), check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return None
    return found.ascii_email


def why_not_requester_group(name: str) -> str | None:
    """The reason people cannot be in a group called so, or None if they can."""
    if len(name) <= REQUESTER_GROUP_CHARACTERS and _REQUESTER_GROUP.fullmatch(name):
        return None
    return (
        f"{name!r}: a group of requesters has a name of 1 to {REQUESTER_GROUP_CHARACTERS} characters, "
        "a-z, 0-9, space, dot, hyphen and underscore, such as finance"
    )


def _is_visible(character: str) -> bool:
    # Angle brackets and quotes would look like an address beside the name.
    return unicodedata.category(character)[0] != "C" and character not in '<>"'

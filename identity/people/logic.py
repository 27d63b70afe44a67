"""What people say of themselves, made safe to keep and to write into a letter. No I/O."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

NAME_CHARACTERS = 100


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


def _is_visible(character: str) -> bool:
    # Angle brackets and quotes would look like an address beside the name.
    return unicodedata.category(character)[0] != "C" and character not in '<>"'

"""When requesters are asked what they think, and what they may say. No I/O."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from datetime import datetime, timedelta

from ticketing.tickets.logic import ResolutionCode

SCORES = range(1, 6)
"""From very dissatisfied to very satisfied."""

GOOD = frozenset({4, 5})
COMMENT_CHARACTERS = 2_000
WINDOW = timedelta(days=60)
"""How long the link in an old mail leads somewhere."""

PATH = "/rate/"
SPAM = "spam"
"""A ticket with this tag was no request."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")


def why_not_ask(
    code: ResolutionCode | None, *, is_merged: bool, is_duplicate: bool, is_own: bool, tags: Collection[str]
) -> str | None:
    """Why nobody is asked what they think of a resolution, or None if somebody may be.

    Args:
        is_own: the requester resolved it: there is no work of the team to think of.
    """
    if is_merged or is_duplicate or code is ResolutionCode.DUPLICATE:
        return "it is about the same as another ticket"
    if is_own or code is ResolutionCode.BY_REQUESTER:
        return "the requester resolved it"
    return "it is spam" if SPAM in tags else None


def is_over(asked_at: datetime, now: datetime) -> bool:
    """Whether it was asked too long ago for an answer."""
    return now > asked_at + WINDOW


def token_digest(token: str) -> str | None:
    """What is kept of the secret in a link; None for what cannot be one."""
    if not _TOKEN.fullmatch(token):
        return None
    return hashlib.sha256(token.encode()).hexdigest()

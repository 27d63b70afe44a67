"""What a person is told before the first word: that this is a machine, and what becomes of the words."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class NoticeKind(enum.Enum):
    """What a notice is about."""

    MACHINE = "machine"
    PRIVACY = "privacy"


@dataclass(frozen=True)
class Notice:
    """A text in every language; when its version changes, everybody is told again."""

    kind: NoticeKind
    version: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class FirstContact:
    """Everything a person is told at first contact, in this order."""

    notices: tuple[Notice, ...]

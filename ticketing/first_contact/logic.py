"""What a person is told before the first word: that this is a machine, and what becomes of the words."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


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


SiteNotice = Callable[[str, Mapping[str, Any]], Notice]
"""Makes a notice of what a site keeps as its own: the site's key, and its privacy notice as it is kept."""


@dataclass(frozen=True)
class FirstContact:
    """Everything a person is told at first contact, in this order.

    `of_site` makes the notice that stands for the installation's own on a site that has one.
    """

    notices: tuple[Notice, ...]
    of_site: SiteNotice | None = None

    def on_site(self, key: str, kept: Mapping[str, Any] | None) -> tuple[Notice, ...]:
        """The notices on a site; `kept` is its own privacy notice, where it has one."""
        if kept is None or self.of_site is None:
            return self.notices
        own = self.of_site(key, kept)
        return tuple(own if notice.kind is own.kind else notice for notice in self.notices)

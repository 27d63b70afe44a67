"""Rules for pictures: which are taken, under which name, how many. No I/O."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

NAME_CHARACTERS = 100
HEAD_BYTES = 16
"""How many bytes tell what a file is."""

UNUSED_LIFE = timedelta(days=1)
"""How long a picture waits for the line that shows it."""

LOOSE_LIFE = timedelta(days=1)
"""How long after a picture a ticket is still about it."""

QUOTA_WINDOW = timedelta(days=1)


class PictureKind(enum.Enum):
    """As what a picture is kept. A GIF becomes a WebP: its first frame is what counts."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def content_type(self) -> str:
        return f"image/{self.value}"

    @property
    def ending(self) -> str:
        return "jpg" if self is PictureKind.JPEG else self.value


class PictureState(enum.Enum):
    """No line shows it yet, one does, or nothing will any more and its file goes."""

    UNUSED = "unused"
    USED = "used"
    REMOVED = "removed"


@dataclass(frozen=True)
class PictureLimits:
    """Bounds, from the settings: of one picture, of one person in a day, of everything kept.

    `bytes_anonymous` is what all those may fill together for whom no site vouches: to be one more of them
    costs nothing, so that a share of each would bound nobody.
    """

    bytes_each: int
    per_day: int
    bytes_per_day: int
    bytes_in_all: int
    bytes_anonymous: int


@dataclass(frozen=True)
class Kept:
    """How much there is already: of one person within a day, and of everybody.

    `bytes_anonymous` is that of all who are anonymous, for one of them; it does not concern anybody else.
    """

    pictures: int
    bytes: int
    bytes_in_all: int
    bytes_anonymous: int | None


def is_full(kept: Kept, more: int, limits: PictureLimits) -> bool:
    """Whether so many bytes more would be too many for everybody together, or for all who are anonymous."""
    is_room_used_up = (
        kept.bytes_anonymous is not None and kept.bytes_anonymous + more > limits.bytes_anonymous
    )
    return is_room_used_up or kept.bytes_in_all + more > limits.bytes_in_all


def is_beyond_quota(kept: Kept, more: int, limits: PictureLimits) -> bool:
    """Whether one more picture of so many bytes would be too much for one person's day."""
    return kept.pictures + 1 > limits.per_day or kept.bytes + more > limits.bytes_per_day


def is_picture(head: bytes) -> bool:
    """Whether a file begins like a PNG, a JPEG, a GIF or a WebP; its name says nothing."""
    if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")):
        return True
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


# What some system takes for more than a letter: separators, wildcards, redirections, quotes.
_ODD = re.compile(r"""[<>:"'`|?*;&$%\\/]""")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_ENDINGS = re.compile(r"\.(?:png|jpe?g|jfif|webp|gif)$", re.IGNORECASE)


def clean_name(name: str, kind: PictureKind) -> str:
    """A file name that is one in every system, with the ending of what the picture is and no other one."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(c for c in last if unicodedata.category(c) not in _INVISIBLE)
    stem = _ODD.sub("_", _ENDINGS.sub("", " ".join(shown.split())))
    stem = stem.replace(".", "_").strip(" _-")[: NAME_CHARACTERS - len(".jpeg")].strip(" _-")
    return f"{stem or 'picture'}.{kind.ending}"

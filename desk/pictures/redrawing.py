"""Draws one picture anew: a program of its own, given a file that nobody has looked into.

    python -I redrawing.py SOURCE TARGET MOST_BYTES

What is written is pixels and nothing else: no position, no camera, no further frames, nothing after the end.
It runs alone because decoders are where pictures bite: bounded in memory and time, without anything of the
desk's, and free to die. To stdout it writes `{"kind", "width", "height", "size"}`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import warnings
from pathlib import Path

# Imported by name, so that opening a file tries these four formats and loads no other.
from PIL import GifImagePlugin as GifImagePlugin
from PIL import Image
from PIL import JpegImagePlugin as JpegImagePlugin
from PIL import PngImagePlugin as PngImagePlugin
from PIL import WebPImagePlugin as WebPImagePlugin

MOST_PIXELS = 40_000_000
MOST_SIDE = 4096
MEMORY_BYTES = 1 << 30
CPU_SECONDS = 15

NOT_A_PICTURE = 3
TOO_LARGE = 4

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
# As what each is kept; MPO is what some cameras call a JPEG with more JPEGs behind it.
KEPT_AS = {"PNG": "PNG", "JPEG": "JPEG", "MPO": "JPEG", "GIF": "WEBP", "WEBP": "WEBP"}
OPTIONS: dict[str, dict[str, int]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 90},
    "WEBP": {"quality": 90, "method": 2},
}


class TooLarge(Exception):
    """More pixels than are taken; found before they are unpacked."""


def redraw(source: Path) -> tuple[dict[str, object], bytes]:
    """A picture drawn anew: what it is, and the file.

    Raises:
        TooLarge: too many pixels.
        Exception: whatever a decoder says of what is no picture.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            _check_canvas(source)
            with Image.open(source, formats=FORMATS) as opened:
                return _drawn(opened)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
            raise TooLarge from None


def _drawn(opened: Image.Image) -> tuple[dict[str, object], bytes]:
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise TooLarge
    kind = KEPT_AS[opened.format or ""]
    clean = _pixels_of(opened)
    file = io.BytesIO()
    clean.save(file, kind, **OPTIONS[kind])
    size = file.tell()
    return {"kind": kind.lower(), "width": clean.width, "height": clean.height, "size": size}, file.getvalue()


def _pixels_of(opened: Image.Image) -> Image.Image:
    # For a JPEG this decodes no more than the size that is kept.
    opened.draft(None, (MOST_SIDE, MOST_SIDE))
    opened.load()
    turn = _turn_of(opened)
    image = _plain(opened)
    image.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if turn is not None:
        image = image.transpose(turn)
    # A new canvas: whatever was attached to the old one stays behind.
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    return clean


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _turn_of(opened: Image.Image) -> Image.Transpose | None:
    """How the camera was held; that goes into the pixels before it goes away."""
    with contextlib.suppress(Exception):
        return _TURNS.get(int(opened.getexif().get(0x0112, 1)))
    return None


def _plain(image: Image.Image) -> Image.Image:
    """Grey, colour, or colour that lets through; a palette and 16 bits are made of it."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("1", "L"):
        return image.convert("L")
    lets_through = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if lets_through else "RGB")


def _check_canvas(source: Path) -> None:
    """The size of a WebP, whose decoder takes the memory for it while it is opened."""
    with source.open("rb") as file:
        head = file.read(30)
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return
    width, height = _webp_size(head)
    if width * height > MOST_PIXELS:
        raise TooLarge


def _webp_size(head: bytes) -> tuple[int, int]:
    chunk = head[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF


def _bound(most_bytes: int) -> None:
    """What this process may take of the machine; where the system does not know a bound, it goes without."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, most_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def main(source: str, target: str, most_bytes: str) -> int:
    """The exit status: 0, or why there is no picture."""
    _bound(int(most_bytes))
    try:
        drawn, content = redraw(Path(source))
    except TooLarge:
        return TOO_LARGE
    except Exception:  # noqa: BLE001 - decoders raise whatever they like at what is no picture
        return NOT_A_PICTURE
    if len(content) > int(most_bytes):
        return TOO_LARGE
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    print(json.dumps(drawn))  # noqa: T201 - this is how a program answers
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

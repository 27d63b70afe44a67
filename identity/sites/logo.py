"""A site's logo: what an administrator names is decoded and written anew, so that only pixels are kept."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from identity.sites.errors import LogoRefused

SIDE = 256
"""The longer side of a kept logo, in pixels."""

MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True)
class Logo:
    """A PNG of at most 256 by 256 pixels, and what tells it from another one."""

    png: bytes
    version: str


def read_logo(path: Path) -> Logo:
    """The logo in a file.

    Raises:
        LogoRefused: it cannot be read, is no PNG, JPEG or WebP, or is too big.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise LogoRefused(path, error.strerror or "it cannot be read") from None
    if len(content) > MOST_BYTES:
        raise LogoRefused(path, f"it is bigger than {MOST_BYTES // 1_000_000} MB")
    if _is_svg(content):
        raise LogoRefused(path, "SVG is refused because it can hold scripts; export it as PNG")
    try:
        png = _written_anew(content, path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise LogoRefused(path, "it is no PNG, JPEG or WebP picture that can be read") from error
    return Logo(png, hashlib.sha256(png).hexdigest()[:16])


def _written_anew(content: bytes, path: Path) -> bytes:
    with warnings.catch_warnings():
        # Pillow's own bound is above ours, and some files are odd in ways that do not matter here.
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            # Before a pixel is decoded: the header says how many there are.
            if picture.width * picture.height > MOST_PIXELS:
                raise LogoRefused(path, f"it has more than {MOST_PIXELS // 1_000_000} million pixels")
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    clean = Image.new("RGBA", upright.size)
    clean.paste(upright)
    written = io.BytesIO()
    clean.save(written, "PNG", optimize=True)
    return written.getvalue()


def _is_svg(content: bytes) -> bool:
    return re.search(rb"<svg[\s>]", content[:4_096], re.IGNORECASE) is not None

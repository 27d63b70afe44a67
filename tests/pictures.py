"""Pictures for tests, good and bad."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""What every virus scanner is tested with; in two parts, so that none takes this file for it."""

HTML = b"<html><script>alert('marker')</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def a_picture(
    kind: str = "PNG", size: tuple[int, int] = (64, 48), *, mode: str = "RGB", **options: Any
) -> bytes:
    """A file of this kind with something to see in it."""
    image = Image.radial_gradient("L").resize(size).convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def a_photo(*, turned: int = 1, size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG as a telephone takes it: where it was, and how it was held."""
    exif = Image.Exif()
    exif[Base.Orientation] = turned
    exif[Base.Model] = "marker-camera"
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (48.0, 51.0, 24.0)})
    return a_picture("JPEG", size, exif=exif, comment=b"marker-comment")


def a_claimed_png(width: int, height: int) -> bytes:
    """A small PNG that says to be large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def a_claimed_webp(width: int, height: int) -> bytes:
    """The same as a WebP."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + (10).to_bytes(4, "little") + bytes(4) + size
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def opened(content: bytes) -> Image.Image:
    """The picture in a file."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

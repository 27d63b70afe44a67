"""Logos: only pixels are kept of what an administrator names."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from identity.sites.errors import LogoRefused
from identity.sites.logo import read_logo


def a_picture(path: Path, *, size: tuple[int, int] = (40, 20), **saving: object) -> Path:
    Image.new("RGB", size, "#0b5fff").save(path, **saving)  # type: ignore[arg-type]
    return path


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png), formats=["PNG"])


@pytest.mark.parametrize("name", ["logo.png", "logo.jpg", "logo.webp"])
def test_a_picture_becomes_a_png(tmp_path: Path, name: str) -> None:
    logo = read_logo(a_picture(tmp_path / name))

    picture = opened(logo.png)
    assert (picture.size, picture.mode) == ((40, 20), "RGBA")
    assert len(logo.version) == 16


@pytest.mark.parametrize(
    ("size", "kept"), [((1024, 512), (256, 128)), ((10, 2000), (1, 256)), ((256, 256), (256, 256))]
)
def test_a_big_picture_is_made_small_and_keeps_its_shape(
    tmp_path: Path, size: tuple[int, int], kept: tuple[int, int]
) -> None:
    assert opened(read_logo(a_picture(tmp_path / "logo.png", size=size)).png).size == kept


def test_the_name_of_a_file_says_nothing_about_it(tmp_path: Path) -> None:
    a_picture(tmp_path / "logo.webp").rename(tmp_path / "logo.svg")

    assert opened(read_logo(tmp_path / "logo.svg").png).size == (40, 20)


def test_what_a_file_carries_beside_its_pixels_is_gone(tmp_path: Path) -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", "MARKER")
    path = a_picture(tmp_path / "logo.png", pnginfo=about)
    with path.open("ab") as file:
        file.write(b"<script>MARKER</script>")

    assert b"MARKER" not in read_logo(path).png


def test_a_picture_on_its_side_is_put_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = a_picture(tmp_path / "logo.jpg", size=(40, 20), exif=exif)

    assert opened(read_logo(path).png).size == (20, 40)


def test_another_picture_is_another_version(tmp_path: Path) -> None:
    one = read_logo(a_picture(tmp_path / "one.png"))
    same = read_logo(a_picture(tmp_path / "same.webp", lossless=True))
    other = read_logo(a_picture(tmp_path / "other.png", size=(41, 20)))

    assert one.version == same.version != other.version


def a_bomb() -> bytes:
    """A PNG whose header promises 50,000 by 50,000 pixels."""
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


SVG = '<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (SVG.encode(), "SVG is refused because it can hold scripts; export it as PNG"),
        (b"<SVG onload=alert(1)>", "SVG is refused"),
        (b"", "no PNG, JPEG or WebP"),
        (b"GIF89a" + b"\0" * 40, "no PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\nnonsense", "no PNG, JPEG or WebP"),
        (b"%PDF-1.7", "no PNG, JPEG or WebP"),
        (b"\0" * 5_000_001, "bigger than 5 MB"),
        (a_bomb(), "can be read|million pixels"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "logo"
    path.write_bytes(content)

    with pytest.raises(LogoRefused, match=why) as refused:
        read_logo(path)
    assert str(path) in str(refused.value)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    Image.new("1", (6_000, 6_000)).save(tmp_path / "wide.png")

    with pytest.raises(LogoRefused, match="25 million pixels"):
        read_logo(tmp_path / "wide.png")


def test_a_cut_off_picture_is_refused(tmp_path: Path) -> None:
    path = a_picture(tmp_path / "logo.jpg", size=(400, 400))
    path.write_bytes(path.read_bytes()[:600])

    with pytest.raises(LogoRefused):
        read_logo(path)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LogoRefused, match="No such file"):
        read_logo(tmp_path / "nowhere.png")
    with pytest.raises(LogoRefused, match="directory"):
        read_logo(tmp_path)

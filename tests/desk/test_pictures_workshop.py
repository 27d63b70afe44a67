"""What is kept of a picture is pixels; what is none, or too much, is refused unread (TRUST WW-15)."""

from __future__ import annotations

import asyncio
import io
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from desk.pictures import redrawing, workshop
from desk.pictures.workshop import Redrawn, Workshop
from tests.pictures import (
    EICAR,
    HTML,
    SVG,
    a_claimed_png,
    a_claimed_webp,
    a_photo,
    a_picture,
    opened,
)
from ticketing.pictures.errors import NotAPicture, PictureInfected, PictureNotScanned, PictureTooLarge
from ticketing.pictures.logic import PictureKind

MEGABYTES = 10 * 1024 * 1024
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def shop() -> Workshop:
    return Workshop(scanner=(), environment=ENVIRONMENT)


class Drawn:
    """A picture before and after."""

    def __init__(self, what: Redrawn, content: bytes) -> None:
        self.what, self.content, self.image = what, content, opened(content)


async def drawn(shop: Workshop, folder: Path, content: bytes, *, most_bytes: int = MEGABYTES) -> Drawn:
    source, target = folder / "source", folder / "target"
    source.write_bytes(content)
    target.unlink(missing_ok=True)
    what = await shop.redraw(source, target, most_bytes=most_bytes)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    return Drawn(what, target.read_bytes())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_picture("PNG"), PictureKind.PNG),
        (a_picture("PNG", mode="1"), PictureKind.PNG),
        (a_picture("PNG", mode="L"), PictureKind.PNG),
        (a_picture("PNG", mode="P"), PictureKind.PNG),
        (a_picture("PNG", mode="LA"), PictureKind.PNG),
        (a_picture("PNG", mode="RGBA"), PictureKind.PNG),
        (a_picture("JPEG"), PictureKind.JPEG),
        (a_picture("JPEG", progressive=True), PictureKind.JPEG),
        (a_picture("JPEG", mode="L"), PictureKind.JPEG),
        (a_picture("JPEG", mode="CMYK"), PictureKind.JPEG),
        (a_picture("WEBP"), PictureKind.WEBP),
        (a_picture("WEBP", mode="RGBA", lossless=True), PictureKind.WEBP),
        (a_picture("GIF", mode="P"), PictureKind.WEBP),
    ],
)
async def test_what_people_send_is_drawn_anew(
    shop: Workshop, tmp_path: Path, content: bytes, kind: PictureKind
) -> None:
    new = await drawn(shop, tmp_path, content)

    assert new.what == Redrawn(kind, 64, 48, len(new.content))
    assert (new.image.format, new.image.size) == (kind.name, (64, 48))
    # The same to see: dark in the middle, as it was.
    grey = new.image.convert("L")
    corner, middle = grey.getpixel((0, 0)), grey.getpixel((32, 24))
    assert isinstance(corner, int | float)
    assert isinstance(middle, int | float)
    assert corner - middle > 100


async def test_sixteen_bits_become_eight(shop: Workshop, tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("I;16", (4, 4), 0x8000).save(file, "PNG")

    new = await drawn(shop, tmp_path, file.getvalue())

    assert (new.image.mode, new.image.getpixel((0, 0))) == ("L", 128)


async def test_what_lets_through_still_does(shop: Workshop, tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (10, 20, 30, 40)).save(file, "PNG")

    assert (await drawn(shop, tmp_path, file.getvalue())).image.getpixel((0, 0)) == (10, 20, 30, 40)


async def test_what_is_hidden_behind_a_picture_is_gone(shop: Workshop, tmp_path: Path) -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        new = await drawn(shop, tmp_path, a_picture(kind) + HTML + EICAR)

        assert b"marker" not in new.content
        assert b"script" not in new.content
        assert b"EICAR" not in new.content


async def test_what_a_camera_tells_is_gone(shop: Workshop, tmp_path: Path) -> None:
    before = a_photo()
    assert b"marker-camera" in before

    new = await drawn(shop, tmp_path, before)

    assert b"marker" not in new.content
    assert len(new.image.getexif()) == 0
    assert set(new.image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


async def test_texts_and_profiles_within_a_png_are_gone(shop: Workshop, tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Comment", "marker-comment")
    notes.add_itxt("XML:com.adobe.xmp", "marker-xmp")
    content = a_picture("PNG", pnginfo=notes, icc_profile=b"marker-profile", dpi=(72, 72))

    new = await drawn(shop, tmp_path, content)

    assert new.image.info == {}
    assert b"marker" not in new.content


@pytest.mark.parametrize("turned", range(1, 9))
async def test_a_photo_stands_as_it_was_seen(shop: Workshop, tmp_path: Path, turned: int) -> None:
    new = await drawn(shop, tmp_path, a_photo(turned=turned, size=(64, 32)))

    assert new.image.size == ((64, 32) if turned < 5 else (32, 64))
    assert (new.what.width, new.what.height) == new.image.size


async def test_of_what_moves_the_first_picture_is_kept(shop: Workshop, tmp_path: Path) -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    for kind in ("GIF", "WEBP", "PNG"):
        file = io.BytesIO()
        first.save(file, kind, save_all=True, append_images=[second])

        new = await drawn(shop, tmp_path, file.getvalue())

        assert getattr(new.image, "n_frames", 1) == 1
        pixel = new.image.convert("RGB").getpixel((4, 4))
        assert isinstance(pixel, tuple)
        assert pixel[0] > 200
        assert pixel[2] < 60


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_nothing_is_larger_than_4096_pixels_a_side(shop: Workshop, tmp_path: Path, kind: str) -> None:
    new = await drawn(shop, tmp_path, a_picture(kind, (5000, 100)))

    assert new.image.size == (4096, 82)
    assert (new.what.width, new.what.height) == (4096, 82)


@pytest.mark.parametrize(
    "content",
    [
        a_claimed_png(50_000, 50_000),
        a_claimed_png(8_001, 5_000),
        a_claimed_webp(16_383, 16_383),
        a_claimed_webp(8_001, 5_000),
    ],
)
async def test_too_many_pixels_are_refused_before_they_are_unpacked(
    shop: Workshop, tmp_path: Path, content: bytes
) -> None:
    started = time.monotonic()

    with pytest.raises(PictureTooLarge, match="40 million pixels"):
        await drawn(shop, tmp_path, content)

    assert time.monotonic() - started < 5
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    "content",
    [
        a_picture("PNG", (640, 480))[:-400],
        a_picture("JPEG", (640, 480))[:-400],
        a_picture("WEBP", (640, 480))[:-400],
        a_picture("PNG")[:20],
        a_claimed_png(100, 100),
        b"\x89PNG\r\n\x1a\n" + HTML,
        b"GIF89a" + HTML,
        b"\xff\xd8\xff" + EICAR,
        EICAR,
        HTML,
        SVG,
        b"%PDF-1.7 ...",
        b"PK\x03\x04" + bytes(100),
        a_picture("BMP"),
        a_picture("TIFF"),
        a_picture("ICO"),
        a_picture("PPM"),
        b"",
    ],
    ids=lambda content: repr(content[:12]),
)
async def test_what_is_no_whole_picture_of_the_four_kinds_is_refused(
    shop: Workshop, tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(NotAPicture):
        await drawn(shop, tmp_path, content)

    assert not (tmp_path / "target").exists()


async def test_what_grows_too_large_is_refused(shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(PictureTooLarge):
        await drawn(shop, tmp_path, a_picture("PNG", (800, 800)), most_bytes=100)


async def test_a_picture_that_takes_too_long_is_given_up(
    tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(redrawing, "__file__", str(slow))
    monkeypatch.setattr(workshop, "REDRAW_SECONDS", 0.3)
    started = time.monotonic()

    with pytest.raises(PictureTooLarge):
        await drawn(shop, tmp_path, a_picture())

    assert time.monotonic() - started < 30


async def test_the_program_is_given_nothing_of_the_desk(
    tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUICHET_DATABASE_URL", "marker")
    seen = tmp_path / "environment"
    program = tmp_path / "tells.py"
    tell = f"pathlib.Path({str(seen)!r}).write_text(repr(dict(os.environ)))"
    program.write_text(f"import os, pathlib, sys\n{tell}\nsys.exit(3)\n")
    monkeypatch.setattr(redrawing, "__file__", str(program))

    with pytest.raises(NotAPicture):
        await drawn(shop, tmp_path, a_picture())

    assert "marker" not in seen.read_text()


def test_the_program_imports_nothing_of_ours() -> None:
    code = (
        f"import runpy, sys; runpy.run_path({redrawing.__file__!r}, run_name='looked_at');"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('desk', 'bot', 'ticketing', 'identity', 'storage', 'sqlalchemy', 'aiohttp')])"
    )
    said = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)

    assert json.loads(said.stdout.replace("'", '"')) == []


async def test_no_more_than_two_are_looked_at_at_once(
    tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = most = 0

    async def run(*_: object, **__: object) -> tuple[int, bytes]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return 0, json.dumps({"kind": "png", "width": 1, "height": 1, "size": 1}).encode()

    monkeypatch.setattr(shop, "_run", run)

    await asyncio.gather(*(shop.redraw(tmp_path, tmp_path, most_bytes=1) for _ in range(8)))

    assert most == 2


def a_scanner(folder: Path, script: str) -> Workshop:
    """A scanner that does what a line of Python says with the path it is given."""
    program = folder / "scanner.py"
    program.write_text(
        f"import sys, time, os\npath = sys.argv[-1]\ncontent = open(path, 'rb').read()\n{script}\n"
    )
    return Workshop(scanner=(sys.executable, str(program), "--file", "{file}"), environment=ENVIRONMENT)


FINDS_EICAR = "sys.exit(1 if b'EICAR' in content else 0)"


async def test_a_scanner_sees_the_file_as_it_came(tmp_path: Path) -> None:
    shop = a_scanner(tmp_path, FINDS_EICAR)
    clean, infected = tmp_path / "clean", tmp_path / "infected"
    clean.write_bytes(a_picture())
    infected.write_bytes(a_picture() + EICAR)

    await shop.scan(clean)
    with pytest.raises(PictureInfected):
        await shop.scan(infected)


@pytest.mark.parametrize("script", ["sys.exit(2)", "os.abort()", "raise ValueError", "time.sleep(60)"])
async def test_what_got_no_verdict_is_refused_for_now(
    tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "SCAN_SECONDS", 1.0)
    shop = a_scanner(tmp_path, script if "ValueError" not in script else "os._exit(3)")
    path = tmp_path / "picture"
    path.write_bytes(a_picture())

    with pytest.raises(PictureNotScanned) as refused:
        await shop.scan(path)

    assert refused.value.may_retry


async def test_a_scanner_that_is_not_there_lets_nothing_in(tmp_path: Path) -> None:
    shop = Workshop(scanner=(str(tmp_path / "no-such-scanner"), "{file}"), environment=ENVIRONMENT)

    with pytest.raises(PictureNotScanned):
        await shop.scan(tmp_path)


async def test_no_shell_reads_the_scanners_command(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    shop = Workshop(scanner=("true", f"; touch {mark};", "$(touch {file}.x)"), environment=ENVIRONMENT)

    await shop.scan(tmp_path / "picture")

    assert os.listdir(tmp_path) == []


async def test_what_a_scanner_started_does_not_outlive_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "SCAN_SECONDS", 1.0)
    mark = tmp_path / "mark"
    child = f"import time; time.sleep(2); open({str(mark)!r}, 'w')"
    shop = a_scanner(
        tmp_path,
        f"import subprocess; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)",
    )
    path = tmp_path / "picture"
    path.write_bytes(a_picture())

    with pytest.raises(PictureNotScanned):
        await shop.scan(path)
    await asyncio.sleep(2)

    assert not mark.exists()

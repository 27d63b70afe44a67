"""Pictures that people paste: drawn here, so that nobody's own screen is in them."""

from __future__ import annotations

import functools
import io

from PIL import Image, ImageDraw, ImageFont


@functools.cache
def a_screenshot(kind: str = "PNG") -> bytes:
    """A dialogue box with an error, as a file of this kind."""
    image = Image.new("RGB", (960, 600), "#2f6f8f")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((130, 130, 830, 450), 14, fill="#f4f4f4", outline="#9aa4ad", width=2)
    draw.rounded_rectangle((130, 130, 830, 190), 14, fill="#dfe5ea")
    draw.text((160, 148), "VPN · meridian-eu", fill="#20303a", font=_font(24))
    draw.ellipse((170, 240, 240, 310), fill="#c62828")
    draw.text((193, 246), "!", fill="white", font=_font(46))
    draw.text((280, 240), "Connection failed", fill="#20303a", font=_font(32))
    draw.text((280, 292), "Error 809: the server does not answer.", fill="#46545e", font=_font(22))
    draw.rounded_rectangle((640, 380, 790, 425), 8, fill="#0b5cab")
    draw.text((692, 388), "OK", fill="white", font=_font(24))
    stored = io.BytesIO()
    image.save(stored, kind)
    return stored.getvalue()


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)

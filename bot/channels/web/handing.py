"""Files on their way out: attachments under a policy that lets them do nothing (WW-15)."""

from __future__ import annotations

import re
from urllib.parse import quote

from aiohttp import web

from bot.channels.web.port import KeptFile

_HEADERS = {
    "Cache-Control": "private, no-store",
    # Opened as a page it could do nothing, and is none: what it shows never becomes the desk's own words.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def handed_out(file: KeptFile) -> web.FileResponse:
    """The bytes of a file, which are read beside the event loop."""
    headers = {"Content-Type": file.content_type, "Content-Disposition": _disposition(file.name)}
    return web.FileResponse(file.path, headers=_HEADERS | headers)


def _disposition(name: str) -> str:
    """RFC 6266: a name in ASCII, and the name as it is (RFC 8187); no sign of it ends either."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

"""What an administrator puts on a page and on its server, and what may go wrong there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from identity.sites.origins import is_encrypted, is_loopback, origin_of


@dataclass(frozen=True)
class Pin:
    """The loader of one build: the digest in its address, and what browsers check it with."""

    digest: str
    integrity: str


def snippet(desk: str, site: str) -> str:
    """The line that puts the counter on a page; the loader is whatever the desk has."""
    return f'<script src="{_address(desk)}/loader.js" data-site="{escape(site)}" async></script>'


def pinned_snippet(desk: str, site: str, pin: Pin) -> str:
    """The same for one loader alone: a browser runs no other, whatever the desk may send."""
    return (
        f'<script src="{_address(desk)}/loader-{pin.digest}.js" integrity="{pin.integrity}" '
        f'crossorigin="anonymous" data-site="{escape(site)}" async></script>'
    )


def python_sample(site: str, kid: str, key: str) -> str:
    """A program for the page's server that signs who is signed in there; it runs as it is."""
    return f"""\
# pip install pyjwt. On the page's server only: whoever has the key can be anybody.
import time, uuid, jwt

KEY_ID, KEY = "{kid}", "{key}"

def identity(user_id, name, email):
    claims = {{"iss": "{site}", "aud": "{site}", "sub": user_id, "name": name, "email": email,
              "iat": int(time.time()), "exp": int(time.time()) + 120, "jti": str(uuid.uuid4())}}
    return jwt.encode(claims, KEY, algorithm="HS256", headers={{"kid": KEY_ID}})

print(identity("u-17", "Ana Lopez", "ana@example.org"))
"""


def warnings_about(origins: Sequence[str], desk: str) -> list[str]:
    """What an administrator should know about pages and a desk with these addresses."""
    open_pages = [each for each in origins if not is_encrypted(each) and not is_loopback(each)]
    found = [
        f"{each} is not encrypted: whoever is on the network between can read and change its pages, "
        "the counter on them included"
        for each in open_pages
    ]
    desk_origin = origin_of(desk)
    is_open_desk = not is_encrypted(desk_origin) and not is_loopback(desk_origin)
    if is_open_desk and (mixed := [each for each in origins if is_encrypted(each)]):
        found.append(
            f"browsers show nothing of {desk_origin} on {mixed[0]}, which is encrypted as the desk is not; "
            "give the desk https, and say so in GUICHET_PUBLIC_URL"
        )
    return found


def _address(desk: str) -> str:
    return f"{escape(origin_of(desk))}/widget/v1"

"""Signs who a visitor is, as the back end of a host page would. Not imported by the client itself."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import jwt

ISSUER = "guichet-demo"
KEY_ID = "demo"
LIFE = timedelta(seconds=120)


def host_identity(key: str, *, site: str, email: str, now: datetime, name: str | None = None) -> str:
    """A JWT (HS256) that vouches for the person with this address; good for one session."""
    address = email.strip().lower()
    claims = {
        "iss": ISSUER,
        "aud": site,
        "sub": address,
        "email": address,
        "name": name or name_from(address),
        "jti": str(uuid.uuid4()),
        "iat": int(now.timestamp()),
        "exp": int((now + LIFE).timestamp()),
    }
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": KEY_ID})


def name_from(email: str) -> str:
    """`ana.martin@example.org` is probably Ana Martin."""
    local = email.partition("@")[0].replace(".", " ").replace("_", " ")
    return " ".join(local.split()).title() or email

"""The visitor token: a signed, short statement of which session speaks on which site. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import jwt

from identity.sites.errors import VisitorRefused

_ALGORITHM = "HS256"
_AUDIENCE = "guichet:visitor"


@dataclass(frozen=True)
class VisitorToken:
    """What a token says once its signature and its life are checked."""

    session_id: str
    site_key: str


def sign_visitor_token(token: VisitorToken, *, key: str, expires_at: datetime) -> str:
    """The text a client sends back with every connection."""
    return jwt.encode(
        {
            "aud": _AUDIENCE,
            "sid": token.session_id,
            "site": token.site_key,
            "exp": int(expires_at.timestamp()),
        },
        key,
        algorithm=_ALGORITHM,
    )


def read_visitor_token(text: str, *, key: str, now: datetime) -> VisitorToken:
    """Check a token; identity comes from here alone, never from an id the client names (TRUST WW-1).

    Raises:
        VisitorRefused: whatever is wrong with it; the caller learns no more.
    """
    try:
        claims = jwt.decode(
            text,
            key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["exp", "aud", "sid", "site"], "verify_exp": False},
        )
        if now.timestamp() >= float(claims["exp"]):
            raise VisitorRefused
        return VisitorToken(session_id=str(claims["sid"]), site_key=str(claims["site"]))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise VisitorRefused from error

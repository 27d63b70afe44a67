"""Rules for sites: which origin may use one, and which host identity is believed. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from identity.sites.errors import HostIdentityRefused

HOST_ALGORITHMS = frozenset({"EdDSA", "RS256", "HS256"})
MAX_LIFE = timedelta(minutes=5)
LEEWAY = timedelta(seconds=30)
HS256_KEY_BYTES = 32
_MAX_ID = 128
_SITE_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class HostIdentity:
    """What a host's back end says about the person in front of its page."""

    issuer: str
    subject: str
    name: str | None
    email: str | None
    jti: str
    expires_at: datetime


def is_site_key(text: str) -> bool:
    """Whether a text could be a site's key at all: what a stranger sends is not worth asking the database."""
    return _SITE_KEY.fullmatch(text) is not None


def is_origin_allowed(origin: str | None, allowed: Sequence[str]) -> bool:
    """Exact match only: no suffix, no `null`, no missing header (TRUST WW-3)."""
    return bool(origin) and origin != "null" and origin in allowed


def read_host_identity(
    token: str, *, site_key: str, host_keys: Sequence[Mapping[str, Any]], now: datetime
) -> HostIdentity:
    """Check a host's JWT and say who it vouches for (TRUST WW-6).

    The key is chosen by `kid` and its own algorithm is the only one accepted, so the token cannot choose.

    Raises:
        HostIdentityRefused: with the reason, never with the token.
    """
    if not token.strip():
        raise HostIdentityRefused("it is blank")
    key = _key_for(token, host_keys)
    claims = _verified_claims(token, key, site_key)
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    if expires - issued > MAX_LIFE.total_seconds():
        raise HostIdentityRefused("it lives longer than five minutes")
    seconds = now.timestamp()
    if seconds > expires + LEEWAY.total_seconds():
        raise HostIdentityRefused("it has expired")
    if issued > seconds + LEEWAY.total_seconds():
        raise HostIdentityRefused("it was issued in the future; check the clocks")
    return HostIdentity(
        issuer=f"site:{site_key}:{_text(claims, 'iss', _MAX_ID, required=True)}",
        subject=_text(claims, "sub", _MAX_ID, required=True) or "",
        name=_text(claims, "name", 200),
        email=_text(claims, "email", 320),
        jti=_text(claims, "jti", _MAX_ID, required=True) or "",
        expires_at=datetime.fromtimestamp(expires, tz=now.tzinfo),
    )


def _key_for(token: str, host_keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise HostIdentityRefused("it is not a JWT") from error
    for key in host_keys:
        if key["kid"] == kid and key["alg"] in HOST_ALGORITHMS:
            return key
    raise HostIdentityRefused("its key id is not one of the site's")


def _verified_claims(token: str, key: Mapping[str, Any], site_key: str) -> dict[str, Any]:
    if key["alg"] == "HS256" and len(str(key["key"]).encode()) < HS256_KEY_BYTES:
        raise HostIdentityRefused("the site's HS256 key is shorter than 256 bits")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key["key"],
            algorithms=[key["alg"]],
            audience=site_key,
            options={
                "require": ["sub", "iss", "aud", "exp", "iat", "jti"],
                # Times are checked by the caller, against the clock it was given.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidAudienceError as error:
        raise HostIdentityRefused("it is meant for another site") from error
    except jwt.MissingRequiredClaimError as error:
        raise HostIdentityRefused(f"the claim {error.claim} is missing") from error
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise HostIdentityRefused("its signature or its content is wrong") from error
    return claims


def _moment(claims: Mapping[str, Any], name: str) -> int:
    value = claims[name]
    # No date after 9999, no infinity: JSON as Python reads it allows both.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 253_402_300_800:
        raise HostIdentityRefused(f"the claim {name} must be a time in seconds since 1970")
    return int(value)


def _text(claims: Mapping[str, Any], name: str, limit: int, *, required: bool = False) -> str | None:
    value = claims.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        raise HostIdentityRefused(f"the claim {name} must be a text of at most {limit} characters")
    return value.strip()

"""A host's back end that signs identities, well or badly."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from identity.sites.operations import put_site
from storage.database import Database
from tests.databases import NOW

SITE = "demo"
SHARED = "a-shared-secret-of-at-least-256-bits-for-HS256"
ED_PRIVATE = ed25519.Ed25519PrivateKey.from_private_bytes(b"guichet-test-key-of-32-bytes-now"[:32])
RSA_PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    """The public half, as a site is given it."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


HOST_KEYS: list[dict[str, Any]] = [
    {"kid": "shared", "alg": "HS256", "key": SHARED},
    {"kid": "ed", "alg": "EdDSA", "key": public_pem(ED_PRIVATE)},
    {"kid": "rsa", "alg": "RS256", "key": public_pem(RSA_PRIVATE)},
]
SIGNING: dict[str, tuple[str, Any]] = {
    "shared": ("HS256", SHARED),
    "ed": ("EdDSA", ED_PRIVATE),
    "rsa": ("RS256", RSA_PRIVATE),
}


def claims(now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """What a good token says; a claim set to None is left out."""
    seconds = int(now.timestamp())
    said = {
        "sub": "u-17",
        "iss": "intranet",
        "aud": SITE,
        "iat": seconds,
        "exp": seconds + 120,
        "jti": "j-1",
        "name": "Ana Lopez",
        "email": "ana@example.org",
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def a_token(kid: str = "shared", *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token signed with one of the site's keys."""
    algorithm, key = SIGNING[kid]
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": kid} | (headers or {}))


def segment(value: Any) -> str:
    """One part of a token, encoded by hand."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def with_claims(token: str, **changes: Any) -> str:
    """The token with other claims under the old signature."""
    header, body, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return ".".join([header, segment(said | changes), signature])


def a_site(db: Database, key: str = SITE, **changes: Any) -> None:
    """A site with one key of each kind."""
    state: dict[str, Any] = {
        "name": "Demo",
        "origins": ["https://intranet.example"],
        "host_keys": HOST_KEYS,
        "is_identity_required": False,
    } | changes
    db.write(put_site, key, now=NOW, **state)

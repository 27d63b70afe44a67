"""Keys by which hosts sign: new secrets, and public keys that an administrator names."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from identity.sites.errors import SiteRefused

SMALLEST_RSA = 2048
_MOST_BYTES = 16_384


def new_host_key(now: datetime) -> dict[str, str]:
    """A key of 256 random bits for HS256, and the id by which a JWT names it."""
    return _key("HS256", secrets.token_urlsafe(32), now)


def public_host_key(path: Path, now: datetime) -> dict[str, str]:
    """The public half of a key that the host keeps: Ed25519 for EdDSA, or RSA for RS256, as PEM.

    Raises:
        SiteRefused: it cannot be read, is private, or is of another kind.
    """
    try:
        content = path.read_bytes()[:_MOST_BYTES]
    except OSError as error:
        raise SiteRefused(f"{path}: {error.strerror or 'it cannot be read'}") from None
    if b"PRIVATE KEY" in content:
        raise SiteRefused(
            f"{path}: this is a private key, which the host alone must have; name the public one"
        )
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise SiteRefused(f"{path}: it is no public key in PEM form") from None
    if isinstance(key, Ed25519PublicKey):
        return _key("EdDSA", content.decode(), now)
    if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_RSA:
        return _key("RS256", content.decode(), now)
    raise SiteRefused(f"{path}: an Ed25519 key, or an RSA key of {SMALLEST_RSA} bits or more, is expected")


def _key(algorithm: str, key: str, now: datetime) -> dict[str, str]:
    added = now.isoformat(timespec="seconds")
    return {"kid": secrets.token_hex(4), "alg": algorithm, "key": key, "added_at": added}

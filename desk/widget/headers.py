"""The headers of the counter's pages and files (TRUST WW-4). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

IMMUTABLE = "public, max-age=31536000, immutable"
"""For what has its digest in its address."""

SHORT = "public, max-age=300"
"""For what may change under its address: pages learn of it within minutes."""

ASKED_AGAIN = "no-cache"

FOR_ANYBODY: Mapping[str, str] = {
    # A page of any origin may load the loader and check its digest; it holds no secret.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
FOR_OURSELVES: Mapping[str, str] = {"Cross-Origin-Resource-Policy": "same-origin"}

_NO_DEVICES = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def page_headers(ancestor: str | None, own_origins: Sequence[str]) -> dict[str, str]:
    """The headers of the counter's page.

    Args:
        ancestor: the one origin whose pages may show it in a frame; None for none.
        own_origins: the desk's own.
    """
    return {
        "Content-Security-Policy": page_policy(ancestor, own_origins),
        "Cache-Control": ASKED_AGAIN,
        "Permissions-Policy": _NO_DEVICES,
    }


def page_policy(ancestor: str | None, own_origins: Sequence[str]) -> str:
    """Only our own files, no inline code, no markup from text, and one page that may frame it."""
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        # For Safari before 16, whose 'self' does not cover web sockets, they are named.
        "connect-src": " ".join(["'self'", *map(_socket_of, own_origins)]),
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": ancestor or "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client takes gzip (RFC 9110, 12.5.3)."""
    weights = dict(map(_weight, accept_encoding.lower().split(",")))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(part: str) -> tuple[str, float]:
    coding, _, parameter = part.partition(";")
    name, _, value = parameter.strip().partition("=")
    try:
        return coding.strip(), float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return coding.strip(), 0.0


def _socket_of(origin: str) -> str:
    return origin.replace("http", "ws", 1)

"""What an origin is, letter by letter as browsers send it (RFC 6454), and what people write instead. Pure."""

from __future__ import annotations

import re

_PORT_OF = {"http": "80", "https": "443"}
_WHOLE = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#@:\s\[\]]*)(?::(?P<port>[^/?#@:\s]*))?(?P<rest>[/?#].*)?", re.S
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST = 253
_LOOPBACK = frozenset({"localhost", "127.0.0.1"})


def is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers write it: fit to be compared, and to stand in a header."""
    return why_not_origin(text) is None


def why_not_origin(text: str) -> str | None:
    """What is wrong with an origin that somebody wrote, in a sentence; None when a browser sends it so."""
    if not text.strip():
        return "an origin is missing; write it as https://intranet.example"
    if text == "null":
        return "`null` is what pages without an origin send, such as files; nobody in particular"
    if "*" in text:
        return "there are no wildcards; name each origin by itself"
    if re.search(r"[\s,;]", text):
        return "one origin is expected, without spaces, commas or semicolons"
    parts = _WHOLE.fullmatch(text)
    if parts is None:
        return _what_is_odd(text)
    return _rest(parts) or _host(parts) or _port(parts)


def is_loopback(origin: str) -> bool:
    """Whether an origin is of this machine only, which browsers trust without encryption."""
    parts = _WHOLE.fullmatch(origin)
    return parts is not None and parts["host"] in _LOOPBACK


def is_encrypted(origin: str) -> bool:
    return origin.startswith("https://")


def origin_of(url: str) -> str:
    """The origin of an http(s) address of the desk's own, as a browser would send it."""
    scheme, _, rest = url.strip().lower().partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return f"{scheme}://{host.removesuffix(':' + _PORT_OF.get(scheme, ''))}"


def _what_is_odd(text: str) -> str:
    scheme, colon, rest = text.partition("://")
    if scheme.lower() in _PORT_OF and scheme != scheme.lower():
        return f"browsers write it in lower case; write {text.lower()}"
    if not colon or scheme not in _PORT_OF:
        return "an origin begins with https:// (or http://), as in https://intranet.example"
    if "@" in rest:
        return "a name or a password has no place in an origin; write https://intranet.example"
    if "[" in rest:
        return "browsers show no frame on a page that is addressed by IPv6; give it a name"
    return "an origin is a scheme, a host and perhaps a port, as in https://intranet.example:8443"


def _rest(parts: re.Match[str]) -> str | None:
    bare = parts[0][: parts.start("rest")] if parts["rest"] else ""
    if parts["rest"] == "/":
        return f"it ends with a slash, which no browser sends; write {bare}"
    if parts["rest"]:
        return f"an origin has no path; write {bare}"
    return None


def _host(parts: re.Match[str]) -> str | None:
    host = parts["host"]
    if host != host.lower():
        return f"browsers write it in lower case; write {parts[0].lower()}"
    if not host.isascii():
        return f"browsers write this host as {_in_ascii(host)}; write that"
    if host.endswith("."):
        return "its host ends with a dot, which browsers take for another host; leave the dot out"
    labels = host.split(".")
    if len(host) > _LONGEST or not all(_LABEL.fullmatch(label) for label in labels):
        return f"{host or 'an empty text'} is no host name"
    if labels[-1].isdigit() and not _is_ipv4(labels):
        return f"{host} is neither a name nor an IPv4 address"
    return None


def _port(parts: re.Match[str]) -> str | None:
    port = parts["port"]
    if port is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,4}", port) or int(port) > 65_535:
        return f"{port or 'an empty text'} is no port; write a number from 1 to 65535, or none"
    if port == _PORT_OF[parts["scheme"]]:
        bare = parts[0].removesuffix(f":{port}")
        return f"{port} is {parts['scheme']}'s own port, which browsers leave out; write {bare}"
    return None


def _is_ipv4(labels: list[str]) -> bool:
    return len(labels) == 4 and all(
        re.fullmatch(r"0|[1-9][0-9]{0,2}", label) and int(label) <= 255 for label in labels
    )


def _in_ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return "xn--…"

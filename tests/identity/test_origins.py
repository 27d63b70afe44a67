"""Origins as an administrator writes them: what browsers send, or a sentence that says what to write."""

from __future__ import annotations

import pytest

from identity.sites.origins import is_loopback, is_origin, origin_of, why_not_origin

GOOD = [
    "https://intranet.example",
    "https://intranet.example:8443",
    "http://localhost:8081",
    "http://192.168.1.20",
    "https://a",
    "https://my_server.example",
    "https://xn--intrant-cya.example",
]
BAD = {
    "": "an origin is missing",
    " ": "an origin is missing",
    "null": "pages without an origin",
    "*": "no wildcards",
    "https://*.example": "no wildcards",
    "https://intranet.example/": "ends with a slash, which no browser sends; write https://intranet.example",
    "https://intranet.example/home": "no path; write https://intranet.example",
    "https://intranet.example:8443/": "a slash, which no browser sends; write https://intranet.example:8443",
    "https://intranet.example?x": "no path",
    "https://intranet.example#x": "no path",
    "https://intranet.example/\n": "without spaces",
    "https://Intranet.example": "lower case; write https://intranet.example",
    "HTTPS://intranet.example": "lower case; write https://intranet.example",
    "https://intranet.example.": "ends with a dot",
    "https://intranet.example:443": "443 is https's own port, which browsers leave out; write https://intranet",
    "http://intranet.example:80": "80 is http's own port",
    "https://intranet.example:": "an empty text is no port",
    "https://intranet.example:0": "0 is no port",
    "https://intranet.example:65536": "65536 is no port",
    "https://intranet.example:08443": "08443 is no port",
    "https://intranet.example:port": "port is no port",
    "https://": "an empty text is no host name",
    "https://.example": ".example is no host name",
    "https://-a.example": "-a.example is no host name",
    "https://a..b": "a..b is no host name",
    "https://" + "a" * 64: "is no host name",
    "https://intranet.example'": "is no host name",
    "https://127.1": "neither a name nor an IPv4 address",
    "https://256.1.1.1": "neither a name nor an IPv4 address",
    "https://[::1]:8443": "give it a name",
    "https://réseau.example": "write this host as xn--rseau-bsa.example",
    "https://me@intranet.example": "no place in an origin",
    "https://me:pass@intranet.example": "no place in an origin",
    "intranet.example": "begins with https://",
    "//intranet.example": "begins with https://",
    "file:///home": "begins with https://",
    "ftp://intranet.example": "begins with https://",
    "https:/intranet.example": "begins with https://",
    "https://a.example, https://b.example": "one origin",
    "https://a.example;script-src": "one origin",
    "https://a.example 'unsafe-inline'": "one origin",
    "https://\nintranet.example": "one origin",
}


@pytest.mark.parametrize("origin", GOOD)
def test_what_browsers_send_is_an_origin(origin: str) -> None:
    assert why_not_origin(origin) is None
    assert is_origin(origin)
    assert origin_of(origin) == origin


@pytest.mark.parametrize("written", BAD)
def test_what_no_browser_sends_is_refused_with_what_to_write(written: str) -> None:
    why = why_not_origin(written)

    assert why is not None
    assert BAD[written] in why
    assert not is_origin(written)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Help.Example", "https://help.example"),
        ("https://help.example:443", "https://help.example"),
        ("http://help.example:80/", "http://help.example"),
        ("http://help.example:8080/kb/?q", "http://help.example:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://help.example:80", "https://help.example:80"),
    ],
)
def test_an_address_of_the_desk_has_the_origin_that_browsers_send(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("origin", "is_local"),
    [
        ("http://localhost:8081", True),
        ("http://127.0.0.1", True),
        ("http://localhost.example", False),
        ("http://intranet", False),
        ("nonsense", False),
    ],
)
def test_only_this_machine_is_loopback(origin: str, is_local: bool) -> None:
    assert is_loopback(origin) is is_local

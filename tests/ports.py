"""Ports for servers that a test starts."""

from __future__ import annotations

import socket

_given: set[int] = set()


def a_free_port() -> int:
    """A port on which nobody listens, another one each time: whoever asks for four wants four."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    if port in _given:
        return a_free_port()
    _given.add(port)
    return port

"""A listener that also asks the client it listens to."""

from __future__ import annotations

from desk.client import DeskClient, Listener


class Viewer(Listener):
    """Shows a conversation; `client` is set before the client is opened."""

    client: DeskClient | None = None

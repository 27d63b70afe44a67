"""What somebody who shows a conversation wants to be told, in the order it becomes true."""

from __future__ import annotations

import enum

from desk.client.frames import Message, Status


class Link(enum.Enum):
    """Whether the desk is there."""

    UP = "up"
    DOWN = "down"


class Listener:
    """Override what is of interest. Called from the client's own task: be quick, do not raise."""

    def on_message(self, message: Message) -> None:
        """The next message; each comes once, in order, without gaps."""

    def on_status(self, status: Status) -> None:
        """A newer status; every message up to it may still be on its way."""

    def on_typing(self, author: str, seconds: float) -> None:
        """Somebody writes; show it for so long."""

    def on_link(self, link: Link) -> None:
        """The connection came up or broke."""

    def on_reload(self, reason: str) -> None:
        """Forget what you show: everything follows again from the first message."""

    def on_problem(self, code: str, detail: str) -> None:
        """The desk reported an error that answers no line."""

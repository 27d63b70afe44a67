"""Rasa's conversation tracker that knows what of it is stored."""

from __future__ import annotations

import itertools
from typing import Any

from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker


class DeskTracker(DialogueStateTracker):  # type: ignore[misc]
    """`position` counts the stored turns of the conversation, `session` its sessions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.position = 0
        self.session = 0
        self.turns_of_session = 0
        self._stored_events = 0

    def new_events(self) -> list[Event]:
        """What happened since the tracker was read or saved."""
        return list(itertools.islice(self.events, self._stored_events, None))

    def stored_up_to_here(self, *, position: int, session: int) -> None:
        self.position, self.session, self._stored_events = position, session, len(self.events)

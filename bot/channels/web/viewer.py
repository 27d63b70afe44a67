"""Keeps one viewer of a conversation up to date: replay since its position, then live, without a hole.

Pull, not push: the bell only says "look again", so a slow reader holds at most one batch in memory and a lost
ring costs time, never a message.
"""

from __future__ import annotations

from bot.channels.web.frames import Frame, message_frame, status_frame
from bot.channels.web.port import Gateway

BATCH = 100
LOOK_AGAIN_SECONDS = 30.0
TYPING_SECONDS = 6


class PositionUnknown(Exception):
    """The viewer has seen more than there is: its position is of another ledger (TRUST WW-13)."""


class Viewer:
    """A position in a conversation: the last message seen and the last status version seen."""

    def __init__(self, gateway: Gateway, conversation_id: int, *, since: int, version: int) -> None:
        self._gateway, self._conversation_id = gateway, conversation_id
        self.since, self.version = since, version
        # Whether the last look saw everything: a ring since then has not been waited for yet.
        self.is_complete = False

    async def news(self) -> list[Frame]:
        """The frames this viewer has not had; moves its position.

        Raises:
            PositionUnknown
        """
        frames: list[Frame] = []
        while True:
            news = await self._gateway.news(self._conversation_id, self.since)
            if self.since > news.status.last_seq:
                raise PositionUnknown
            frames += [message_frame(line) for line in news.lines]
            if news.lines:
                self.since = news.lines[-1].seq
            self.is_complete = self.since >= news.status.last_seq
            # The status goes last: who reads "the turn has ended" has every message of it.
            if self.is_complete and news.status.version > self.version:
                self.version = news.status.version
                frames.append(status_frame(news.status))
            if self.is_complete or len(frames) >= BATCH:
                return frames

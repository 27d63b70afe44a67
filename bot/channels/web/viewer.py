"""Keeps one viewer of a conversation up to date: replay since its position, then live, without a hole.

Pull, not push: the bell only says "look again", so a slow reader holds at most one batch in memory and a lost
ring costs time, never a message.
"""

from __future__ import annotations

from bot.channels.web.frames import Frame, message_frame, queue_frame, status_frame
from bot.channels.web.port import Gateway
from identity.visitors.logic import VisitorToken
from ticketing.conversations.queries import News

BATCH = 100
LOOK_AGAIN_SECONDS = 30.0
# Somebody before this one being taken rings no bell of this one.
QUEUE_SECONDS = 3.0
TYPING_SECONDS = 6


class PositionUnknown(Exception):
    """The viewer has seen more than there is: its position is of another ledger (TRUST WW-13)."""


class Viewer:
    """A position in a conversation: the last message, the last status version and the last place seen."""

    __slots__ = (
        "_back",
        "_conversation_id",
        "_gateway",
        "_is_waiting",
        "_token",
        "is_complete",
        "place",
        "since",
        "version",
    )

    def __init__(
        self,
        gateway: Gateway,
        token: VisitorToken,
        conversation_id: int,
        *,
        since: int,
        version: int,
        place: int | None = None,
    ) -> None:
        self._gateway, self._token, self._conversation_id = gateway, token, conversation_id
        self.since, self.version, self.place = since, version, place
        # Whether the last look saw everything: a ring since then has not been waited for yet.
        self.is_complete = False
        self._is_waiting = place is not None
        self._back: int | None = None

    @property
    def look_again_seconds(self) -> float:
        """After how long to look without having been rung for."""
        return QUEUE_SECONDS if self._is_waiting else LOOK_AGAIN_SECONDS

    def go_back(self, seq: int) -> None:
        """Show again what comes after this, from the next look on; one under way would move on from there."""
        self._back = seq if self._back is None else min(seq, self._back)

    async def news(self) -> list[Frame]:
        """The frames this viewer has not had; moves its position.

        Raises:
            PositionUnknown
            VisitorRefused: the session was ended; nothing more is read with it.
        """
        frames: list[Frame] = []
        while True:
            if self._back is not None:
                self.since, self._back = min(self.since, self._back), None
            news = await self._gateway.news(self._token, self._conversation_id, self.since)
            if self.since > news.status.last_seq:
                raise PositionUnknown
            frames += [message_frame(line) for line in news.lines]
            if news.lines:
                self.since = news.lines[-1].seq
            self.is_complete = self.since >= news.status.last_seq
            if self.is_complete:
                # The status goes last: who reads "the turn has ended" has every message of it.
                frames += self._state(news)
            if self.is_complete or len(frames) >= BATCH:
                return frames

    def _state(self, news: News) -> list[Frame]:
        """What has changed beside the messages."""
        frames = []
        if news.status.version > self.version:
            self.version = news.status.version
            frames.append(status_frame(news.status))
        self._is_waiting = news.place is not None
        if news.place is not None and news.place != self.place:
            frames.append(queue_frame(news.place))
        self.place = news.place
        return frames

"""What a client knows of its conversation: messages in order, status, position to resume from. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from desk.client.frames import Message, Status, Welcome


@dataclass(frozen=True)
class Position:
    """Where to go on: survives everything but a different ledger."""

    conversation: str
    epoch: str
    seq: int


@dataclass(frozen=True)
class Offer:
    """A button that was offered and not pressed yet."""

    id: str
    title: str
    seq: int


class Record:
    """Keeps the rules of the protocol: no repeats, no gaps, the newest status."""

    def __init__(self) -> None:
        self.conversation: str | None = None
        self.epoch: str | None = None
        self.last_seq = 0
        self.messages: dict[int, Message] = {}
        self.status: Status | None = None
        self.offers: list[Offer] = []
        self._early: dict[int, Message] = {}
        self._seen = 0  # how far the conversation was known before it was forgotten

    @property
    def position(self) -> Position | None:
        if self.conversation is None or self.epoch is None:
            return None
        return Position(self.conversation, self.epoch, self.last_seq)

    @property
    def has_hole(self) -> bool:
        """A later message is here, an earlier one is not."""
        return bool(self._early)

    @property
    def is_behind(self) -> bool:
        """The status speaks of messages that are not here."""
        return self.status is not None and self.status.last_seq > self.last_seq

    def start_from(self, position: Position) -> None:
        self.conversation, self.epoch, self.last_seq = position.conversation, position.epoch, position.seq

    def has_lost(self, welcome: Welcome) -> bool:
        """Whether the ledger that welcomes does not hold what was seen here."""
        is_other = self.conversation not in (None, welcome.conversation)
        return is_other or welcome.last_seq < self._seen

    def why_not(self, welcome: Welcome) -> str | None:
        """The reason why what is known does not belong to the ledger that welcomes, or None if it does."""
        if self.epoch is None:
            return None  # nothing is known
        if welcome.epoch != self.epoch:
            return "another epoch"
        if welcome.conversation != self.conversation:
            return "another conversation"
        if welcome.last_seq < self.last_seq:
            return "a shorter conversation"
        return None

    def enter(self, welcome: Welcome) -> None:
        self.conversation, self.epoch = welcome.conversation, welcome.epoch
        self._seen = 0

    def forget(self) -> None:
        """Everything but the conversation, which is asked for again."""
        self._seen = max(self._seen, self.last_seq)
        self.epoch, self.status, self.last_seq = None, None, 0
        for kept in (self.messages, self._early, self.offers):
            kept.clear()

    def take(self, message: Message) -> list[Message] | None:
        """The messages that are next in order thanks to this one; None if it was here already."""
        if message.seq <= self.last_seq or message.seq in self._early:
            return None
        self._early[message.seq] = message
        ready = []
        while following := self._early.pop(self.last_seq + 1, None):
            self.last_seq = following.seq
            self.messages[following.seq] = following
            self.offers += [Offer(button.id, button.title, following.seq) for button in following.buttons]
            ready.append(following)
        return ready

    def update(self, status: Status) -> bool:
        """Whether this status is newer than the one before."""
        if self.status is not None and status.version <= self.status.version:
            return False
        self.status = status
        return True

    def find_offer(self, title: str) -> Offer | None:
        """The latest offered button of that title that was not pressed."""
        wanted = title.strip().casefold()
        return next((o for o in reversed(self.offers) if o.title.strip().casefold() == wanted), None)

    def press(self, button_id: str) -> None:
        """A button works once."""
        self.offers[:] = [offer for offer in self.offers if offer.id != button_id]

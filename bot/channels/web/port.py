"""What the web channel asks of the desk; `desk/gateway` answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from identity.people.operations import KnownPerson
from identity.visitors.logic import VisitorToken
from identity.visitors.operations import Visitor
from ticketing.conversations.operations import Inbound, Recorded
from ticketing.conversations.queries import ConversationStatus, News
from ticketing.pictures.operations import NewPicture
from ticketing.tickets.history import OwnStory
from ticketing.tickets.queries import OwnTicket
from ticketing.tickets.requesters import OwnWords


@dataclass(frozen=True)
class SignedSession:
    """A new visitor session, ready to hand out."""

    token: str
    expires_at: datetime
    person: KnownPerson


@dataclass(frozen=True)
class TicketChange:
    """What became of words written on a ticket, and the ticket as it is now."""

    story: OwnStory
    entry: int
    is_duplicate: bool


@dataclass(frozen=True)
class Entered:
    """Where a visitor stands after `hello`."""

    visitor: Visitor
    conversation: str
    conversation_id: int
    epoch: str
    # Where to go on from: the client's position, or 0 when it is not of this ledger.
    since: int
    is_position_known: bool
    status: ConversationStatus
    # In the queue, while nobody speaks.
    place: int | None


class Bell(Protocol):
    """Rings when there may be something new in a conversation; it may ring for nothing, or be lost."""

    async def wait(self, seconds: float) -> bool:
        """True at the next ring (at once if it rang since the last wait), False after `seconds`."""

    def call(self, when_rung: Callable[[], None]) -> None:
        """Call this at every ring from now on, instead of being waited for."""

    def ring(self) -> None:
        """Make the next wait return at once."""

    def typed_by(self) -> str | None:
        """Who has been seen typing since the last call: "person", "agent" or nobody."""


@dataclass(frozen=True)
class KeptFile:
    """A picture or another file ready to be handed out."""

    path: Path
    name: str
    content_type: str


class TicketDesk(Protocol):
    """What a visitor may do with its tickets; somebody else's do not exist."""

    async def tickets(
        self, token: VisitorToken, *, origin: str | None, language: str | None
    ) -> tuple[OwnTicket, ...]: ...

    async def ticket(
        self, token: VisitorToken, number: str, *, origin: str | None, language: str | None
    ) -> OwnStory: ...

    async def reply(
        self, token: VisitorToken, words: OwnWords, *, origin: str | None, language: str | None
    ) -> TicketChange: ...

    async def reopen(
        self, token: VisitorToken, words: OwnWords, *, origin: str | None, language: str | None
    ) -> TicketChange: ...

    async def file(self, token: VisitorToken, number: str, entry: int, *, origin: str | None) -> KeptFile: ...


class PictureDesk(Protocol):
    """Takes a visitor's pictures in, and shows it its own."""

    async def admit(
        self, token: VisitorToken, conversation: str, *, origin: str | None, declared: int | None
    ) -> int:
        """Whether a picture may come, before a byte of it is read; how many bytes it may have."""

    async def keep(
        self, token: VisitorToken, conversation: str, name: str, content: bytes, *, origin: str | None
    ) -> NewPicture: ...

    async def show(self, token: VisitorToken, picture_id: str, *, origin: str | None) -> KeptFile: ...


class Gateway(Protocol):
    """The desk behind a channel. Every method that changes something has committed when it returns."""

    async def open_session(
        self, *, site_key: str, origin: str | None, language: str | None, identity: str | None
    ) -> SignedSession: ...

    async def check_origin(self, site_key: str, origin: str | None) -> None: ...

    def read_token(self, text: str | None) -> VisitorToken: ...

    async def enter(
        self,
        token: VisitorToken,
        *,
        origin: str | None,
        conversation: str | None,
        is_new: bool,
        since: int,
        epoch: str | None,
        language: str | None,
    ) -> Entered: ...

    async def receive(self, token: VisitorToken, conversation: str, inbound: Inbound) -> Recorded: ...

    async def set_language(self, token: VisitorToken, conversation: str, language: str) -> None: ...

    async def access(self, token: VisitorToken, conversation: str, *, origin: str | None) -> int: ...

    async def news(self, token: VisitorToken, conversation_id: int, since: int) -> News: ...

    async def leave(self, token: VisitorToken, *, origin: str | None) -> None: ...

    def listen(self, conversation: str) -> Bell: ...

    def stop_listening(self, conversation: str, bell: Bell) -> None: ...

    def typing(self, conversation: str, bell: Bell | None) -> None: ...

    def is_epoch(self, epoch: str | None) -> bool: ...

"""What the people of the service desk do, by the operations that their console will call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notices.outbox.models import OutboxItem, OutboxState
from notices.outbox.operations import parcel_of
from tests.desk.desks import RunningDesk, utc_now
from tests.ticketing.tickets import WAY_TO
from ticketing.conversations.ledger import append_message, lock_conversation
from ticketing.conversations.logic import Author, Speaker
from ticketing.conversations.models import Conversation, Message, OfferedButton
from ticketing.conversations.operations import hand_back, request_handoff, take_over, write_as_agent
from ticketing.conversations.telling import say_in_conversation
from ticketing.tickets.announcing import CONVERSATION
from ticketing.tickets.attaching import attach_file, take_file
from ticketing.tickets.files import Files
from ticketing.tickets.handling import add_reply, add_work_note, move_ticket
from ticketing.tickets.logic import HoldReason, ResolutionCode, Status, Visibility
from ticketing.tickets.operations import Team as Mailbox
from ticketing.tickets.operations import open_ticket_for_turn

INES = "Inès"
AGENT = "agent:1"
MAILBOX = Mailbox("team@meridian.example", "en")


@dataclass
class Team:
    """Acts on a desk's database, and rings for whoever looks at the conversation."""

    desk: RunningDesk

    def on_file(self, conversation: str) -> int:
        """How many lines it has."""
        return len(self.desk.transcript(conversation))

    async def asks_for_person(self, conversation: str) -> None:
        """The conversation waits for somebody of the team."""
        await self._do(request_handoff, conversation, actor="assistant", now=utc_now())

    async def takes(self, conversation: str, agent: str = INES) -> None:
        await self._do(take_over, conversation, agent_name=agent, now=utc_now())

    async def writes(self, conversation: str, text: str, agent: str = INES) -> None:
        await self._do(write_as_agent, conversation, text, agent_name=agent, now=utc_now())

    async def hands_back(self, conversation: str) -> None:
        await self._do(hand_back, conversation, actor=INES, now=utc_now())

    def types(self, conversation: str) -> None:
        self.desk.desk.switchboard._doorbells.ring_locally(conversation, typed_by="agent")

    async def waits_before(self, desk: RunningDesk) -> None:
        """Somebody else asked for a person first."""
        token = await desk.visitor()
        _, body = await desk.post("hello", {}, token=token)
        await self.asks_for_person(next(f["conversation"] for f in body["frames"] if "conversation" in f))

    async def empties_queue(self, but: str | None = None) -> None:
        """Nobody waits any more, from whatever test it may be."""
        for conversation in self.desk.database.read(_waiting):
            if conversation != but:
                await self.hands_back(conversation)
        self.rings_everywhere()

    def rings_everywhere(self) -> None:
        """Whoever waits looks at its place again."""
        doorbells = self.desk.desk.switchboard._doorbells
        for name in doorbells.listened():
            doorbells.ring(name)

    async def says(
        self,
        conversation: str,
        *lines: tuple[Author, str],
        at: datetime | None = None,
        **extras: Any,
    ) -> None:
        """Put lines on file as they are, whoever said them; a minute apart."""

        def append(session: Session, public_id: str) -> None:
            row = lock_conversation(session, public_id)
            begin = at or utc_now()
            for number, (author, text) in enumerate(lines):
                moment = begin + timedelta(minutes=number if at else 0)
                append_message(session, row, author=author, text=text, extras=extras or None, now=moment)

        await self._do(append, conversation)

    async def backdates(self, conversation: str, by: timedelta) -> None:
        """What was said so far was said earlier."""

        def change(session: Session, public_id: str) -> None:
            row = lock_conversation(session, public_id)
            for message in session.scalars(select(Message).where(Message.conversation_id == row.id)):
                message.at -= by

        await self._do(change, conversation)

    async def uses_buttons(self, conversation: str) -> None:
        """Every button that was offered is used up, as by a second tab."""

        def change(session: Session, public_id: str) -> None:
            row = lock_conversation(session, public_id)
            session.execute(
                update(OfferedButton)
                .where(OfferedButton.conversation_id == row.id)
                .values(pressed_at=utc_now())
            )

        await self.desk.database.awrite(change, conversation)

    def opens_ticket(self, turn_id: str) -> str:
        """What the assistant's action does."""
        opened = self.desk.database.write(open_ticket_for_turn, turn_id, team=MAILBOX, now=utc_now())
        return opened.number

    def moves(self, number: str, to: Status, reason: str = "because") -> None:
        """Take a new ticket to a status, step by step."""
        for step in WAY_TO[to]:
            self.desk.database.write(
                move_ticket,
                ticket_id(number),
                step,
                actor=AGENT,
                now=utc_now(),
                reason=reason,
                hold_reason=HoldReason.SUPPLIER if step is Status.ON_HOLD else None,
                assignee=AGENT,
                code=ResolutionCode.FIXED if step is Status.RESOLVED else None,
            )
        self._is_said()

    def replies(self, number: str, text: str) -> None:
        self.desk.database.write(add_reply, ticket_id(number), text, actor=AGENT, now=utc_now())
        self._is_said()

    def notes(self, number: str, text: str) -> None:
        self.desk.database.write(add_work_note, ticket_id(number), text, actor=AGENT, now=utc_now())

    def attaches(
        self, number: str, name: str, content: bytes, text: str, visibility: Visibility = Visibility.REPLY
    ) -> None:
        """Put a file on a ticket, with words."""
        file = take_file(Files(self.desk.desk.settings.attachments_folder), name, content)
        self.desk.database.write(
            attach_file, ticket_id(number), file, visibility=visibility, text=text, actor=AGENT, now=utc_now()
        )
        self._is_said()

    def _is_said(self) -> None:
        """What the desk says of it stands in the conversation now, not whenever the outbox is read."""
        for conversation in self.desk.database.write(_say_all):
            self.desk.desk.switchboard._doorbells.ring(conversation)

    async def _do(self, operation: Callable[..., Any], conversation: str, *args: Any, **named: Any) -> None:
        await self.desk.database.awrite(operation, conversation, *args, **named)
        self.desk.desk.switchboard._doorbells.ring(conversation)


def ticket_id(number: str) -> int:
    """The id inside a number."""
    return int(number.rpartition("-")[2])


def _say_all(session: Session) -> list[str]:
    waiting = select(OutboxItem).where(
        OutboxItem.port == CONVERSATION, OutboxItem.state == OutboxState.WAITING
    )
    said = [
        say_in_conversation(
            session,
            parcel_of(item),
            public_url="",
            now=utc_now(),
        )
        for item in session.scalars(waiting.order_by(OutboxItem.id)).all()
    ]
    return [conversation for conversation in said if conversation is not None]


def _waiting(session: Session) -> list[str]:
    rows = session.scalars(select(Conversation.public_id).where(Conversation.speaker != Speaker.ASSISTANT))
    return list(rows)

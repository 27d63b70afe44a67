"""The answers to client frames, the same over a socket and over long polling."""

from __future__ import annotations

from bot.channels.web.edge import refusal
from bot.channels.web.frames import RELOAD, Frame, Hello, Send, queue_frame, slow_down_frame, status_body
from bot.channels.web.limits import Rates, TokenBuckets, TooManySockets, WebLimits
from bot.channels.web.port import Entered, Gateway
from identity.visitors.logic import VisitorToken
from ticketing.conversations.operations import Inbound


async def enter(
    gateway: Gateway, rates: Rates, token: VisitorToken, hello: Hello, origin: str | None
) -> Entered:
    """Bring a visitor into the conversation that the hello asks for.

    Raises:
        SlowDown: this visitor comes in too often; each time takes a write.
        TooManySockets: new conversations are asked for faster than anybody can use them.
    """
    rates.calls.spend(f"hello:{token.session_id}")
    if hello.new and rates.messages.take(f"new:{token.session_id}"):
        raise TooManySockets
    return await gateway.enter(
        token,
        origin=origin,
        conversation=hello.conversation,
        is_new=hello.new,
        since=hello.since,
        epoch=hello.epoch,
        language=hello.language,
    )


def welcome_frames(entered: Entered, limits: WebLimits) -> list[Frame]:
    """Answer a hello: `reload` first if the position is of another ledger, the place in the queue last."""
    welcome: Frame = {
        "type": "welcome",
        "conversation": entered.conversation,
        "epoch": entered.epoch,
        "last_seq": entered.status.last_seq,
        "status": status_body(entered.status),
        "limits": {"characters": limits.characters, "heartbeat": limits.heartbeat_seconds},
    }
    frames = [welcome] if entered.is_position_known else [RELOAD, welcome]
    return frames if entered.place is None else [*frames, queue_frame(entered.place)]


async def answer_send(
    gateway: Gateway, messages: TokenBuckets, token: VisitorToken, conversation: str, frame: Send
) -> Frame:
    """Record a line; the frame that comes back is an acknowledgement only after the commit."""
    if wait := messages.take(token.session_id):
        return slow_down_frame(frame.client_id, wait)
    inbound = Inbound(frame.client_id, frame.text or "", frame.button, frame.file)
    try:
        recorded = await gateway.receive(token, conversation, inbound)
    except Exception as error:  # noqa: BLE001 - one table of refusals, an unforeseen error gets a reference
        return refusal(error, client_id=frame.client_id)
    return {
        "type": "ack",
        "client_id": frame.client_id,
        "seq": recorded.seq,
        "turn": recorded.turn,
        "duplicate": recorded.is_duplicate,
    }


async def answer_language(
    gateway: Gateway, messages: TokenBuckets, token: VisitorToken, conversation: str, language: str
) -> Frame | None:
    """Switch the conversation's language; the new status says so. It writes, so it counts as a line."""
    if wait := messages.take(token.session_id):
        return slow_down_frame("", wait)
    try:
        await gateway.set_language(token, conversation, language)
    except Exception as error:  # noqa: BLE001 - one table of refusals, an unforeseen error gets a reference
        return refusal(error)
    return None

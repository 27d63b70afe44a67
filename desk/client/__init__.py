"""A client of docs/protocol.md: what `guichet chat`, the tests and the benchmark talk through."""

from desk.client.client import DeskClient
from desk.client.errors import (
    ClientError,
    ConnectionLost,
    LedgerReplaced,
    NoContact,
    Refused,
)
from desk.client.follower import Counters
from desk.client.frames import Ack, Button, Message, Source, Status
from desk.client.listener import Link, Listener
from desk.client.record import Offer, Position

__all__ = [
    "Ack",
    "Button",
    "ClientError",
    "ConnectionLost",
    "Counters",
    "DeskClient",
    "LedgerReplaced",
    "Link",
    "Listener",
    "Message",
    "NoContact",
    "Offer",
    "Position",
    "Refused",
    "Source",
    "Status",
]

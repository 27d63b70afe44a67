"""The secret address of a ticket's page, to which a letter about it leads. No I/O.

Nothing of it is kept anywhere: it is signed when a letter leaves, for one ticket, one person and the address
the letter goes to. Whoever's address has changed is no longer reached by what went to the old one.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta

PATH = "/ticket/"
WINDOW = timedelta(days=60)
"""How long a link leads somewhere once a ticket is finished."""

_PURPOSE = b"guichet:ticket-page:"  # the key signs other things too
_IDS = struct.Struct(">II")
_SIGNATURE_BYTES = 16


@dataclass(frozen=True)
class Place:
    """A ticket as one person may see it."""

    ticket_id: int
    person_id: int


def path_to(place: Place, email: str, *, key: str) -> str:
    """The path of the page, for a letter to this address."""
    # Hexadecimal: of an address that ends in a sign some mail programs leave the sign out.
    return PATH + (_ids(place) + _signature(place, email, key)).hex()


def place_in(token: str) -> Place | None:
    """What a token says it is about; to be believed only when it `is_genuine`."""
    try:
        read = bytes.fromhex(token)
    except ValueError:
        return None
    if len(read) != _IDS.size + _SIGNATURE_BYTES:
        return None
    return Place(*_IDS.unpack(read[: _IDS.size]))


def is_genuine(token: str, place: Place, email: str, *, key: str) -> bool:
    """Whether the desk has signed a token for this place and address."""
    return hmac.compare_digest(token.encode(), path_to(place, email, key=key).removeprefix(PATH).encode())


def is_over(finished_at: datetime, now: datetime) -> bool:
    """Whether a ticket has been finished for so long that its page is gone."""
    return now > finished_at + WINDOW


def _ids(place: Place) -> bytes:
    return _IDS.pack(place.ticket_id, place.person_id)


def _signature(place: Place, email: str, key: str) -> bytes:
    signed = _PURPOSE + _ids(place) + email.casefold().encode("utf-8", "replace")
    return hmac.digest(key.encode(), signed, "sha256")[:_SIGNATURE_BYTES]

"""What the outbox refuses."""

from __future__ import annotations


class OutboxError(Exception):
    """Something about the outbox is refused; `code` is stable."""

    code = "outbox"


class ParcelUnknown(OutboxError):
    """There is no such thing in the outbox."""

    code = "parcel_unknown"

    def __init__(self, parcel_id: int) -> None:
        super().__init__(f"nothing in the outbox has the number {parcel_id}")


class ParcelSettled(OutboxError):
    """What was sent or dropped is over."""

    code = "parcel_settled"

    def __init__(self, parcel_id: int, state: str) -> None:
        super().__init__(f"number {parcel_id} was {state}; only what waits or was given up can be changed")

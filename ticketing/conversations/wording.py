"""What a person has typed, made fit to be kept."""

from __future__ import annotations

from ticketing.conversations.errors import MessageEmpty, MessageTooLong
from ticketing.conversations.logic import without_invisible
from ticketing.conversations.masking import Masked, mask_secrets


def storable(text: str, character_limit: int) -> Masked:
    """The visible text with likely secrets covered.

    Raises:
        MessageEmpty, MessageTooLong
    """
    return mask_secrets(visible(text, character_limit))


def visible(text: str, character_limit: int) -> str:
    """The text without what nobody sees.

    Raises:
        MessageEmpty, MessageTooLong
    """
    shown = without_invisible(text).strip()
    if not shown:
        raise MessageEmpty
    if len(text) > character_limit:
        raise MessageTooLong(character_limit)
    return shown

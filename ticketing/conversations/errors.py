"""What a conversation refuses, with codes that clients may rely on."""

from __future__ import annotations


class ConversationError(Exception):
    """A refusal; its text is safe to show to the person."""

    code = "refused"


class ConversationNotFound(ConversationError):
    """No such conversation, or one of somebody else: the answer is the same."""

    code = "conversation_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such conversation")


class MessageEmpty(ConversationError):
    """There is nothing to read in the message."""

    code = "message_empty"

    def __init__(self) -> None:
        super().__init__("the message is empty")


class MessageTooLong(ConversationError):
    """The message is longer than a conversation takes."""

    code = "message_too_long"

    def __init__(self, limit: int) -> None:
        super().__init__(f"the message is longer than {limit} characters; shorten it or send it in parts")
        self.limit = limit


class ButtonRefused(ConversationError):
    """The button was not offered in this conversation, or it has been pressed before."""

    code = "button_refused"

    def __init__(self) -> None:
        super().__init__("this button was not offered here or has been used")


class SpeakerChangeRefused(ConversationError):
    """Somebody else speaks already, or there is nothing to hand back."""

    code = "speaker_change_refused"

    def __init__(self, why: str) -> None:
        super().__init__(why)

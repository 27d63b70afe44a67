"""What ratings refuse, with codes that clients may rely on."""

from __future__ import annotations

from ticketing.ratings.logic import COMMENT_CHARACTERS
from ticketing.tickets.errors import TicketingError


class RatingNotFound(TicketingError):
    """Nobody was asked under this secret, or it was too long ago: the answer is the same."""

    code = "rating_not_found"

    def __init__(self) -> None:
        super().__init__("there is nothing to rate here")


class ScoreInvalid(TicketingError):
    """A score is a whole number from 1 to 5."""

    code = "score_invalid"

    def __init__(self) -> None:
        super().__init__("choose a score from 1 to 5")


class CommentTooLong(TicketingError):
    """More words than somebody would read."""

    code = "comment_too_long"

    def __init__(self) -> None:
        super().__init__(f"a comment has {COMMENT_CHARACTERS} characters at most")

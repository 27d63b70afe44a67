"""What tickets refuse, with codes that clients may rely on."""

from __future__ import annotations

from datetime import timedelta

from ticketing.tickets.logic import Status


class TicketingError(Exception):
    """A refusal; its text is safe to show."""

    code = "refused"


class TicketNotFound(TicketingError):
    """No such ticket, or one of somebody else: the answer is the same."""

    code = "ticket_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such ticket")


class MoveNotAllowed(TicketingError):
    """A ticket cannot go from where it stands to where it should."""

    code = "move_not_allowed"

    def __init__(self, number: str, to: Status, why: str) -> None:
        super().__init__(f"{number} cannot become {to.words}: {why}")
        self.number, self.to, self.why = number, to, why


class ReplyNotAllowed(TicketingError):
    """Nobody works on the ticket any more: what is added would not be read."""

    code = "reply_not_allowed"

    def __init__(self, number: str, status: Status) -> None:
        super().__init__(f"{number} is {status.words}: nothing can be added to it")
        self.number, self.status = number, status


class ReclassifyNotAllowed(TicketingError):
    """Nothing depends any more on what a ticket is about and how urgent it is."""

    code = "reclassify_not_allowed"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"{number} cannot be reclassified: {why}")
        self.number, self.why = number, why


class ReopenNotAllowed(TicketingError):
    """A ticket is not finished, or is so for good."""

    code = "reopen_not_allowed"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"{number} cannot be reopened: {why}")
        self.number, self.why = number, why


class ReopenTooLate(MoveNotAllowed):
    """The ticket was resolved too long ago for the same work to go on."""

    def __init__(self, number: str, window: timedelta) -> None:
        why = f"it was resolved more than {window.days} days ago; open a new ticket, and name this one in it"
        super().__init__(number, Status.ASSIGNED, why)
        self.window = window


class TextMissing(TicketingError):
    """There is nothing to read in what should be written on a ticket."""

    code = "text_missing"

    def __init__(self) -> None:
        super().__init__("there is nothing to write down")


class EntryNotFound(TicketingError):
    """The journal has no such entry, or the entry has not the words that are asked for.

    Args:
        last: the number of the last entry.
        why: what an entry that is there lacks.
    """

    code = "entry_not_found"

    def __init__(self, number: str, entry: int, *, last: int, why: str = "has no text") -> None:
        is_there = 1 <= entry <= last
        super().__init__(
            f"entry {entry} of {number} {why}"
            if is_there
            else f"{number} has no entry {entry}; the last one is {last}"
        )


class CursorInvalid(TicketingError):
    """A list is asked to go on from a place that it has not given."""

    code = "cursor_invalid"

    def __init__(self) -> None:
        super().__init__("this is no place in this list; begin it again without one")


class AssignmentNotAllowed(TicketingError):
    """A ticket cannot be given to this agent, taken from whoever has it, or passed to this group."""

    code = "assignment_not_allowed"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"{number} cannot be passed on: {why}")
        self.number, self.why = number, why


class EscalationNotAllowed(TicketingError):
    """A ticket cannot go up a tier."""

    code = "escalation_not_allowed"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"{number} cannot be escalated: {why}")
        self.number, self.why = number, why


class DeclineNotAllowed(TicketingError):
    """There is no escalation that could be declined."""

    code = "decline_not_allowed"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"the escalation of {number} cannot be declined: {why}")
        self.number, self.why = number, why


class MergeNotAllowed(TicketingError):
    """A ticket cannot be merged into another one, taken apart from it, or be its duplicate."""

    code = "merge_not_allowed"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"{number} cannot be joined to the other ticket or parted from it: {why}")
        self.number, self.why = number, why


class SplitNotAllowed(TicketingError):
    """Nothing of a ticket can become a new one."""

    code = "split_not_allowed"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"{number} cannot be split: {why}")
        self.number, self.why = number, why


class ParentNotAllowed(TicketingError):
    """A ticket cannot have this parent, or has none to be taken away."""

    code = "parent_not_allowed"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"the parent of {number} cannot be changed: {why}")
        self.number, self.why = number, why


class WatcherRefused(TicketingError):
    """Somebody cannot watch a ticket."""

    code = "watcher_refused"

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"{number} cannot be watched so: {why}")
        self.number, self.why = number, why


class TagRefused(TicketingError):
    """A word cannot be a tag, or there are too many; the text says what one is."""

    code = "tag_refused"


class FileRefused(TicketingError):
    """A file cannot be put on a ticket; the text says why, and what can."""

    code = "file_refused"


class FileNotFound(TicketingError):
    """No such file, one of a work note, or on a ticket of somebody else: the answer is the same."""

    code = "file_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such file")


class FileGone(TicketingError):
    """There was such a file; it was erased, or its bytes are lost."""

    code = "file_gone"

    def __init__(self) -> None:
        super().__init__("the file is not there any more")

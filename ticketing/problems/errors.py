"""What problems refuse, with codes that clients may rely on."""

from __future__ import annotations

from ticketing.problems.logic import ProblemStatus
from ticketing.tickets.errors import TicketingError


class ProblemNotFound(TicketingError):
    """No such problem."""

    code = "problem_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such problem; `guichet problem list` shows them")


class ProblemMoveNotAllowed(TicketingError):
    """A problem cannot go from where it stands to where it should."""

    code = "problem_move_not_allowed"

    def __init__(self, number: str, to: ProblemStatus, why: str) -> None:
        super().__init__(f"{number} cannot become {to.words}: {why}")
        self.number, self.to, self.why = number, to, why


class ProblemRefused(TicketingError):
    """A problem cannot be so; the text says what is wrong."""

    code = "problem_refused"


class LinkNotAllowed(TicketingError):
    """An incident cannot be linked to a problem, or taken from it."""

    code = "link_not_allowed"

    def __init__(self, number: str, problem: str, why: str) -> None:
        super().__init__(f"{number} and {problem}: {why}")
        self.number, self.problem, self.why = number, problem, why

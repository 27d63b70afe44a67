"""What a check says."""

from dataclasses import dataclass
from enum import StrEnum

PREPARES = "`make run` (or `guichet run`) makes it"
SETS_UP = "`make setup` mends the environments"


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """The result of one check; `do` is empty when there is nothing to do."""

    check: str
    state: State
    what: str
    do: str = ""

"""People write in fragments: when to wait for the next line, and for how long. No I/O.

Waiting costs everybody a second who was done; answering at once costs the one who was not an answer to half
a question. So a line is only waited after when it looks unfinished.
"""

from __future__ import annotations

import enum
import re
from datetime import datetime, timedelta
from importlib.resources import files

LONGEST_IN_WINDOWS = 4
"""However many lines come in a row, the first is not kept waiting longer than this many windows."""

TYPING_IN_WINDOWS = 3
"""How long "is typing" keeps a turn waiting."""

IN_A_ROW = timedelta(seconds=2)
"""A line this soon after another one was begun before there was anything to react to."""

SHORT_WORDS = 3
LONG_WORDS = 8


class Look(enum.Enum):
    """How a line looks to somebody who wonders whether more is coming."""

    FINISHED = "finished"
    UNCLEAR = "unclear"
    OPEN = "open"


def look_of(text: str) -> Look:
    """Whether a typed line looks finished."""
    line = text.strip().replace("’", "'").casefold()
    bare = " ".join(_WORD.findall(line))
    asked = _GREETED.sub("", bare)
    if bare in _GREETINGS or asked in _GREETINGS:
        return Look.OPEN
    if _COMPLETE.fullmatch(line) or "\n" in line:
        return Look.FINISHED
    if _TRAILS_OFF.search(line):
        return Look.OPEN
    return Look.FINISHED if _ENDED.search(line) else _look_of_words(asked)


def _look_of_words(asked: str) -> Look:
    """The look of words that no mark ends."""
    words = asked.split()
    if asked in _ANSWERS:
        return Look.FINISHED
    if not words or words[-1] in _HANGING or len(words) <= SHORT_WORDS:
        return Look.OPEN
    return Look.FINISHED if len(words) >= LONG_WORDS or _ASKS.match(asked) else Look.UNCLEAR


def ready_at(
    look: Look, *, now: datetime, received_at: datetime, heard_at: datetime | None, window: timedelta
) -> datetime | None:
    """Until when the turn of a line waits for the next one; None: it does not.

    Args:
        received_at: when the first line of the turn came.
        heard_at: when the person's line before this one came, whichever turn it was in.
    """
    is_in_a_row = heard_at is not None and now - heard_at <= IN_A_ROW
    if look is Look.FINISHED or (look is Look.UNCLEAR and not is_in_a_row):
        return None
    until = min(now + window, longest(received_at, window))
    return until if until > now else None


def ready_at_after_typing(now: datetime, received_at: datetime, window: timedelta) -> datetime:
    """Until when a waiting turn waits when the person is seen typing."""
    return min(now + TYPING_IN_WINDOWS * window, longest(received_at, window))


def longest(received_at: datetime, window: timedelta) -> datetime:
    """The moment at which a turn is answered whatever is coming."""
    return received_at + LONGEST_IN_WINDOWS * window


def _phrases(name: str) -> frozenset[str]:
    text = files("ticketing.gathering").joinpath(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines() if line[:1] != "#")
    return frozenset(" ".join(_WORD.findall(line)) for line in lines if line)


_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_TRAILS_OFF = re.compile(r"(?:\.\.+|…|[,;:(/+&-])\s*$")
_ENDED = re.compile(r"[.!?)\"»”\U0001F300-\U0001FAFF\u2600-\u27BF]\s*$")
# A number, a ticket's number, an address: nobody goes on after them.
_COMPLETE = re.compile(
    r"(?:n°|#)?\s*\+?\d[\d\s.,:/h%-]*|[a-z]{2,5}[\s-]?\d{3,}|\S+@\S+\.\S+|https?://\S+|0x[0-9a-f]+",
    re.IGNORECASE,
)
_GREETED = re.compile(r"^(?:hello|hi|hey|good morning|bonjour|bonsoir|salut|bjr|slt)(?: there| all)? ")
# A question of several words is whole with or without its mark.
_ASKS = re.compile(
    r"(?:how|what|what's|whats|when|where|where's|who|why|which|can|could|is|are|do|does|did|will|would|may|should|"
    r"comment|pourquoi|quand|où|qui|que|quel|quelle|quels|quelles|combien|est-ce|c'est quoi|puis-je|peut-on|"
    r"peux-tu|pouvez-vous|pourriez-vous|je peux|i want|i need|i would like|i'd like|je veux|je voudrais|"
    r"j'ai besoin|il me faut|i forgot|j'ai oublié|j'ai oublie|j'ai perdu|i lost)\b"
)
_ANSWERS = _phrases("answers.txt")
_GREETINGS = _phrases("greetings.txt")
_HANGING = _phrases("hanging.txt")

"""What a child process writes: all of it to a file of bounded size, warnings and worse to the console too."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b", re.IGNORECASE)
LOUD = frozenset({"WARNING", "ERROR", "CRITICAL"})
LONGEST_LINE = 8192  # bytes; a longer one is cut in the log


@dataclass
class RotatingLog:
    """`{name}.log`, `.1` … `.n`: at most `files` files of about `size` bytes each."""

    path: Path
    size: int
    files: int

    def __post_init__(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open()

    def write(self, line: bytes) -> None:
        if self._file.tell() + len(line) > self.size and self._file.tell():
            self._rotate()
        self._file.write(line + b"\n")

    def close(self) -> None:
        self._file.close()

    def _open(self) -> None:
        self._file = self.path.open("ab", buffering=0)
        self.path.chmod(0o600)

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self.files - 1, 0, -1):
            older = self._numbered(number)
            if self._numbered(number - 1).exists():
                self._numbered(number - 1).replace(older)
        if self.files == 1:
            self.path.unlink()
        self._open()

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}") if number else self.path


@dataclass
class Loudness:
    """Which lines an operator should see: a warning or worse, with the lines that belong to it."""

    _loud: bool = False

    def is_loud(self, line: str) -> bool:
        level = LEVEL.search(line[:200])
        if level:
            self._loud = level.group(1).upper() in LOUD
        elif line.startswith("Traceback ("):
            self._loud = True
        elif not self._loud:
            return False
        return self._loud


@dataclass
class Pump:
    """Carries a child's output, line by line, until it closes it."""

    name: str
    log: RotatingLog
    say: Callable[[str], None]
    last: deque[str] = field(default_factory=lambda: deque(maxlen=20))

    async def carry(self, stream: asyncio.StreamReader) -> None:
        loudness = Loudness()
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line, loudness)
            if len(rest) > LONGEST_LINE:
                self._take(rest, loudness)
                rest = b""
        if rest:
            self._take(rest, loudness)

    def _take(self, line: bytes, loudness: Loudness) -> None:
        line = line.rstrip(b"\r")[:LONGEST_LINE]
        self.log.write(line)
        text = line.decode("utf-8", errors="replace")
        if text.strip():
            self.last.append(text.strip())
        if loudness.is_loud(text):
            self.say(f"{self.name} | {text}")

"""Where files that nobody trusts are looked into: in processes of their own, a few at once, within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desk.pictures import redrawing
from ticketing.pictures.errors import NotAPicture, PictureInfected, PictureNotScanned, PictureTooLarge
from ticketing.pictures.logic import PictureKind

log = logging.getLogger(__name__)

AT_ONCE = 2
REDRAW_SECONDS = 20.0
SCAN_SECONDS = 30.0
INFECTED = 1
MOST_SAID = 1_024


@dataclass(frozen=True)
class Redrawn:
    """What a picture is, once it is drawn anew."""

    kind: PictureKind
    width: int
    height: int
    size: int


class Workshop:
    """Scans and redraws, a bounded number at once."""

    def __init__(self, *, scanner: Sequence[str], environment: Mapping[str, str]) -> None:
        self._scanner, self._environment = tuple(scanner), dict(environment)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def scan(self, path: Path) -> None:
        """Have the administrator's scanner look at a file, if there is one.

        Raises:
            PictureInfected: it has found something.
            PictureNotScanned: it gave no verdict in time, or cannot be run.
        """
        if not self._scanner:
            return
        command = [part.replace("{file}", str(path)) for part in self._scanner]
        async with self._places:
            status, _ = await self._run(command, SCAN_SECONDS)
        if status == INFECTED:
            log.warning("picture_infected")
            raise PictureInfected
        if status != 0:
            log.error("picture_not_scanned", extra={"status": status})
            raise PictureNotScanned

    async def redraw(self, source: Path, target: Path, *, most_bytes: int) -> Redrawn:
        """Write a picture anew.

        Raises:
            NotAPicture, PictureTooLarge
        """
        program = [sys.executable, "-I", redrawing.__file__, str(source), str(target), str(most_bytes)]
        async with self._places:
            status, said = await self._run(program, REDRAW_SECONDS, is_heard=True)
        if status == redrawing.NOT_A_PICTURE:
            raise NotAPicture
        if status == redrawing.TOO_LARGE:
            pixels = redrawing.MOST_PIXELS // 1_000_000
            raise PictureTooLarge(f"the picture has more than {pixels} million pixels, or too much in it")
        if status != 0:
            # Killed by its bounds: whatever it was, it was too much.
            log.warning("picture_not_redrawn", extra={"status": status})
            raise PictureTooLarge("the picture takes too much to be read")
        drawn = json.loads(said)
        return Redrawn(PictureKind(drawn["kind"]), drawn["width"], drawn["height"], drawn["size"])

    async def _run(
        self, command: Sequence[str], seconds: float, *, is_heard: bool = False
    ) -> tuple[int | None, bytes]:
        """The exit status and what was said; the status is None when it could not run or did not end."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if is_heard else asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            log.error("picture_program_missing", extra={"error": type(error).__name__})
            return None, b""
        try:
            async with asyncio.timeout(seconds):
                said = await process.stdout.read(MOST_SAID) if process.stdout is not None else b""
                await process.wait()
            return process.returncode, said
        except TimeoutError:
            return None, b""
        finally:
            # It, and whatever it has started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await process.wait()

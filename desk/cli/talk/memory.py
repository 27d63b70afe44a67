"""Where a conversation in the terminal stood, so that `--resume` goes on with it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from desk.client import DeskClient, Offer, Position


@dataclass(frozen=True)
class Remembered:
    """What the next run needs; the token only for visitors nobody vouches for."""

    url: str
    position: Position
    offers: tuple[Offer, ...]
    token: str | None


class Memory:
    """One file per site and person in `{var}/chat`, for its owner only: it may hold a visitor token."""

    def __init__(self, folder: Path, *, url: str, site: str, person: str | None) -> None:
        self._folder, self._url, self._is_visitor = folder, url, person is None
        who = quote(person.lower(), safe="@+") if person else "visitor"
        self._path = folder / f"{quote(site, safe='')}--{who}.json"

    def recall(self) -> Remembered | None:
        """What was kept, if it is of this desk and can be read."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            remembered = Remembered(
                kept["url"],
                Position(**kept["position"]),
                tuple(Offer(**offer) for offer in kept["offers"]),
                kept["token"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return remembered if remembered.url == self._url else None

    def keep(self, client: DeskClient) -> None:
        """Written whole under another name first: a crash leaves what was kept before."""
        if (position := client.position) is None:
            return
        token = client.token if self._is_visitor else None
        kept = asdict(Remembered(self._url, position, tuple(client.offers), token))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        draft.replace(self._path)

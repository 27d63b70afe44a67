"""Pictures of every state of the widget: `make pictures`, or `python -m tests.browser.pictures [NAME …]`.

All go to build/pictures; those that the documentation shows, to docs/pictures. With names, only those
states; with `--docs`, only what the documentation shows.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from tests.browser import states
from tests.browser.chromium import a_chromium
from tests.browser.stage import LANGUAGES, SIZES, THEMES, Stage, a_stage
from tests.requirements import ROOT

ALL = ROOT / "build" / "pictures"
DOCS = ROOT / "docs" / "pictures"
WEBP_QUALITY = 82
# A phone's screen has more dots than it lays out for.
SCALES = {"phone": 2, "wide": 1}


@dataclass(frozen=True)
class Shot:
    """One state in one window, language and theme."""

    state: str
    size: str = "wide"
    language: str = "en"
    theme: Literal["light", "dark"] = "light"

    @property
    def name(self) -> str:
        return "-".join((self.state.replace("_", "-"), self.size, self.language, self.theme))


CHOSEN: dict[str, Shot] = {
    "widget": Shot("answer"),
    "widget-dark": Shot("answer", theme="dark"),
    "unread": Shot("launcher_unread"),
    "tickets": Shot("tickets_list"),
    "ticket": Shot("ticket_history"),
    "waiting": Shot("waiting_second"),
    "agent": Shot("agent", language="fr"),
    "wide": Shot("wide_panel"),
    "phone-welcome": Shot("welcome", "phone"),
    "phone-answer": Shot("answer", "phone", "fr", "dark"),
    "phone-picture": Shot("picture_shown", "phone"),
    "phone-offline": Shot("offline", "phone", theme="dark"),
}
"""What the documentation shows, by the name of its file."""


def every_shot() -> Iterator[Shot]:
    """All there is; the themes of a state one after the other, since it is brought about once for both."""
    for size, language, state in itertools.product(SIZES, LANGUAGES, states.STATES.values()):
        if size in state.sizes:
            yield from (Shot(state.name, size, language, theme) for theme in THEMES)


async def take(stage: Stage, shots: list[Shot]) -> dict[Shot, bytes]:
    """Pictures of one state in one window and language."""
    first = shots[0]
    state = states.STATES[first.state]
    async with stage.visit(
        site=state.site,
        size=SIZES[first.size],
        language=first.language,
        device_scale_factor=SCALES[first.size],
        reduced_motion="reduce",
    ) as visit:
        await state.bring(stage, visit)
        taken = {}
        for shot in shots:
            await visit.page.emulate_media(color_scheme=shot.theme)
            taken[shot] = await visit.page.screenshot(animations="disabled", caret="hide")
    await stage.clear()
    return taken


async def take_all(shots: list[Shot]) -> dict[Shot, bytes]:
    """Pictures of all of these."""
    taken: dict[Shot, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with a_chromium() as browser, a_stage(browser, Path(folder), **states.DESK) as stage:
            by_state = sorted(shots, key=lambda shot: (shot.state, shot.size, shot.language))
            for _, group in itertools.groupby(by_state, lambda shot: (shot.state, shot.size, shot.language)):
                taken |= await take(stage, list(group))
    return taken


def as_webp(png: bytes) -> bytes:
    """The same, small enough for a page."""
    stored = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(stored, "WEBP", quality=WEBP_QUALITY, method=6)
    return stored.getvalue()


def main() -> None:
    """Take them and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("states", nargs="*", metavar="NAME", help=", ".join(states.STATES))
    parser.add_argument("--docs", action="store_true", help="only what the documentation shows")
    wished = parser.parse_args()
    if unknown := sorted(set(wished.states) - set(states.STATES)):
        parser.error(f"no state is called {unknown[0]}")
    chosen = {shot for shot in CHOSEN.values() if not wished.states or shot.state in wished.states}
    every = {shot for shot in every_shot() if not wished.states or shot.state in wished.states}
    taken = asyncio.run(take_all(sorted(chosen if wished.docs else every, key=lambda shot: shot.name)))
    for folder in (ALL, DOCS):
        folder.mkdir(parents=True, exist_ok=True)
    for shot, png in taken.items():
        (ALL / f"{shot.name}.png").write_bytes(png)
    for name, shot in CHOSEN.items():
        if shot in taken:
            (DOCS / f"{name}.webp").write_bytes(as_webp(taken[shot]))
    print(f"{len(taken)} pictures in {ALL.relative_to(ROOT)}, {len(chosen)} of them in docs/pictures")


if __name__ == "__main__":
    main()

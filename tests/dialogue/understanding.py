"""Writes docs/understanding.md: how well held-out sentences are understood, and how conversations end.

python -m tests.dialogue.understanding [--model MODEL --encoder FOLDER] [--out FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.dialogue.__main__ import play_all
from tests.dialogue.conversations import all_conversations
from tests.dialogue.playing import Played
from tests.requirements import ENCODER, RASA_MODEL, RASA_PYTHON, ROOT

HELD_OUT = Path(__file__).parent / "heldout"
OUT = ROOT / "docs" / "understanding.md"
FALLBACK = "nlu_fallback"
LANGUAGES = {"en": "English", "fr": "French"}

HEAD = """# How well it understands

Made by `python -m tests.dialogue.understanding`; do not edit by hand.

Two things are measured, both with the model and the articles as shipped. **Sentences**: {sentences}
sentences that no training example was made from ({path}), each with the intent it should get. Below a
confidence of 0.5 nothing is believed and the sentence goes to the articles as a question, so a
*question* in the table is the harmless kind of failure and *wrong* is the other. **Conversations**:
{conversations} whole conversations on the real assistant (`tests/dialogue/conversations`), each of whose
turns must get the right kind of reply, from the right article where there is one. They were written
before the training data of their topic was tuned, by somebody who did not read it; since then they have
been run often, so they are a regression check rather than a fresh exam.
"""


def understood(model: Path, encoder: Path) -> list[dict[str, Any]]:
    """What the model makes of each held-out sentence."""
    environment = {
        "PATH": os.environ["PATH"],
        "GUICHET_ENCODER_FOLDER": str(encoder),
        "GUICHET_ENCODER_MULTILINGUAL_FOLDER": str(encoder.with_name("encoder-multilingual")),
        "RASA_TELEMETRY_ENABLED": "false",
    }
    done = subprocess.run(
        [
            *(str(RASA_PYTHON), "-m", "bot.rasa_extensions.understanding"),
            *(str(model), *(str(HELD_OUT / f"{language}.yml") for language in LANGUAGES)),
        ],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    # Rasa says this and that on the same stream.
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def page(rows: Sequence[dict[str, Any]], played: Sequence[Played]) -> str:
    """The whole document."""
    parts = [HEAD.format(sentences=len(rows), conversations=len(played), path="`tests/dialogue/heldout`")]
    parts.append("## Sentences\n")
    parts.append(_shares(rows))
    for language, name in LANGUAGES.items():
        parts.append(f"\n### {name}: what was taken for what\n")
        parts.append(_matrix([row for row in rows if row["file"] == f"{language}.yml"]))
    parts.append("\n## Conversations\n")
    parts.append(_endings(played))
    return "\n".join(parts) + "\n"


def _shares(rows: Sequence[dict[str, Any]]) -> str:
    lines = ["| | sentences | right | question | wrong |", "|---|---|---|---|---|"]
    for language, name in LANGUAGES.items():
        mine = [row for row in rows if row["file"] == f"{language}.yml"]
        right = sum(row["found"] == row["intent"] for row in mine)
        question = sum(row["found"] == FALLBACK and row["intent"] != FALLBACK for row in mine)
        wrong = len(mine) - right - question
        shares = " | ".join(f"{count / len(mine):.1%}" for count in (right, question, wrong))
        lines.append(f"| {name} | {len(mine)} | {shares} |")
    return "\n".join(lines)


def _matrix(rows: Sequence[dict[str, Any]]) -> str:
    """Rows are what was meant, columns what was understood; a dot is none."""
    intents = sorted({row["intent"] for row in rows})
    columns = [*intents, FALLBACK]
    counts = Counter((row["intent"], row["found"]) for row in rows)
    width = max(map(len, columns))
    letters = [chr(ord("a") + at) for at in range(len(columns))]
    lines = ["```", " " * (width + 4) + " ".join(f"{letter:>2}" for letter in letters)]
    for letter, intent in zip(letters, columns, strict=True):
        cells = " ".join(f"{counts[intent, column] or '.':>2}" for column in columns)
        lines.append(
            f"{intent:<{width}}  {letter} {cells}" if intent in intents else f"{intent:<{width}}  {letter}"
        )
    return "\n".join([*lines, "```"])


def _endings(played: Sequence[Played]) -> str:
    lines = ["| outcome | English | French |", "|---|---|---|"]
    total = Counter(map(_place, played))
    right = Counter(_place(each) for each in played if not each.wrong)
    for outcome in sorted({outcome for _, outcome in total}):
        cells = [f"{right[language, outcome]} of {total[language, outcome]}" for language in LANGUAGES]
        lines.append(f"| {outcome.replace('_', ' ')} | {' | '.join(cells)} |")
    sums: list[str] = []
    for language in LANGUAGES:
        good = sum(count for (folder, _), count in right.items() if folder == language)
        whole = sum(count for (folder, _), count in total.items() if folder == language)
        sums.append(f"**{good} of {whole} ({good / whole:.1%})**")
    return "\n".join([*lines, f"| **all** | {' | '.join(sums)} |"])


def _place(played: Played) -> tuple[str, str]:
    return str(played.conversation.folder), played.conversation.outcome


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.dialogue.understanding", description=__doc__)
    parser.add_argument("--model", type=Path, default=RASA_MODEL)
    parser.add_argument("--encoder", type=Path, default=ENCODER)
    parser.add_argument("--out", type=Path, default=OUT)
    chosen = parser.parse_args()
    rows = understood(chosen.model.absolute(), chosen.encoder.absolute())
    with tempfile.TemporaryDirectory() as folder:
        played = asyncio.run(
            play_all(all_conversations(), Path(folder), model=chosen.model, encoder=chosen.encoder)
        )
    chosen.out.write_text(page(rows, played), encoding="utf-8")


if __name__ == "__main__":
    main()

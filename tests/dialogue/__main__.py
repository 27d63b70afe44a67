"""Plays the conversations and prints what was wrong, by kind of outcome.

python -m tests.dialogue [--only TEXT] [--folder FOLDER] [--model MODEL --encoder FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.dialogue.conversations import FOLDER, Conversation, all_conversations
from tests.dialogue.playing import Played, Player
from tests.dialogue.stage import AT_ONCE, a_stage
from tests.requirements import ENCODER, RASA_MODEL


async def play_all(
    conversations: Sequence[Conversation], folder: Path, *, model: Path = RASA_MODEL, encoder: Path = ENCODER
) -> list[Played]:
    """Every conversation on one stage, a few at a time."""
    async with a_stage(folder, model=model, encoder=encoder) as desk:
        player, places = Player(desk), asyncio.Semaphore(AT_ONCE)

        async def play(conversation: Conversation) -> Played:
            async with places:
                return await player.play(conversation)

        return list(await asyncio.gather(*map(play, conversations)))


def report(played: Sequence[Played]) -> str:
    """What was wrong, and a table by language and outcome."""
    lines = [f"{each.conversation.id}\n    {each.wrong}" for each in played if each.wrong]
    total = Counter((each.conversation.folder, each.conversation.outcome) for each in played)
    right = Counter(
        (each.conversation.folder, each.conversation.outcome) for each in played if not each.wrong
    )
    lines += [
        f"{folder} {outcome:12} {right[folder, outcome]:3} of {total[folder, outcome]:3}"
        for folder, outcome in sorted(total)
    ]
    for folder in ("en", "fr"):
        of_language = [each for each in played if each.conversation.folder == folder]
        good = sum(not each.wrong for each in of_language)
        lines.append(f"{folder}: {good} of {len(of_language)} ({good / max(1, len(of_language)):.1%})")
    return "\n".join(lines)


def _log_places() -> None:
    """Where an action failed, should one."""

    class Places(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return f"{record.getMessage()} {getattr(record, 'error', '')} {getattr(record, 'at', '')}"

    handler = logging.StreamHandler()
    handler.setFormatter(Places())
    logging.getLogger().addHandler(handler)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.dialogue", description=__doc__)
    parser.add_argument("--only", default="", help="play those whose name has this text")
    parser.add_argument("--model", type=Path, default=RASA_MODEL)
    parser.add_argument("--encoder", type=Path, default=ENCODER)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="conversations from elsewhere")
    chosen = parser.parse_args()
    _log_places()
    conversations = [each for each in all_conversations(chosen.folder) if chosen.only in each.id]
    with tempfile.TemporaryDirectory() as folder:
        played = asyncio.run(
            play_all(conversations, Path(folder), model=chosen.model, encoder=chosen.encoder)
        )
    print(report(played))


if __name__ == "__main__":
    main()

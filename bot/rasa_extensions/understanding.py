"""What a trained model makes of labelled sentences, for measuring: one JSON line a sentence.

    python -m bot.rasa_extensions.understanding MODEL SENTENCES.yml…

A file of sentences is a mapping of intents to lists. The encoders' folders come from the environment, as for
the launcher.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.shared.utils.io import read_yaml_file

from bot.rasa_extensions.agent import load_agent
from bot.rasa_extensions.launcher import Launch


def agent_of(model: Path) -> Any:
    """An agent that only understands: it has nobody to call and nothing to keep."""
    unused = "-" * 32
    return load_agent(
        Launch(
            model=model,
            interface="127.0.0.1",
            port=1,
            tracker_db=":memory:",
            rasa_secret=unused,
            actions_secret=unused,
            actions_url="http://127.0.0.1:1/webhook",
            action_seconds=1.0,
            session_minutes=1.0,
        )
    )


async def _measure(agent: Any, paths: list[Path]) -> None:
    for path in paths:
        for intent, sentences in read_yaml_file(path).items():
            for sentence in sentences:
                parsed = await agent.processor.parse_message(UserMessage(sentence))
                found = parsed["intent"]
                row = {
                    "file": path.name,
                    "intent": intent,
                    "found": found["name"],
                    "confidence": round(found["confidence"], 4),
                    "text": sentence,
                }
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("sentences", type=Path, nargs="+")
    chosen = parser.parse_args()
    asyncio.run(_measure(agent_of(chosen.model), chosen.sentences))


if __name__ == "__main__":
    main()

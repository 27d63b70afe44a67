"""Each conversation ends in the right kind of reply, on the real Rasa with every article."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from tests.dialogue.__main__ import play_all
from tests.dialogue.conversations import Conversation, all_conversations
from tests.dialogue.playing import Played
from tests.requirements import require

CONVERSATIONS = all_conversations()
GAPS: dict[str, str] = yaml.safe_load((Path(__file__).parent / "gaps.yml").read_text(encoding="utf-8"))
"""What is known to go wrong, and why; docs/understanding.md counts it as wrong."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """All of them are played once, on one stage."""
    for what in ("encoder", "rasa"):
        require(what)
    folder: Path = tmp_path_factory.mktemp("stage")
    return {each.conversation.id: each for each in asyncio.run(play_all(CONVERSATIONS, folder))}


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.id)
def test_it_gets_the_right_replies(conversation: Conversation, played: dict[str, Played]) -> None:
    wrong = played[conversation.id].wrong
    if wrong is not None and conversation.id in GAPS:
        pytest.xfail(f"{GAPS[conversation.id]}: {wrong}")
    assert wrong is None


@pytest.mark.parametrize("language", ["en", "fr"])
def test_most_of_a_language_goes_right(language: str, played: dict[str, Played]) -> None:
    mine = [each for each in played.values() if each.conversation.folder == language]

    assert sum(each.wrong is None for each in mine) >= 0.94 * len(mine)


def test_a_known_gap_is_a_conversation() -> None:
    assert set(GAPS) <= {each.id for each in CONVERSATIONS}


def test_there_are_enough_of_them() -> None:
    several = [each for each in CONVERSATIONS if len(each.turns) > 1]

    assert len(CONVERSATIONS) >= 150
    assert sum(each.folder == "fr" for each in CONVERSATIONS) >= len(CONVERSATIONS) // 2
    assert len(several) >= len(CONVERSATIONS) // 3
    assert len({each.id for each in CONVERSATIONS}) == len(CONVERSATIONS)

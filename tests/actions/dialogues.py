"""A conversation with the real actions on a real database; only Rasa and the articles are scripted.

What Rasa would do with the rules, the slots and the form is done here in a few lines, so that a test says
only what was understood; and what the actions say passes the same door as an answer of Rasa's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.base import DeskAction
from actions.registry import all_actions
from actions.services import CURRENT_TURN, Services
from actions.turns import TurnInFlight
from bot.assistant.port import TurnRequest
from bot.assistant.rasa import read_answer
from desk.gateway.questions import note_question
from identity.people.operations import OutsideIdentity
from knowledge.questions.queries import StoredQuestion, last_question
from knowledge.search.findings import LEXICAL, Band, Findings, Hit
from storage.database import Database
from tests.databases import NOW
from tests.dialogue.kinds import KINDS
from tests.requirements import ROOT
from tests.ticketing.builders import TEAM, a_conversation, a_press, claim_one, say_to, transcript
from ticketing.conversations.logic import Reply
from ticketing.conversations.models import Conversation
from ticketing.tickets.logic import REOPEN_WINDOW
from ticketing.tickets.models import Ticket
from ticketing.turns.operations import finish_turn
from ticketing.turns.queue import ClaimedTurn

T = TypeVar("T")

FORM, VALIDATE, FINISH = "intake_form", "validate_intake_form", "action_finish_intake"
SURE = 0.97


@cache
def rules() -> dict[str, str]:
    """The action that each intent leads to."""
    found = {}
    for path in sorted((ROOT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            match rule["steps"]:
                case [{"intent": str(intent)}, {"action": str(action)}]:
                    found[intent] = action
    return found


def a_hit(slug: str, score: float, *, translation: str = "", language: str = "en") -> Hit:
    """An article that says its own name."""
    return Hit(slug, language, f"About {slug}", f"Passage of {slug}.", score, translation=translation)


def found(*slugs: str, band: Band = Band.ANSWER, confidence: float = 0.9) -> Findings:
    """These articles, the best first and each a little worse."""
    hits = tuple(a_hit(slug, 0.9 - 0.1 * at) for at, slug in enumerate(slugs))
    return Findings(band, hits, LEXICAL, confidence)


NOTHING = Findings(Band.NOTHING, (), LEXICAL)


@dataclass(frozen=True)
class Heard:
    """One reply with its kind, in the words of the conversation tests."""

    reply: Reply

    @property
    def kinds(self) -> tuple[str, ...]:
        return KINDS.get(self.reply.says or "", (self.reply.says or "",))

    @property
    def titles(self) -> list[str]:
        return [button.title for button in self.reply.buttons]

    @property
    def payloads(self) -> list[str]:
        return [button.payload for button in self.reply.buttons]

    @property
    def slugs(self) -> list[str]:
        return [source.slug for source in self.reply.sources]


class Dialogue:
    """A person talking, from the first line on.

    Args:
        articles: a word of a question, and what the search finds for it.
        repeats: how often each action is run within its turn, as after a crash.
    """

    def __init__(
        self,
        db: Database,
        articles: dict[str, Findings] | None = None,
        *,
        identity: OutsideIdentity | None = None,
        language: str = "en",
        repeats: int = 1,
        reopen_window: timedelta = REOPEN_WINDOW,
    ) -> None:
        self.db, self.articles, self.repeats = db, articles or {}, repeats
        self.talk = a_conversation(db, language=language, identity=identity)
        self.slots: dict[str, Any] = {}
        self.is_in_form = False
        self.now: datetime = NOW
        services = Services(
            database=db,
            find=self._find,
            team=TEAM,
            now=lambda: self.now,
            opening=lambda slug, language: a_hit(slug, 1.0, language=language),
            opening_about=lambda about, language: a_hit(
                f"{about}-{language}", 1.0, translation=about, language=language
            ),
            reopen_window=reopen_window,
        )
        self._actions: dict[str, DeskAction] = {each.name(): each for each in all_actions(services)}

    async def _find(self, question: str, language: str) -> Findings:
        return next((each for word, each in self.articles.items() if word in question), NOTHING)

    async def say(self, text: str, intent: str = "ask_knowledge", confidence: float = SURE) -> list[Heard]:
        """A typed line, and what Rasa makes of it."""
        say_to(self.db, self.talk, text, now=self.now)
        claimed = claim_one(self.db, now=self.now)
        return await self._turn(
            claimed, {"text": claimed.text, "intent": {"name": intent, "confidence": confidence}}
        )

    async def press(self, wanted: str) -> list[Heard]:
        """The latest button with this in its title."""
        [button_id, *_] = [
            button["id"]
            for line in reversed(transcript(self.db, self.talk))
            for button in line.extras.get("buttons", ())
            if wanted in button["title"]
        ]
        say_to(self.db, self.talk, a_press(button_id), now=self.now)
        claimed = claim_one(self.db, now=self.now)
        assert claimed.payload is not None
        intent, brace, rest = claimed.payload.removeprefix("/").partition("{")
        values = json.loads(brace + rest) if brace else {}
        return await self._turn(
            claimed,
            {
                "text": claimed.payload,
                "intent": {"name": intent, "confidence": 1.0},
                "entities": [{"entity": name, "value": value} for name, value in values.items()],
            },
        )

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def _turn(self, claimed: ClaimedTurn, message: dict[str, Any]) -> list[Heard]:
        CURRENT_TURN.set(
            TurnInFlight(
                claimed.claim.turn_id,
                claimed.conversation,
                claimed.person,
                claimed.language,
                claimed.text,
            )
        )
        message = {"entities": [], "metadata": {}, **message}
        said: list[dict[str, Any]] = []
        following: str | None = VALIDATE if self.is_in_form else rules()[message["intent"]["name"]]
        while following is not None:
            following = await self._run(following, message, said)
        replies = read_answer(self._as_rasa_sends_it(claimed, said), self._request(claimed))
        self.db.write(_finish, claimed, replies, self.now)
        return [Heard(reply) for reply in replies]

    async def _run(self, name: str, message: dict[str, Any], said: list[dict[str, Any]]) -> str | None:
        """One action with its effects on the slots; the next one, if any."""
        runs = [await self._once(name, message) for _ in range(self.repeats)]
        assert all(run == runs[0] for run in runs)
        events, messages = runs[-1]
        said += messages
        following = None
        for event in events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "followup":
                assert event["name"] == FORM
                self.is_in_form, following = True, VALIDATE
        if name == VALIDATE and any(event.get("name") == "requested_slot" for event in events):
            self.is_in_form, following = False, FINISH
        return following

    async def _once(
        self, name: str, message: dict[str, Any]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        # What Rasa keeps is JSON.
        slots = json.loads(json.dumps(self.slots))
        tracker = Tracker(self.talk.public_id, slots, message, [], False, None, {}, None)
        dispatcher = CollectingDispatcher()
        events = await self._actions[name].run(dispatcher, tracker, {})
        return events, dispatcher.messages

    def _as_rasa_sends_it(self, claimed: ClaimedTurn, said: list[dict[str, Any]]) -> bytes:
        sender = claimed.conversation
        replies = [each | {"recipient_id": sender, "response": None} for each in said]
        return json.dumps({"turn_id": claimed.claim.turn_id, "sender": sender, "replies": replies}).encode()

    def _request(self, claimed: ClaimedTurn) -> TurnRequest:
        return TurnRequest(
            claimed.claim.turn_id, claimed.conversation, claimed.language, claimed.text, claimed.payload
        )

    # What is on file.

    def question(self) -> StoredQuestion | None:
        """The last question on record."""
        return self.db.read(last_question, self.talk.public_id)

    def tickets(self) -> list[Ticket]:
        """Every ticket, in order."""
        return self.db.read(lambda session: list(session.scalars(select(Ticket).order_by(Ticket.id))))

    def conversation(self, look: Callable[[Conversation], T]) -> T:
        """Something of the conversation's row."""
        wanted = select(Conversation).where(Conversation.public_id == self.talk.public_id)
        return self.db.read(lambda session: look(session.scalars(wanted).one()))


def _finish(session: Session, claimed: ClaimedTurn, replies: tuple[Reply, ...], now: datetime) -> None:
    """As the turn runner commits an answer."""
    finish_turn(session, claimed.claim, replies, now=now)
    for reply in replies:
        note_question(session, claimed, reply, now=now)


def kinds(heard: list[Heard]) -> list[str]:
    """What was said, in order: of each reply its first kind."""
    return [each.kinds[0] for each in heard]

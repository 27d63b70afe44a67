"""Going on in another language because the person says so."""

from __future__ import annotations

import re

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import DeskAction
from actions.services import Services
from actions.speech import LANGUAGE, utter
from ticketing.conversations.language import choose_language_for_turn
from ticketing.intake.answers import Said
from ticketing.intake.reading import folded

_NAMES = {
    "fr": re.compile(r"\b(?:french|francais|francaise|frances|franc?ais|fr)\b"),
    "en": re.compile(r"\b(?:english|anglais|anglaise|ingles|inglese|en anglais|eng|uk)\b"),
}
_OTHERS = re.compile(
    r"\b(?:spanish|espagnol|espanol|castellano|german|allemand|deutsch|italian|italien|italiano|dutch|"
    r"neerlandais|nederlands|flamand|portuguese|portugais|portugues|arabic|arabe|chinese|chinois|russian|russe|"
    r"polish|polonais|turkish|turc|romanian|roumain|ukrainian|ukrainien|japanese|japonais|hindi|breton|"
    r"catalan|swedish|suedois|danish|danois|greek|grec|hebrew|hebreu|latin|korean|coreen)\b"
)

# "Je ne parle pas anglais" names the language that is not wanted.
_NOT_THAT = re.compile(
    r"\b(?:(?:don'?t|do not|can'?t|cannot|not)(?: \w+)? (?:speak|understand|read|write)(?: \w+)?"
    r"|(?:ne |n')?(?:parle|comprends?|lis|maitrise)(?: pas| mal| plus)+(?: bien)?(?: l'| le | d')? ?\w+"
    r"|my \w+ (?:is )?(?:not|bad|poor|terrible)(?: \w+)?"
    r"|mon \w+ (?:est )?(?:pas|mauvais|nul)(?: \w+)?"
    r"|no \w+ please)\b"
)
_IN_WORDS = re.compile(
    r"\b(?:speak|in|to|write|en|parlez?|parle|repondez?|reponds|habla[rs]?|auf)(?: me)? [a-z]+\b"
)


class ActionChangeLanguage(DeskAction):
    """Switches the conversation's language, and says so in the new one."""

    called = "action_change_language"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        language, key = await change_language(self.services)
        utter(dispatcher, key, language)
        return [SlotSet(LANGUAGE, language)]


async def change_language(services: Services) -> tuple[str, str]:
    """The language from now on, and the key of what to say about it."""
    turn = services.turn()
    wanted = wanted_language(turn.text, turn.language)
    if wanted is None:
        return turn.language, "utter_language_unknown"
    changed = await services.database.awrite(
        choose_language_for_turn, turn.turn_id, wanted, services.now(), first_contact=services.first_contact
    )
    return wanted, "utter_language_changed" if changed or wanted != turn.language else "utter_language_kept"


def wanted_language(text: str, current: str) -> str | None:
    """The language asked for; the other one when none is named, None when it is one we do not speak."""
    words = folded(text)
    refused = _named(" ".join(_NOT_THAT.findall(words)))
    wished = _NOT_THAT.sub(" ", words)
    if (asked := _IN_WORDS.search(wished)) and _OTHERS.search(asked[0]):
        return None
    named = _named(wished) - refused
    if len(named) == 1:
        return named.pop()
    if not named and _OTHERS.search(wished):
        return None
    if len(refused) == 1:
        return "en" if refused == {"fr"} else "fr"
    return "en" if current == "fr" else "fr"


def _named(words: str) -> set[str]:
    return {language for language, pattern in _NAMES.items() if pattern.search(words)}

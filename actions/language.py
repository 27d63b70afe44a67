"""Going on in another language because the person says so."""

from __future__ import annotations

import re

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import DeskAction
from actions.services import Services
from actions.speech import LANGUAGE, utter
from ticketing.conversations.operations import choose_language_for_turn
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
    named = [language for language, pattern in _NAMES.items() if pattern.search(words)]
    if len(named) == 1:
        return named[0]
    if not named and _OTHERS.search(words):
        return None
    return "en" if current == "fr" else "fr"

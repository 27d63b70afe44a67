"""Passwords and locked accounts: explained, and passed on as a service request when that does not help."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import say_answer, tell
from actions.base import DeskAction
from actions.hearing import is_believed
from actions.speech import expecting, utter
from knowledge.answers import answer_of
from knowledge.search.findings import Band
from ticketing.intake.answers import Said
from ticketing.intake.reading import says

ABOUT = {
    "reset_password": ("password", "utter_reset_explained", "reset"),
    "unlock_account": ("account-locked", "utter_unlock_explained", "unlock"),
}
"""By intent: the article, what is said around it, and what a yes then means."""

_CERTAIN = 0.9
_SAME_SUBJECT = ("password", "account-locked")


class ActionExplainAccess(DeskAction):
    """Quotes the article on resetting a password or unlocking an account and offers a request."""

    called = "action_explain_access"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, said: Said) -> list[EventType]:
        turn = self.services.turn()
        if says("not_own_password", turn.text):
            # Nobody else's, whatever is claimed.
            utter(dispatcher, "utter_no_answer", turn.language)
            return expecting("ticket")
        if said.intent == "reset_password" and says("offers_password", turn.text):
            utter(dispatcher, "utter_no_password_needed", turn.language)
            return []
        about, key, awaited = ABOUT[said.intent]
        findings = await self.services.find(turn.text, turn.language)
        has_other = bool(findings.hits) and findings.hits[0].translation not in _SAME_SUBJECT
        is_other = has_other and (
            findings.band is Band.ANSWER
            or (findings.band is Band.DID_YOU_MEAN and said.confidence < _CERTAIN)
        )
        if is_other or (not is_believed(said) and findings.band is not Band.NOTHING):
            return tell(dispatcher, tracker, findings, turn.language)
        opening = self.services.opening_about(about, turn.language)
        if opening is None:
            return tell(dispatcher, tracker, findings, turn.language)
        say_answer(dispatcher, key, answer_of(opening), findings, turn.language)
        return expecting(awaited)

"""The end of a form: what was gathered is put on file, or left."""

from __future__ import annotations

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.adding import add_comment
from actions.handing import tell_handed_off
from actions.services import Services
from actions.speech import expecting, utter
from notices.texts.catalogue import say
from ticketing.intake.answers import Ending
from ticketing.intake.logic import Draft, Purpose
from ticketing.intake.operations import hand_off, keep_contact, put_on_file
from ticketing.tickets.logic import TicketType
from ticketing.tickets.operations import Opened

_LEFT = {
    Ending.CANCEL: "utter_cancelled",
    Ending.SOLVED: "utter_glad",
    Ending.LEAVE: "utter_welcome",
}


async def finish(
    services: Services, dispatcher: CollectingDispatcher, draft: Draft, ending: Ending
) -> list[EventType]:
    """Do what the form was for, and say what came of it."""
    language = services.turn().language
    if ending is Ending.PERSON:
        opened = await _write(services, hand_off, draft)
        tell_handed_off(dispatcher, opened, language)
    elif ending is not Ending.SUBMIT:
        utter(dispatcher, _LEFT[ending], language)
    elif draft.purpose is Purpose.COMMENT:
        return await _add_comment(services, dispatcher, draft, language)
    elif draft.purpose is Purpose.CONTACT:
        await _keep_contact(services, dispatcher, draft, language)
    else:
        _tell_opened(dispatcher, await _write(services, put_on_file, draft), draft, language)
    return expecting()


async def _write(services: Services, operation: object, draft: Draft) -> Opened:
    opened: Opened = await services.database.awrite(
        operation,  # type: ignore[arg-type]
        services.turn().turn_id,
        services.turn().person.id,
        draft,
        team=services.team,
        now=services.now(),
    )
    return opened


async def _add_comment(
    services: Services, dispatcher: CollectingDispatcher, draft: Draft, language: str
) -> list[EventType]:
    if draft.ticket and draft.comment:
        return await add_comment(services, dispatcher, draft, language)
    utter(dispatcher, "utter_as_you_wish", language)
    return expecting()


async def _keep_contact(
    services: Services, dispatcher: CollectingDispatcher, draft: Draft, language: str
) -> None:
    person = await services.database.awrite(
        keep_contact, services.turn().person.id, draft, now=services.now()
    )
    if person is not None and person.email:
        utter(dispatcher, "utter_contact_kept", language, email=person.email)
        return
    utter(dispatcher, "utter_no_contact", language)


def _tell_opened(dispatcher: CollectingDispatcher, opened: Opened, draft: Draft, language: str) -> None:
    kind = "incident" if draft.type is TicketType.INCIDENT else "request"
    values = {"ticket": opened.number, "group": opened.group}
    if kind == "incident":
        values["priority"] = say(f"ticket_priority_{opened.priority.value}", language).text
    key = f"utter_{kind}_opened"
    if opened.email:
        values["email"] = opened.email
    else:
        key = f"{key}_anonymous"
    utter(dispatcher, key, language, carried={"ticket": opened.number}, filled=values)

"""Puts one question of the form, in plain words and with buttons where the answers are few."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.speech import payload, utter
from identity.people.operations import KnownPerson
from notices.texts.catalogue import say
from ticketing.intake.answers import CHANGE, CHOICE_OTHER
from ticketing.intake.logic import CAN_CHANGE, Draft, Field, Purpose

_KEYS = {
    Field.NAME: "utter_ask_name",
    Field.ADDRESS: "utter_ask_address",
    Field.WHAT: "utter_ask_what",
    Field.WHERE_SINCE: "utter_ask_where_since",
    Field.AFFECTED: "utter_ask_affected",
    Field.WORK: "utter_ask_work",
    Field.DETAILS: "utter_ask_details",
    Field.TICKET: "utter_ask_ticket",
}
_AGAIN = {
    "utter_ask_name",
    "utter_ask_address",
    "utter_ask_what",
    "utter_ask_item",
    "utter_ask_affected",
    "utter_ask_work",
    "utter_ask_ticket",
}
_LONGEST_SHOWN = 400


def ask(
    dispatcher: CollectingDispatcher, draft: Draft, language: str, person: KnownPerson, *, is_again: bool
) -> None:
    """Ask for the field whose turn it is; `is_again` after an answer that was none."""
    if draft.asking is Field.SUMMARY:
        _show_summary(dispatcher, draft, language, person)
    elif draft.asking is Field.SIMILAR:
        _ask_whether_similar(dispatcher, draft, language)
    elif draft.asking is Field.COMMENT:
        utter(dispatcher, "utter_ask_comment", language, ticket=draft.ticket or "")
    elif draft.asking is not None:
        is_item = draft.asking is Field.WHAT and draft.purpose is Purpose.REQUEST
        key = "utter_ask_item" if is_item else _KEYS[draft.asking]
        utter(dispatcher, f"{key}_again" if is_again and key in _AGAIN else key, language)


def _ask_whether_similar(dispatcher: CollectingDispatcher, draft: Draft, language: str) -> None:
    lines = [
        f"- {number} — {summary}"
        for number, summary in zip(draft.similar, draft.similar_summaries, strict=False)
    ]
    is_one = len(draft.similar) == 1
    buttons = [
        (
            say("choice_it_is", language, ticket=number).text,
            "/affirm" if is_one else payload("inform", number),
        )
        for number in draft.similar
    ]
    other = "/deny" if is_one else payload("inform", CHOICE_OTHER)
    buttons.append((say("choice_other", language).text, other))
    utter(dispatcher, "utter_ask_similar", language, buttons=buttons, tickets="\n".join(lines))


def _show_summary(dispatcher: CollectingDispatcher, draft: Draft, language: str, person: KnownPerson) -> None:
    if draft.is_changing:
        buttons = [
            (say(f"change_{field.value}", language).text, payload("inform", f"{CHANGE}{field.value}"))
            for field in CAN_CHANGE.get(draft.purpose, ())
        ]
        utter(dispatcher, "utter_ask_change", language, buttons=buttons)
        return
    utter(dispatcher, "utter_summary", language, summary=summary(draft, language, person))


def summary(draft: Draft, language: str, person: KnownPerson) -> str:
    """What will be put on file, a line a fact."""
    facts = [
        ("summary_what", draft.what or say("what_unknown", language).text),
        ("summary_details", draft.details),
        ("summary_affected", draft.impact and say(f"impact_{draft.impact.value}", language).text),
        ("summary_work", draft.urgency and say(f"urgency_{draft.urgency.value}", language).text),
        ("summary_contact", draft.address or person.email),
    ]
    lines = [
        say(key, language, value=" ".join(str(value).replace("\n", " · ").split())[:_LONGEST_SHOWN]).text
        for key, value in facts
        if value
    ]
    if not (draft.address or person.email):
        lines.append(say("summary_no_contact", language).text)
    return "\n".join(lines)

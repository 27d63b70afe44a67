"""Answering a question from the articles, as several actions do: search, say, and leave a record of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.services import Services
from actions.speech import MISSED, expecting, payload, utter
from knowledge.answers import Answer, AnswerKind, compose_answer
from knowledge.questions.logic import Asked
from knowledge.questions.queries import StoredQuestion, last_question
from knowledge.search.findings import Band, Findings
from notices.texts.catalogue import LANGUAGES, say
from ticketing.intake.reading import says

SAME_SUBJECT = timedelta(minutes=5)
"""A line that says too little by itself is read together with a question before that is as fresh."""

SAME_VISIT = timedelta(minutes=60)
"""What was asked longer ago is not what a ticket or a "not quite" is about."""

MOST_MISSED = 2
MOST_CHOICES = 3
LONGEST_QUESTION = 1_000


async def look_up(services: Services) -> Findings:
    """What the articles have for the turn's words, by themselves or together with the question before."""
    turn = services.turn()
    found = await services.find(turn.text, turn.language)
    if found.band is Band.ANSWER:
        return found
    if found.band is Band.NOTHING:
        found = await _in_the_other_language(services, found)
    before = await recent_question(services, within=SAME_SUBJECT)
    if before is None or before.turn_id == turn.turn_id:
        return found
    together = await services.find(f"{before.text}\n{turn.text}"[-LONGEST_QUESTION:], turn.language)
    # Two lines that say the same thing badly are not better than one: only a new answer counts.
    is_better = together.band is Band.ANSWER and together.hits[0].slug not in before.shown
    return together if is_better else found


async def _in_the_other_language(services: Services, found: Findings) -> Findings:
    """What the other language's articles have, in this language's words: people mix languages.

    It is offered to choose from, at most: it was found by the words of the one language only.
    """
    turn = services.turn()
    other = next((each for each in LANGUAGES if each != turn.language), turn.language)
    there = await services.find(turn.text, other)
    if there.band is Band.NOTHING:
        return found
    here = tuple(filter(None, (services.opening_about(hit.translation, turn.language) for hit in there.hits)))
    return replace(there, band=Band.DID_YOU_MEAN, hits=here[:MOST_CHOICES]) if here else found


async def recent_question(services: Services, *, within: timedelta) -> StoredQuestion | None:
    """The conversation's last question, if it is fresh enough."""
    found = await services.database.aread(last_question, services.turn().conversation)
    return found if found is not None and services.now() - found.asked_at <= within else None


def tell(
    dispatcher: CollectingDispatcher, tracker: Tracker, findings: Findings, language: str
) -> list[EventType]:
    """The passage that answers, up to three articles to choose from, or that nothing was found."""
    answer = compose_answer(findings)
    if answer.kind is AnswerKind.ANSWER:
        say_answer(dispatcher, "utter_answer", answer, findings, language)
        return expecting("feedback")
    if answer.kind is AnswerKind.DID_YOU_MEAN:
        return _ask_which(dispatcher, answer, findings, language)
    if says("insult", str(tracker.latest_message.get("text") or "")):
        utter(dispatcher, "utter_sorry", language)
        return expecting("ticket")
    missed = int(tracker.get_slot(MISSED) or 0) + 1
    key = "utter_offer" if missed >= MOST_MISSED else "utter_no_answer"
    utter(dispatcher, key, language, carried={"question": Asked.of(findings).as_json()})
    return expecting("ticket", missed=missed)


def say_answer(
    dispatcher: CollectingDispatcher, key: str, answer: Answer, findings: Findings, language: str
) -> None:
    """An article's passage with its source."""
    shown = tuple(source.slug for source in answer.sources)
    question = Asked.of(findings, shown=shown).as_json()
    carried = {"sources": sources_of(answer), "question": question}
    utter(dispatcher, key, language, carried=carried, filled=answer.values)


def sources_of(answer: Answer) -> list[dict[str, str]]:
    """As the reply carries them."""
    return [{"title": s.title, "url": s.url, "slug": s.slug} for s in answer.sources]


def _ask_which(
    dispatcher: CollectingDispatcher, answer: Answer, findings: Findings, language: str
) -> list[EventType]:
    buttons = [(choice.title, payload("choose_article", choice.slug)) for choice in answer.choices]
    buttons.append((say("choice_none", language).text, "/not_solved"))
    carried = {"question": Asked.of(findings).as_json()}
    utter(dispatcher, answer.text_key, language, buttons=buttons, carried=carried)
    return expecting(f"choice:{answer.choices[0].slug}")

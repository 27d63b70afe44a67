"""What follows an answer: the article that was meant, the next best one, or an offer."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import SAME_SUBJECT, SAME_VISIT, look_up, recent_question, sources_of, tell
from actions.services import Services
from actions.speech import AWAITING, expecting, utter
from knowledge.answers import Answer, answer_from, answer_of, next_best
from knowledge.questions.logic import Feedback
from knowledge.questions.queries import StoredQuestion
from knowledge.search.findings import Band, Findings
from ticketing.intake.reading import says_something


async def show_article(
    services: Services, dispatcher: CollectingDispatcher, slug: str | None
) -> list[EventType]:
    """The chosen article's best passage for what was asked, or its opening."""
    turn = services.turn()
    answer = await _quoted(services, slug) if slug else None
    if answer is None:
        utter(dispatcher, "utter_nothing_better", turn.language)
        return expecting("ticket")
    carried = {"sources": sources_of(answer), "feedback": {"shown": answer.sources[0].slug}}
    utter(dispatcher, "utter_answer", turn.language, carried=carried, filled=answer.values)
    return expecting("feedback")


async def _quoted(services: Services, slug: str) -> Answer | None:
    question = await recent_question(services, within=SAME_VISIT)
    language = services.turn().language
    if question is not None:
        found = await services.find(question.text, language)
        if (answer := answer_from(found, slug)) is not None:
            return answer
    opening = services.opening(slug, language)
    return answer_of(opening) if opening is not None else None


async def was_shown(services: Services, findings: Findings) -> bool:
    """Whether what is found now is what the person was given a moment ago."""
    if findings.band is not Band.ANSWER:
        return False
    question = await recent_question(services, within=SAME_SUBJECT)
    return question is not None and findings.hits[0].slug in question.shown


def take_solved(dispatcher: CollectingDispatcher, language: str) -> list[EventType]:
    """Glad, and on record."""
    utter(dispatcher, "utter_glad", language, carried={"feedback": {"verdict": Feedback.SOLVED.value}})
    return expecting()


async def go_on(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, *, is_button: bool
) -> list[EventType]:
    """After an answer that did not help."""
    turn = services.turn()
    question = await recent_question(services, within=SAME_VISIT)
    if not is_button and says_something(turn.text):
        # "No, I mean the printer on the third floor": new words are a new question.
        found = await look_up(services)
        is_new = found.band is Band.ANSWER and not (question and found.hits[0].slug in question.shown)
        if is_new or question is None:
            return tell(dispatcher, tracker, found, turn.language)
    if question is None:
        utter(dispatcher, "utter_what_is_it", turn.language)
        return expecting()
    return await _next_best(services, dispatcher, tracker, question)


async def _next_best(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, question: StoredQuestion
) -> list[EventType]:
    language = services.turn().language
    was_choosing = str(tracker.get_slot(AWAITING) or "").startswith("choice:")
    findings = await services.find(question.text, language)
    answer = None if was_choosing else next_best(findings, question.shown)
    feedback: dict[str, Any] = {"verdict": Feedback.NOT_SOLVED.value}
    if answer is None:
        utter(dispatcher, "utter_nothing_better", language, carried={"feedback": feedback})
        return expecting("ticket")
    feedback["shown"] = answer.sources[0].slug
    carried = {"sources": sources_of(answer), "feedback": feedback}
    utter(dispatcher, "utter_next_best", language, carried=carried, filled=answer.values)
    return expecting("feedback")

"""What an answer to a question of the form does to the draft. Pure: the caller looks things up and speaks."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from ticketing.intake.logic import (
    CAN_CHANGE,
    Draft,
    Field,
    Purpose,
    answered,
    misunderstood,
    reopened,
    to_comment,
    with_more,
    without_contact,
)
from ticketing.intake.reading import (
    first_word_answers,
    is_noun_alone,
    is_only,
    is_question,
    read_address,
    read_impact,
    read_name,
    read_urgency,
    says,
    told_impact,
    told_urgency,
    what_is_asked_for,
    without_wish,
)
from ticketing.tickets.logic import TicketType, ticket_number
from ticketing.tickets.numbers import parse_number
from ticketing.tickets.priority import Impact, Urgency

SURE = 0.75
"""What is less sure neither leaves a form nor changes what was said."""

CERTAIN = 0.9
PROBABLE = 0.6
FEW_WORDS = 6
SOME_WORDS = 12
MANY_WORDS = 100
MOST_WORDS_OF_RELIEF = 20

CHOICE_SKIP, CHOICE_ANONYMOUS, CHOICE_OTHER = "skip", "anonymous", "other"
CHANGE = "change_"
_IMPACTS = {"one": Impact.LOW, "team": Impact.MEDIUM, "all": Impact.HIGH}
_URGENCIES = {"stopped": Urgency.HIGH, "slowed": Urgency.MEDIUM, "unhurried": Urgency.LOW}
# Fields that any text answers: there a question has to be told from an answer first.
_TELLING = frozenset({Field.WHAT, Field.COMMENT})
_TAKES_ANYTHING = frozenset({Field.WHERE_SINCE, Field.DETAILS, Field.SUMMARY})
_KNOWLEDGE = ("ask_knowledge", "report_outage", "reset_password", "unlock_account")


class Ending(enum.StrEnum):
    """How a form ends."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    PERSON = "person"
    SOLVED = "solved"
    LEAVE = "leave"  # nothing more to say, and nothing lost by it


class Aside(enum.StrEnum):
    """What the person said beside the point."""

    QUESTION = "question"
    PERHAPS = "perhaps"  # no answer, and perhaps a question: the articles will tell
    LANGUAGE = "language"
    STATUS = "status"  # where a ticket stands
    HELP = "help"
    MACHINE = "machine"
    FAILED = "failed"  # not an answer: the question is put again
    WITHOUT = "without"  # not an answer for the second time: on without it


_ASIDES = {
    "change_language": Aside.LANGUAGE,
    "bot_challenge": Aside.MACHINE,
    "help": Aside.HELP,
}


@dataclass(frozen=True)
class Said:
    """One line of the person, as it was understood; a pressed button is sure of itself."""

    text: str
    intent: str
    confidence: float
    choice: str | None = None
    is_button: bool = False

    def is_surely(self, *intents: str, least: float = SURE, words: int = SOME_WORDS) -> bool:
        """Whether it means one of these; a long text says more than an intent can."""
        if self.intent not in intents:
            return False
        return self.is_button or (self.confidence >= least and len(self.text.split()) <= words)


@dataclass(frozen=True)
class Taken:
    """The draft after an answer, and what else the answer asks for."""

    draft: Draft
    ending: Ending | None = None
    aside: Aside | None = None


def take(draft: Draft, said: Said) -> Taken:
    """One answer taken down; the next question is for the caller to ask."""
    if (ending := _ending(draft, said)) is not None:
        return Taken(draft, ending=ending)
    after = _ANSWERS[draft.asking](draft, said) if draft.asking is not None else draft
    # "Yes, I can work" answers a question; "it works again" ends them.
    is_open = after is None or draft.asking in _TAKES_ANYTHING | _TELLING
    if is_open and draft.purpose not in (Purpose.COMMENT, Purpose.CONTACT) and _has_ended_well(said):
        return Taken(draft, ending=Ending.SOLVED)
    aside = _aside(draft, said, is_answer=after is not None)
    if aside is not None:
        return Taken(draft, aside=aside)
    return Taken(after) if after is not None else missed(draft)


def missed(draft: Draft) -> Taken:
    """The answer was none: it is asked again, or gone on without."""
    after = misunderstood(draft)
    is_given_up = draft.asking in after.settled
    return Taken(after, aside=Aside.WITHOUT if is_given_up else Aside.FAILED)


def prefilled(draft: Draft, text: str) -> Draft:
    """What the person's own words tell already is not asked."""
    impact, urgency = draft.impact or told_impact(text), draft.urgency or told_urgency(text)
    known = [Field.AFFECTED] if impact else []
    known += [Field.WORK] if urgency else []
    known += [Field.WHERE_SINCE] if says("since", text) else []
    return replace(draft, impact=impact, urgency=urgency).with_settled(*known)


def described(draft: Draft, text: str) -> Draft:
    """The draft with what it is about, and whatever else the words tell."""
    return prefilled(replace(draft, what=without_wish(text)), text).with_settled(Field.WHAT)


def _ending(draft: Draft, said: Said) -> Ending | None:
    if is_only("stop", said.text) or said.is_surely("cancel", words=FEW_WORDS):
        return Ending.CANCEL
    is_wish = says("person_wish", said.text) and not says("person_or_machine", said.text)
    is_meant = said.is_surely("ask_human") and (said.is_button or not is_noun_alone(said.text))
    if is_meant or (not said.is_button and is_wish):
        return Ending.PERSON
    if draft.purpose in (Purpose.COMMENT, Purpose.CONTACT):
        # "No sound in meetings" is something to say.
        is_leaving = said.is_surely("thank", "goodbye", "deny", "solved", words=FEW_WORDS) or any(
            is_only(kind, said.text) for kind in ("no", "nothing_more")
        )
        return Ending.LEAVE if is_leaving and draft.asking is Field.COMMENT else None
    return Ending.CANCEL if is_only("parting", said.text) else None


def _has_ended_well(said: Said) -> bool:
    is_denied = any(says(kind, said.text) for kind in ("works_elsewhere", "works_not"))
    return is_solved(said) or (said.is_surely("solved", least=CERTAIN) and not is_denied)


def is_solved(said: Said) -> bool:
    """Whether it says in so many words that it works again."""
    is_short = len(said.text.split()) <= MOST_WORDS_OF_RELIEF and not said.text.rstrip().endswith("?")
    is_relief = says("works_again", said.text) and not any(
        says(kind, said.text) for kind in ("not_helped", "works_not", "works_elsewhere")
    )
    return not said.is_button and is_short and is_relief


def _aside(draft: Draft, said: Said, *, is_answer: bool) -> Aside | None:
    if said.is_button or not any(map(str.isalpha, said.text)):
        return None
    takes_anything = draft.asking in _TAKES_ANYTHING or draft.asking in _TELLING
    if is_answer and not takes_anything:
        return None
    for intent, aside in _ASIDES.items():
        if said.is_surely(intent, words=FEW_WORDS):
            return aside
    asks_status = said.is_surely("ticket_status", least=CERTAIN) and says("ticket_talk", said.text)
    if asks_status and draft.asking is not Field.TICKET:
        return Aside.STATUS
    if draft.asking in _TELLING:
        return None
    if is_question(said.text):
        return Aside.QUESTION
    is_other = said.is_surely(*_KNOWLEDGE, least=PROBABLE, words=MANY_WORDS)
    return Aside.PERHAPS if is_other and not is_answer else None


def _is_skipping(said: Said) -> bool:
    return said.choice == CHOICE_SKIP or is_only("unknown", said.text)


def _is_refusing(said: Said) -> bool:
    refuses = is_only("refusal", said.text) or says("refuses_contact", said.text)
    says_no = first_word_answers(said.text) is False
    return said.choice == CHOICE_ANONYMOUS or refuses or says_no or _is_skipping(said)


def _name(draft: Draft, said: Said) -> Draft | None:
    if _is_refusing(said):
        return without_contact(draft)
    if address := read_address(said.text):
        return answered(draft, name=read_name(said.text), address=address).with_settled(Field.ADDRESS)
    name = read_name(said.text)
    return answered(draft, name=name) if name else None


def _address(draft: Draft, said: Said) -> Draft | None:
    if address := read_address(said.text):
        return answered(draft, address=address)
    return answered(draft) if _is_refusing(said) else None


def _what(draft: Draft, said: Said) -> Draft | None:
    text = what_is_asked_for(said.text, fewest=1 if draft.purpose is Purpose.REQUEST else 2)
    if text is None or is_only("unknown", said.text):
        return None
    return answered(described(draft, text))


def _similar(draft: Draft, said: Said) -> Draft | None:
    meant = said.choice or _number_in(said.text)
    if meant in draft.similar:
        return to_comment(draft, str(meant))
    if _agrees(said) and len(draft.similar) == 1:
        return to_comment(draft, draft.similar[0])
    return answered(draft) if said.choice == CHOICE_OTHER or _declines(said) else None


def _where_since(draft: Draft, said: Said) -> Draft | None:
    return answered(draft if _is_skipping(said) else prefilled(with_more(draft, said.text), said.text))


def _affected(draft: Draft, said: Said) -> Draft | None:
    if _is_skipping(said):
        return answered(draft)
    impact = _IMPACTS.get(said.choice or "") or read_impact(said.text)
    return answered(draft, impact=impact) if impact else None


def _work(draft: Draft, said: Said) -> Draft | None:
    if _is_skipping(said):
        return answered(draft)
    urgency = _URGENCIES.get(said.choice or "") or read_urgency(said.text)
    return answered(draft, urgency=urgency) if urgency else None


def _details(draft: Draft, said: Said) -> Draft | None:
    return answered(draft if _is_skipping(said) or _declines(said) else with_more(draft, said.text))


def _ticket(draft: Draft, said: Said) -> Draft | None:
    number = said.choice or (said.text if parse_number(said.text) else None)
    return answered(draft, ticket=number) if number else None


def _comment(draft: Draft, said: Said) -> Draft | None:
    return answered(draft, comment=said.text.strip()) if said.text.strip() else None


def _summary(draft: Draft, said: Said) -> Draft | None:
    if said.choice and said.choice.startswith(CHANGE):
        return _to_change(draft, said.choice.removeprefix(CHANGE))
    if _agrees(said) or (is_only("open_it", said.text) and not draft.is_changing):
        return answered(draft)
    if _declines(said):
        return replace(draft, is_changing=True, failed=0)
    # Whatever else is said at the end is something more to know.
    return replace(with_more(draft, said.text), is_changing=False)


def _to_change(draft: Draft, name: str) -> Draft | None:
    field = next((each for each in CAN_CHANGE.get(draft.purpose, ()) if each.value == name), None)
    if field is None:
        return None
    anew = replace(draft, details=None) if field in (Field.WHERE_SINCE, Field.DETAILS) else draft
    return reopened(anew, field)


def _agrees(said: Said) -> bool:
    return is_only("yes", said.text) or said.is_surely("affirm", words=FEW_WORDS)


def _declines(said: Said) -> bool:
    return is_only("no", said.text) or said.is_surely("deny", words=FEW_WORDS)


def _number_in(text: str) -> str | None:
    found = parse_number(text)
    if found is None:
        return None
    type_, id_ = found
    return ticket_number(type_ or TicketType.INCIDENT, id_)


_ANSWERS: dict[Field, Callable[[Draft, Said], Draft | None]] = {
    Field.NAME: _name,
    Field.ADDRESS: _address,
    Field.WHAT: _what,
    Field.SIMILAR: _similar,
    Field.WHERE_SINCE: _where_since,
    Field.AFFECTED: _affected,
    Field.WORK: _work,
    Field.DETAILS: _details,
    Field.TICKET: _ticket,
    Field.COMMENT: _comment,
    Field.SUMMARY: _summary,
}

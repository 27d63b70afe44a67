"""The form's rules: what is asked, what an answer does to the draft, and that it always comes to an end."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketing.intake.answers import SURE, Aside, Ending, Said, Taken, described, missed, take
from ticketing.intake.errors import DraftUnreadable
from ticketing.intake.logic import (
    CAN_CHANGE,
    MOST_FAILED_ANSWERS,
    ORDER,
    Draft,
    Field,
    Purpose,
    asking,
    read_draft,
)
from ticketing.tickets.logic import TicketType
from ticketing.tickets.priority import Impact, Urgency

CONTACT = (Field.NAME, Field.ADDRESS)
INTENTS = (
    "greet",
    "goodbye",
    "thank",
    "affirm",
    "deny",
    "cancel",
    "help",
    "bot_challenge",
    "ask_human",
    "open_ticket",
    "ticket_status",
    "add_to_ticket",
    "reset_password",
    "unlock_account",
    "report_outage",
    "request_item",
    "solved",
    "not_solved",
    "change_language",
    "ask_knowledge",
    "out_of_scope",
)
# Says nothing that any word list knows.
NEUTRAL = "the blue lamp blinks in room twelve"


def typed(text: str, intent: str = "ask_knowledge", confidence: float = 0.3) -> Said:
    """A typed line; by default nothing is sure about it."""
    return Said(text, intent, confidence)


def surely(text: str, intent: str) -> Said:
    """A typed line that was surely understood."""
    return Said(text, intent, 0.97)


def pressed(choice: str | None = None, intent: str = "inform") -> Said:
    """A button; its title is of no account."""
    return Said("(a button)", intent, 1.0, choice, is_button=True)


YES, NO = pressed(intent="affirm"), pressed(intent="deny")


def begun(purpose: Purpose = Purpose.INCIDENT, **known: object) -> Draft:
    """A form of somebody who can be reached, with its first question asked."""
    return asking(replace(Draft(purpose).with_settled(*CONTACT), **known))  # type: ignore[arg-type]


def at(field: Field, purpose: Purpose | None = None, **known: object) -> Draft:
    """A form that asks for this field now."""
    meant = purpose or next(each for each in ORDER if field in ORDER[each])
    before = ORDER[meant][: ORDER[meant].index(field)]
    return asking(replace(Draft(meant).with_settled(*before), **known))  # type: ignore[arg-type]


def after(draft: Draft, *answers: Said) -> Draft:
    """The form with these answers given, each followed by the next question."""

    def one(before: Draft, answer: Said) -> Draft:
        taken = take(before, answer)
        assert taken.ending is None
        return asking(taken.draft)

    return reduce(one, answers, draft)


def asked(draft: Draft, *answers: Said) -> list[Field | None]:
    """What is asked, one after the other, when these answers are given."""
    drafts = [draft]
    for answer in answers:
        drafts.append(after(drafts[-1], answer))
    return [each.asking for each in drafts]


# --- the order


def test_an_incident_of_a_stranger_asks_everything_in_order() -> None:
    answers = (
        typed("Ana Example"),
        typed("ana@example.org"),
        typed("the projector does not start"),
        NO,
        typed("in room twelve"),
        pressed("one"),
        pressed("slowed"),
    )
    draft = asking(Draft(Purpose.INCIDENT, similar=("INC-000001",)))

    assert asked(draft, *answers) == [*ORDER[Purpose.INCIDENT]]
    done = after(draft, *answers)
    assert (done.name, done.address) == ("Ana Example", "ana@example.org")
    assert (done.what, done.details) == ("the projector does not start", "in room twelve")
    assert (done.impact, done.urgency, done.type) == (Impact.LOW, Urgency.MEDIUM, TicketType.INCIDENT)
    assert asking(take(done, YES).draft).asking is None


def test_a_request_asks_what_it_is_for_and_not_who_is_affected() -> None:
    draft = begun(Purpose.REQUEST).with_settled(Field.SIMILAR)

    assert asked(draft, typed("a second screen"), typed("for the new colleague, by friday")) == [
        Field.WHAT,
        Field.DETAILS,
        Field.SUMMARY,
    ]
    assert draft.type is TicketType.SERVICE_REQUEST


@pytest.mark.parametrize("purpose", [Purpose.ACCESS, Purpose.CONTACT])
def test_where_everything_else_is_known_only_the_contact_is_asked(purpose: Purpose) -> None:
    draft = asking(Draft(purpose))

    assert asked(draft, typed("Ana Example"), typed("ana@example.org")) == [*CONTACT, None]


@pytest.mark.parametrize("purpose", list(Purpose))
def test_who_can_be_reached_is_never_asked_who_they_are(purpose: Purpose) -> None:
    draft = begun(purpose)

    while draft.asking is not None:
        assert draft.asking not in CONTACT
        draft = asking(draft.with_settled(draft.asking))


# --- what is known is not asked


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("the whole floor has no internet", {Field.AFFECTED}),
        ("nobody can print since this morning", {Field.AFFECTED, Field.WHERE_SINCE}),
        ("I can't work, outlook crashes since yesterday", {Field.WORK, Field.WHERE_SINCE}),
        ("the mouse is loose, not urgent", {Field.WORK}),
        ("outlook crashes when I open it", set()),
        ("tout l'étage n'a plus internet", {Field.AFFECTED}),
        ("plus personne n'imprime depuis ce matin", {Field.AFFECTED, Field.WHERE_SINCE}),
        ("c'est urgent, mon écran est noir depuis hier", {Field.WORK, Field.WHERE_SINCE}),
        ("outlook plante quand je l'ouvre", set()),
    ],
)
def test_what_the_first_words_tell_is_not_asked(text: str, known: set[Field]) -> None:
    draft = described(begun(), text)

    assert draft.settled - {*CONTACT} == known | {Field.WHAT}
    assert draft.what == text


def test_a_longer_answer_settles_what_it_tells_by_the_way() -> None:
    draft = after(at(Field.WHERE_SINCE), typed("since yesterday, for several people, it is not urgent"))

    assert draft.asking is Field.SUMMARY
    assert (draft.impact, draft.urgency) == (Impact.MEDIUM, Urgency.LOW)


def test_what_was_told_before_outweighs_what_is_told_by_the_way() -> None:
    draft = after(at(Field.WHERE_SINCE, impact=Impact.HIGH), typed("since yesterday, only my laptop"))

    assert draft.impact is Impact.HIGH


def test_a_name_and_an_address_in_one_line_are_both_taken() -> None:
    draft = after(at(Field.NAME, Purpose.INCIDENT), typed("Ana Example, ana@example.org"))

    assert (draft.name, draft.address, draft.asking) == ("Ana Example", "ana@example.org", Field.WHAT)


# --- failed answers

NO_ANSWER = {
    Field.NAME: "42",
    Field.ADDRESS: "ana at example",
    Field.WHAT: "ticket",
    Field.SIMILAR: "blue",
    Field.AFFECTED: "blue",
    Field.WORK: "blue",
    Field.TICKET: "blue",
}


@pytest.mark.parametrize("field", NO_ANSWER)
def test_after_two_failed_answers_it_goes_on_without(field: Field) -> None:
    draft = at(field, similar=("INC-000001",))
    said = typed(NO_ANSWER[field], "greet")

    first = take(draft, said)
    assert (first.aside, first.draft.failed) == (Aside.FAILED, 1)
    assert asking(first.draft).asking is field
    second = take(asking(first.draft), said)

    assert MOST_FAILED_ANSWERS == 2
    assert second.aside is Aside.WITHOUT
    assert field in second.draft.settled
    assert asking(second.draft).asking is not field
    assert asking(second.draft).failed == 0


def test_a_failure_at_one_question_does_not_count_for_the_next() -> None:
    draft = after(at(Field.AFFECTED), typed("blue", "greet"), pressed("one"), typed("blue", "greet"))

    assert (draft.asking, draft.failed) == (Field.WORK, 1)


def test_an_answer_after_a_failure_is_taken() -> None:
    draft = after(at(Field.AFFECTED), typed("blue", "greet"), typed("my team"))

    assert (draft.impact, draft.asking) == (Impact.MEDIUM, Field.WORK)


@pytest.mark.parametrize("field", [Field.WHERE_SINCE, Field.AFFECTED, Field.WORK, Field.DETAILS])
@pytest.mark.parametrize("said", [pressed("skip"), typed("I don't know"), typed("aucune idée")])
def test_what_is_not_known_is_gone_on_without_at_once(field: Field, said: Said) -> None:
    draft = after(at(field), said)

    assert draft.asking is not field
    assert (draft.details, draft.impact, draft.urgency) == (None, None, None)


# --- leaving the form


@pytest.mark.parametrize("field", list(Field))
@pytest.mark.parametrize(
    "said",
    [
        typed("stop"),
        typed("cancel please"),
        typed("never mind"),
        typed("laissez tomber"),
        typed("annuler"),
        surely("I would drop this", "cancel"),
        pressed(intent="cancel"),
    ],
)
def test_a_stop_leaves_the_form_at_every_question(field: Field, said: Said) -> None:
    assert take(at(field), said).ending is Ending.CANCEL


@pytest.mark.parametrize("field", list(Field))
@pytest.mark.parametrize("said", [surely("somebody real", "ask_human"), pressed(intent="ask_human")])
def test_who_asks_for_a_person_gets_one_at_every_question(field: Field, said: Said) -> None:
    draft = replace(at(field), what="the projector does not start")

    taken = take(draft, said)

    assert (taken.ending, taken.draft) == (Ending.PERSON, draft)


@pytest.mark.parametrize("field", list(Field))
@pytest.mark.parametrize("text", ["téléphone", "mon téléphone", "phone number", "hotline"])
def test_a_noun_alone_passes_nobody_on(field: Field, text: str) -> None:
    assert take(at(field), surely(text, "ask_human")).ending is None


@pytest.mark.parametrize("purpose", [Purpose.INCIDENT, Purpose.REQUEST])
@pytest.mark.parametrize(
    "said",
    [
        surely("that did the trick", "solved"),
        typed("it works again, thanks"),
        typed("ça remarche, merci"),
        typed("problem solved"),
    ],
)
def test_nothing_is_put_on_file_when_it_works_again(purpose: Purpose, said: Said) -> None:
    assert take(begun(purpose), said).ending is Ending.SOLVED


@pytest.mark.parametrize(
    "text",
    [
        "it works on my phone but not on the laptop",
        "it worked until yesterday",
        "it works only when I restart",
        "it worked before the update",
        "ça a marché jusqu'à hier",
        "ça fonctionne sur mon téléphone mais pas sur le pc",
        "tout marche bien sauf le son",
        "is it working again?",
        "everything in my folder is gone",
        "it doesnt work",
        "it dosent work on my pc",
        "it dont work",
        "ça remarche pas",
        "ça remarche toujours pas",
        "I found the lamp blinking",
        "j'ai trouvé un message d'erreur",
    ],
)
@pytest.mark.parametrize("field", [Field.WHAT, Field.WHERE_SINCE, Field.SUMMARY])
def test_that_it_works_somewhere_else_or_has_worked_loses_no_ticket(field: Field, text: str) -> None:
    assert take(at(field), typed(text)).ending is None


@pytest.mark.parametrize("field", list(Field))
@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("confidence", [0.0, 0.4, SURE - 0.01])
def test_what_is_not_sure_neither_leaves_a_form_nor_agrees_to_anything(
    field: Field, intent: str, confidence: float
) -> None:
    draft = at(field, similar=("INC-000001",))

    taken = take(draft, typed(NEUTRAL, intent, confidence))

    assert taken.ending is None
    if field in (Field.SUMMARY, Field.SIMILAR):
        assert field not in taken.draft.settled
    assert taken.draft.purpose is draft.purpose


@pytest.mark.parametrize("intent", ["cancel", "ask_human", "goodbye", "solved", "affirm"])
def test_a_long_text_is_an_answer_whatever_its_intent_is_taken_for(intent: str) -> None:
    told = f"{NEUTRAL} and nothing that I have tried up to now has made it any better"

    draft = after(at(Field.WHERE_SINCE), surely(told, intent))

    assert draft.details == told


# --- beside the point


@pytest.mark.parametrize(
    "field", [Field.AFFECTED, Field.WORK, Field.WHERE_SINCE, Field.DETAILS, Field.SUMMARY]
)
@pytest.mark.parametrize("text", ["how do I connect to the vpn", "le vpn marche à l'étranger ?"])
def test_a_question_in_between_is_no_failed_answer(field: Field, text: str) -> None:
    draft = replace(at(field), failed=1)

    assert take(draft, typed(text)) == Taken(draft, aside=Aside.QUESTION)


@pytest.mark.parametrize("field", [Field.WHAT, Field.COMMENT])
def test_where_anything_may_be_said_a_question_is_what_it_is_about(field: Field) -> None:
    question = "why does the projector stay dark?"

    taken = take(at(field), typed(question))

    assert taken.aside is None
    assert question in (taken.draft.what, taken.draft.comment)


@pytest.mark.parametrize(
    ("intent", "aside"),
    [
        ("change_language", Aside.LANGUAGE),
        ("help", Aside.HELP),
        ("bot_challenge", Aside.MACHINE),
    ],
)
@pytest.mark.parametrize("field", [Field.AFFECTED, Field.WHERE_SINCE, Field.WHAT, Field.SUMMARY])
def test_a_word_beside_the_point_leaves_the_form_where_it_is(field: Field, intent: str, aside: Aside) -> None:
    draft = replace(at(field), failed=1)

    assert take(draft, surely("zzz qqq", intent)) == Taken(draft, aside=aside)


def test_what_may_be_a_question_is_left_to_the_articles() -> None:
    draft = at(Field.AFFECTED)

    assert take(draft, surely("outlook crashes", "ask_knowledge")) == Taken(draft, aside=Aside.PERHAPS)


def test_an_answer_outweighs_what_it_was_taken_for() -> None:
    taken = take(at(Field.AFFECTED), surely("my whole team", "report_outage"))

    assert (taken.aside, taken.draft.impact) == (None, Impact.MEDIUM)


def test_when_it_happens_is_no_question() -> None:
    assert after(at(Field.WHERE_SINCE), typed("when I open outlook")).details == "when I open outlook"
    assert after(at(Field.WHERE_SINCE), typed("quand j'ouvre outlook")).details == "quand j'ouvre outlook"


# --- about a ticket that is open already


@pytest.mark.parametrize(
    "said",
    [
        pressed("INC-000007"),
        typed("it is INC-7"),
        typed("inc 000007"),
    ],
)
def test_what_was_said_becomes_a_comment_on_the_ticket_it_is_about(said: Said) -> None:
    draft = at(
        Field.SIMILAR, what="the projector is dark", details="again", similar=("INC-000003", "INC-000007")
    )

    done = after(draft, said)

    assert (done.purpose, done.ticket) == (Purpose.COMMENT, "INC-000007")
    assert done.comment == "the projector is dark\nagain"
    assert done.asking is None


@pytest.mark.parametrize("said", [YES, typed("yes"), typed("oui c'est ça"), surely("indeed", "affirm")])
def test_a_yes_is_about_the_only_one_that_was_named(said: Said) -> None:
    done = after(at(Field.SIMILAR, what="dark", similar=("INC-000007",)), said)

    assert (done.purpose, done.ticket) == (Purpose.COMMENT, "INC-000007")


@pytest.mark.parametrize("said", [NO, pressed("other"), typed("no"), typed("non, autre chose")])
def test_something_else_goes_on_as_a_ticket_of_its_own(said: Said) -> None:
    draft = after(at(Field.SIMILAR, what="dark", similar=("INC-000007",)), said)

    assert (draft.purpose, draft.asking, draft.ticket) == (Purpose.INCIDENT, Field.WHERE_SINCE, None)


def test_a_ticket_that_was_not_named_is_no_answer() -> None:
    taken = take(at(Field.SIMILAR, similar=("INC-000007",)), typed("INC-000099", "greet"))

    assert (taken.draft.purpose, taken.aside) == (Purpose.INCIDENT, Aside.FAILED)


# --- the summary

FULL = at(
    Field.SUMMARY,
    Purpose.INCIDENT,
    what="the projector is dark",
    details="in room twelve",
    impact=Impact.LOW,
    urgency=Urgency.LOW,
)


@pytest.mark.parametrize(
    "said",
    [
        YES,
        typed("yes"),
        typed("oui, allez-y"),
        surely("indeed", "affirm"),
        surely("open the ticket", "open_ticket"),
        surely("yes, open the ticket please", "open_ticket"),
        surely("oui ouvrez le ticket", "open_ticket"),
    ],
)
def test_a_yes_to_the_summary_ends_the_form(said: Said) -> None:
    taken = take(FULL, said)

    assert asking(taken.draft).asking is None
    assert replace(taken.draft, settled=frozenset(), asking=None) == replace(
        FULL, settled=frozenset(), asking=None
    )


@pytest.mark.parametrize("said", [NO, typed("no"), typed("non"), typed("I want to change something")])
def test_a_no_to_the_summary_asks_what_is_to_be_changed(said: Said) -> None:
    draft = after(FULL, said)

    assert (draft.asking, draft.is_changing) == (Field.SUMMARY, True)


@pytest.mark.parametrize("field", CAN_CHANGE[Purpose.INCIDENT])
def test_only_what_is_to_be_changed_is_asked_again(field: Field) -> None:
    changing = after(FULL, NO, pressed(f"change_{field.value}"))
    assert changing.asking is field
    new = {"affected": "everybody", "work": "not at all"}.get(field.value, "the wall in hall three is damp")

    done = after(changing, typed(new))

    assert (done.asking, done.is_changing) == (Field.SUMMARY, False)
    assert {
        Field.WHAT: done.what == new,
        Field.WHERE_SINCE: done.details == new,
        Field.AFFECTED: done.impact is Impact.HIGH,
        Field.WORK: done.urgency is Urgency.HIGH,
    }[field]


@pytest.mark.parametrize("text", ["don't open the ticket", "n'ouvrez pas de ticket", "open the other room"])
def test_not_to_open_it_is_no_yes(text: str) -> None:
    assert take(FULL, typed(text, "open_ticket", 0.9)).draft.asking is Field.SUMMARY
    assert Field.SUMMARY not in take(FULL, typed(text, "open_ticket", 0.9)).draft.settled


def test_something_more_at_the_summary_is_added_and_shown_again() -> None:
    draft = after(FULL, typed(NEUTRAL))

    assert (draft.asking, draft.details) == (Field.SUMMARY, f"in room twelve\n{NEUTRAL}")


@pytest.mark.parametrize("purpose", [Purpose.INCIDENT, Purpose.REQUEST])
@pytest.mark.parametrize("choice", ["change_name", "change_", "change_summary", "change_address"])
def test_a_button_that_this_summary_does_not_have_changes_and_confirms_nothing(
    purpose: Purpose, choice: str
) -> None:
    draft = replace(FULL, purpose=purpose)

    for _ in range(5):
        draft = after(draft, pressed(choice))

    assert draft.asking is Field.SUMMARY
    assert draft.what == FULL.what


# --- staying unknown

REFUSALS = [
    pressed("anonymous"),
    typed("no"),
    typed("I'd rather not"),
    typed("anonymous"),
    typed("I don't want to give my name"),
    typed("non"),
    typed("je préfère rester anonyme"),
    typed("sans nom merci"),
    typed("pas vos affaires"),
]


@pytest.mark.parametrize("said", REFUSALS)
def test_who_gives_no_name_is_not_asked_for_an_address_either(said: Said) -> None:
    draft = after(at(Field.NAME, Purpose.INCIDENT), said)

    assert (draft.name, draft.address, draft.asking) == (None, None, Field.WHAT)


@pytest.mark.parametrize("said", [*REFUSALS, typed("je n'ai pas de mail"), typed("I have no mail")])
def test_who_gives_no_address_keeps_the_name(said: Said) -> None:
    draft = after(at(Field.ADDRESS, Purpose.INCIDENT, name="Ana Example"), said)

    assert (draft.name, draft.address, draft.asking) == ("Ana Example", None, Field.WHAT)


# --- adding to a ticket


def test_a_comment_needs_its_ticket_and_its_words() -> None:
    draft = begun(Purpose.COMMENT)

    assert asked(draft, typed("INC-000012"), typed("it also smells of smoke")) == [
        Field.TICKET,
        Field.COMMENT,
        None,
    ]
    assert after(draft, typed("INC-000012"), typed("it also smells")).comment == "it also smells"


@pytest.mark.parametrize(
    "text",
    [
        "no sound in meetings",
        "no internet on my laptop",
        "not a single page prints",
        "pas de son en réunion",
        "non, le son ne marche pas non plus",
        "nothing prints",
    ],
)
def test_a_trouble_that_begins_with_a_no_is_a_comment(text: str) -> None:
    taken = take(at(Field.COMMENT), typed(text))

    assert (taken.ending, taken.draft.comment) == (None, text)


@pytest.mark.parametrize(
    "said",
    [
        typed("no"),
        typed("no thanks"),
        typed("no that's all"),
        typed("nothing"),
        typed("non merci"),
        typed("non c'est tout"),
        typed("rien d'autre"),
        surely("cheers", "thank"),
        surely("see you", "goodbye"),
    ],
)
def test_who_has_nothing_to_add_is_let_go(said: Said) -> None:
    assert take(at(Field.COMMENT), said).ending is Ending.LEAVE


# --- for any answers at all

PHRASES = (
    NEUTRAL,
    "yes",
    "no",
    "oui",
    "non",
    "stop",
    "my whole team",
    "I don't know",
    "how do I connect to the vpn?",
    "Ana Example",
    "ana@example.org",
    "INC-000001",
    "REQ-000002",
    "not urgent",
    "rather not",
    "since yesterday",
    "ticket",
    "42",
    "blue",
    "?",
    "...",
)
CHOICES = (
    None,
    "skip",
    "anonymous",
    "other",
    "one",
    "team",
    "all",
    "stopped",
    "INC-000001",
    "change_what",
    "change_details",
    "change_work",
    "change_where_since",
    "change_nothing",
)


@dataclass(frozen=True)
class Given:
    """One line, and whether the articles would answer it."""

    said: Said
    has_article: bool


LINES = st.builds(
    Given,
    st.builds(
        Said,
        text=st.sampled_from(PHRASES) | st.text(min_size=1, max_size=60),
        intent=st.sampled_from(INTENTS),
        confidence=st.sampled_from((0.2, 0.65, 0.74, 0.76, 0.97)),
    )
    | st.builds(pressed, st.sampled_from(CHOICES), st.sampled_from(("inform", "affirm", "deny"))),
    st.booleans(),
)
DRAFTS = st.builds(
    lambda purpose, settled, similar: asking(Draft(purpose, similar=similar).with_settled(*settled)),
    st.sampled_from(list(Purpose)),
    st.sets(st.sampled_from(list(Field))),
    st.sampled_from([(), ("INC-000001",), ("INC-000001", "REQ-000002")]),
)


def _step(draft: Draft, given_: Given) -> tuple[Draft, bool, Ending | None]:
    """The draft after a line, whether the line was beside the point, and how the form ended."""
    taken = take(draft, given_.said)
    if taken.aside is Aside.PERHAPS and not given_.has_article:
        taken = missed(taken.draft)
    is_beside = taken.aside not in (None, Aside.FAILED, Aside.WITHOUT)
    return asking(taken.draft), is_beside, taken.ending


@settings(deadline=None)
@given(draft=DRAFTS, lines=st.lists(LINES, max_size=60))
def test_whatever_is_answered_the_form_ends_and_never_asks_what_is_settled(
    draft: Draft, lines: list[Given]
) -> None:
    """At the summary only a yes goes on: whatever is added or changed there is the person's own wish."""
    bound = MOST_FAILED_ANSWERS * len(Field)
    questions = 0
    for each in lines:
        if draft.asking is None:
            return
        assert draft.asking not in draft.settled
        assert draft.failed < MOST_FAILED_ANSWERS or draft.asking is Field.SUMMARY
        before = draft
        draft, is_beside, ending = _step(draft, each)
        if ending is not None:
            return
        if is_beside:
            assert draft == before
        elif before.asking is Field.SUMMARY:
            questions = 0
        else:
            questions += 1
            is_about_another = draft.purpose is Purpose.COMMENT and draft.asking is None
            is_failed = draft.failed == before.failed + 1
            assert draft.settled > before.settled or is_failed or is_about_another
        assert questions <= bound


@settings(deadline=None)
@given(draft=DRAFTS, lines=st.lists(LINES, max_size=20))
def test_a_draft_survives_the_assistants_memory(draft: Draft, lines: list[Given]) -> None:
    for each in lines:
        assert read_draft(json.loads(json.dumps(draft.as_json()))) == draft
        if draft.asking is None:
            return
        draft, _, ending = _step(draft, each)
        if ending is not None:
            return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES_OF_FIELDS = st.sampled_from([*Draft.__dataclass_fields__])
GARBLED = st.dictionaries(NAMES_OF_FIELDS, JSON | st.sampled_from([*Purpose, *Field]), max_size=8)


@settings(deadline=None)
@given(value=JSON | GARBLED | GARBLED.map(lambda value: value | {"purpose": "incident"}))
def test_what_is_no_draft_is_refused_and_nothing_else_goes_wrong(value: object) -> None:
    try:
        draft = read_draft(value)
    except DraftUnreadable:
        return
    assert (draft is None) == (value is None)
    if draft is not None:
        take(asking(draft), typed(NEUTRAL))


@pytest.mark.parametrize(
    "value",
    [
        [],
        "incident",
        {},
        {"what": "no purpose"},
        {"purpose": "theft"},
        {"purpose": "incident", "settled": ["nothing"]},
        {"purpose": "incident", "settled": "what"},
        {"purpose": "incident", "requester": 1},
        {"purpose": "incident", "impact": "enormous"},
        {"purpose": "incident", "failed": "2"},
        {"purpose": "incident", "what": "x" * 100_000},
        {"purpose": "incident", "what": {"nested": "text"}},
    ],
)
def test_a_draft_that_was_tampered_with_is_unreadable(value: object) -> None:
    with pytest.raises(DraftUnreadable):
        read_draft(value)

"""What the assistant does in a conversation: with the real actions, on a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from sqlalchemy import select

from actions.registry import ACTIONS
from identity.people.models import Person
from knowledge.questions.logic import Feedback
from knowledge.search.findings import LEXICAL, Band, Findings
from notices.texts.catalogue import say
from storage.database import Database
from tests.actions.dialogues import Dialogue, a_hit, found, kinds, rules
from tests.databases import NOW
from tests.requirements import ROOT
from tests.ticketing.builders import ANA, count
from tests.ticketing.calendars import an_office
from tests.ticketing.tickets import take
from ticketing.conversations.logic import Speaker
from ticketing.conversations.models import SpeakerChange
from ticketing.effects.models import Effect
from ticketing.tickets.handling import add_reply, move_ticket
from ticketing.tickets.logic import HoldReason, Status, TicketType
from ticketing.tickets.models import JournalEntry, Ticket
from ticketing.tickets.priority import Impact, Urgency

QUESTION = "how do I reach the projector from my seat"
ARTICLES = {"projector": found("projector", "cables", "meeting-room")}
WHICH = {"projector": found("projector", "cables", "meeting-room", band=Band.DID_YOU_MEAN)}
BEN = replace(ANA, subject="ben", name="Ben", email="ben@example.org")
STATED = "the projector in room twelve stays dark"


def email_of(db: Database, person_id: int) -> str | None:
    return db.read(lambda session: session.get_one(Person, person_id).email)


# --- rules and actions


def test_every_action_of_the_rules_and_of_the_domain_is_there_and_no_other() -> None:
    named = {action.called for action in ACTIONS}
    declared = {
        action
        for path in (ROOT / "bot" / "dialogue" / "domain").glob("*.yml")
        for action in yaml.safe_load(path.read_text(encoding="utf-8")).get("actions", ())
    }

    assert declared == named
    assert set(rules().values()) <= named


# --- answers


async def test_a_question_is_answered_with_its_source_and_is_on_record(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES)

    [answer] = await dialogue.say(QUESTION)

    assert "answer" in answer.kinds
    assert "Passage of projector." in answer.reply.text
    assert answer.slugs == ["projector"]
    assert answer.payloads == ["/solved", "/not_solved", "/ask_human"]
    question = dialogue.question()
    assert question is not None
    assert (question.text, question.band, question.shown) == (QUESTION, Band.ANSWER, ("projector",))
    assert [hit.slug for hit in question.hits] == ["projector", "cables", "meeting-room"]


async def test_that_it_helped_is_on_record(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES)
    await dialogue.say(QUESTION)

    assert kinds(await dialogue.press("solved")) == ["glad"]

    question = dialogue.question()
    assert question is not None
    assert question.feedback is Feedback.SOLVED


@pytest.mark.parametrize(
    ("line", "intent"),
    [("thanks", "thank"), ("ok thanks", "thank"), ("merci beaucoup", "thank"), ("ok", "affirm")],
)
async def test_thanks_for_an_answer_do_not_say_that_it_helped(db: Database, line: str, intent: str) -> None:
    dialogue = Dialogue(db, ARTICLES)
    await dialogue.say(QUESTION)

    assert kinds(await dialogue.say(line, intent)) == ["welcome"]

    question = dialogue.question()
    assert question is not None
    assert question.feedback is None
    # What was offered is still there to be said.
    assert kinds(await dialogue.say("yes", "affirm")) == ["glad"]


@pytest.mark.parametrize("intent", ["not_solved", "solved", "ask_knowledge"])
@pytest.mark.parametrize("line", ["it doesnt work", "it dosent work", "it dont work", "ça remarche pas"])
async def test_that_it_does_not_work_is_no_relief_whatever_it_is_taken_for(
    db: Database, line: str, intent: str
) -> None:
    dialogue = Dialogue(db, ARTICLES)
    await dialogue.say(QUESTION)

    [better] = await dialogue.say(line, intent)

    assert better.slugs == ["cables"]


async def test_what_did_not_help_is_followed_by_the_next_best_and_then_by_an_offer(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES)
    await dialogue.say(QUESTION)
    shown = ["projector"]
    for slug in ("cables", "meeting-room"):
        [better] = await dialogue.press("Not quite")
        assert better.slugs == [slug]
        shown.append(slug)
        question = dialogue.question()
        assert question is not None
        assert (list(question.shown), question.feedback) == (shown, Feedback.NOT_SOLVED)

    [offer] = await dialogue.press("Not quite")

    assert "offer" in offer.kinds
    assert {"/open_ticket", "/ask_human"} <= {*offer.payloads}
    assert offer.slugs == []
    assert count(db, Ticket) == 0


async def test_an_article_that_is_hardly_likely_is_not_given_as_the_next_best(db: Database) -> None:
    hits = (a_hit("projector", 0.9), a_hit("lunch", 0.1))
    dialogue = Dialogue(db, {"projector": Findings(Band.ANSWER, hits, LEXICAL, 0.9)})
    await dialogue.say(QUESTION)

    [offer] = await dialogue.press("Not quite")

    assert "offer" in offer.kinds


async def test_the_article_that_was_meant_is_shown_and_on_record(db: Database) -> None:
    dialogue = Dialogue(db, WHICH)
    [which] = await dialogue.say(QUESTION)
    assert which.kinds[0] == "did_you_mean"
    assert which.titles[:3] == ["About projector", "About cables", "About meeting-room"]
    assert which.slugs == []

    [answer] = await dialogue.press("About cables")

    assert (answer.kinds[0], answer.slugs) == ("answer", ["cables"])
    question = dialogue.question()
    assert question is not None
    assert (question.band, question.shown) == (Band.DID_YOU_MEAN, ("cables",))


async def test_none_of_the_articles_leads_to_an_offer(db: Database) -> None:
    dialogue = Dialogue(db, WHICH)
    await dialogue.say(QUESTION)

    [offer] = await dialogue.press("None of these")

    assert "offer" in offer.kinds


async def test_the_second_miss_in_a_row_is_an_offer_and_an_answer_in_between_forgives(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES)

    assert kinds(await dialogue.say("zzz qqq")) == ["nothing_found"]
    assert kinds(await dialogue.say(QUESTION)) == ["answer"]
    dialogue.wait(minutes=10)
    assert kinds(await dialogue.say("zzz qqq again")) == ["nothing_found"]
    assert kinds(await dialogue.say("qqq zzz once more")) == ["offer"]
    assert count(db, Ticket) == 0


@pytest.mark.parametrize(
    "intent", ["ask_human", "open_ticket", "report_outage", "request_item", "add_to_ticket", "ticket_status"]
)
async def test_what_is_not_sure_asks_the_articles_and_has_no_effect(db: Database, intent: str) -> None:
    dialogue = Dialogue(db, ARTICLES)

    heard = await dialogue.say("projector twelve blinks blue", intent, 0.5)

    assert kinds(heard) == ["answer"]
    assert count(db, Ticket) == count(db, Effect) == 0
    assert not dialogue.is_in_form


# --- a yes and a no


async def test_a_yes_to_an_answer_is_that_it_helped(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES)
    await dialogue.say(QUESTION)

    assert kinds(await dialogue.say("yes", "affirm")) == ["glad"]


async def test_a_no_to_an_answer_is_that_it_did_not(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES)
    await dialogue.say(QUESTION)

    [better] = await dialogue.say("no", "deny")

    assert better.slugs == ["cables"]


async def test_a_yes_to_a_choice_is_the_first_and_a_no_is_none(db: Database) -> None:
    first, none = Dialogue(db, WHICH), Dialogue(db, WHICH)
    await first.say(QUESTION)
    await none.say(QUESTION)

    [answer] = await first.say("yes", "affirm")
    [offer] = await none.say("no", "deny")

    assert answer.slugs == ["projector"]
    assert "offer" in offer.kinds


async def test_a_yes_to_an_offer_begins_the_ticket_and_a_no_leaves_it(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA)
    await dialogue.say("zzz qqq xxx")

    assert kinds(await dialogue.say("no", "deny")) == ["still_here"]
    assert not dialogue.is_in_form
    await dialogue.say("zzz qqq yyy")
    await dialogue.say("yes", "affirm")

    assert dialogue.is_in_form
    assert dialogue.slots["draft"]["what"] == "zzz qqq yyy"
    assert count(db, Ticket) == 0


@pytest.mark.parametrize(
    ("line", "intent"), [("yes", "affirm"), ("no", "deny"), ("stop", "cancel"), ("oui", "affirm")]
)
async def test_with_nothing_offered_a_yes_a_no_and_a_stop_do_nothing(
    db: Database, line: str, intent: str
) -> None:
    dialogue = Dialogue(db, ARTICLES)

    assert kinds(await dialogue.say(line, intent)) == ["still_here"]

    assert not dialogue.is_in_form
    assert count(db, Effect) == 0


async def test_an_offer_is_over_once_something_else_was_asked(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES, identity=ANA)
    await dialogue.say("zzz qqq xxx")
    await dialogue.say(QUESTION)

    await dialogue.say("yes", "affirm")

    assert not dialogue.is_in_form


@pytest.mark.parametrize(
    ("intent", "line", "kind"),
    [
        ("reset_password", "I forgot my password", "reset_explained"),
        ("unlock_account", "my account is locked", "unlock_explained"),
    ],
)
async def test_what_is_explained_is_requested_on_a_yes(
    db: Database, intent: str, line: str, kind: str
) -> None:
    dialogue = Dialogue(db, identity=ANA, repeats=2)

    [explained] = await dialogue.say(line, intent)
    assert explained.kinds == (kind,)
    assert explained.slugs
    assert count(db, Ticket) == 0
    [opened] = await dialogue.say("yes please", "affirm")

    assert opened.reply.ticket == "REQ-000001"
    [ticket] = dialogue.tickets()
    assert (ticket.type, ticket.category) == (TicketType.SERVICE_REQUEST, "access")


async def test_somebody_unknown_is_asked_how_to_be_reached_before_a_request(db: Database) -> None:
    dialogue = Dialogue(db)
    await dialogue.say("I forgot my password", "reset_password")

    assert kinds(await dialogue.say("yes", "affirm")) == ["asks_name"]
    assert kinds(await dialogue.say("Ana Example")) == ["asks_address"]
    [opened] = await dialogue.say("ana@example.org")

    assert "ana@example.org" in opened.reply.text
    [ticket] = dialogue.tickets()
    assert email_of(db, ticket.requester_id) == "ana@example.org"


# --- the ticket form


async def _up_to_the_summary(dialogue: Dialogue) -> list[str]:
    seen = kinds(await dialogue.say(f"open a ticket, {STATED}", "open_ticket"))
    seen += kinds(await dialogue.say("on the big screen, since monday"))
    seen += kinds(await dialogue.press("Only me"))
    seen += kinds(await dialogue.press("With difficulty"))
    return seen[1:]


async def test_a_ticket_is_opened_once_with_what_was_said_however_often_the_actions_run(
    db: Database,
) -> None:
    dialogue = Dialogue(db, identity=ANA, repeats=3)

    asked = await _up_to_the_summary(dialogue)
    assert asked == ["asks_where_since", "asks_affected", "asks_work", "summary"]
    assert count(db, Ticket) == 0
    [opened] = await dialogue.say("yes", "affirm")

    assert opened.reply.ticket == "INC-000001"
    assert "ana@example.org" in opened.reply.text
    [ticket] = dialogue.tickets()
    assert STATED.casefold() in ticket.description.casefold()
    assert (ticket.impact, ticket.urgency) == (Impact.LOW, Urgency.MEDIUM)
    assert "since monday" in (ticket.details or "")
    assert count(db, Effect) == 1
    assert not dialogue.is_in_form
    assert not dialogue.slots["draft"]


async def test_the_articles_that_were_tried_are_on_the_ticket(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES, identity=ANA)
    await dialogue.say(QUESTION)
    await dialogue.press("Not quite")
    dialogue.articles = {}
    await _up_to_the_summary(dialogue)
    await dialogue.say("yes", "affirm")

    [ticket] = dialogue.tickets()
    assert ticket.articles_tried == ["projector", "cables"]


async def test_somebody_unknown_may_stay_so(db: Database) -> None:
    dialogue = Dialogue(db)

    begun = await dialogue.say(f"open a ticket, {STATED}", "open_ticket")
    assert kinds(begun)[-1] == "asks_name"
    assert kinds(await dialogue.press("anonymous")) == ["asks_where_since"]
    await dialogue.say("since monday")
    await dialogue.press("Only me")
    await dialogue.press("it can wait")
    [opened] = await dialogue.say("yes", "affirm")

    assert opened.reply.ticket == "INC-000001"
    assert "@" not in opened.reply.text
    assert email_of(db, dialogue.talk.person_id) is None


async def test_nothing_is_on_file_without_a_yes(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA)
    await _up_to_the_summary(dialogue)

    assert kinds(await dialogue.say("the lamp is blue", "affirm", 0.6)) == ["summary"]
    assert kinds(await dialogue.say("hmm", "ask_knowledge", 0.3)) == ["summary"]
    assert count(db, Ticket) == 0
    assert kinds(await dialogue.say("stop", "cancel")) == ["cancelled"]

    assert count(db, Ticket) == count(db, Effect) == 0
    assert not dialogue.is_in_form


async def test_a_question_in_the_middle_is_answered_and_the_forms_is_asked_again(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES, identity=ANA)
    begun = await dialogue.say("open a ticket, the lamp in room twelve smokes", "open_ticket")
    assert kinds(begun)[-1] == "asks_where_since"

    for _ in range(3):
        heard = await dialogue.say("by the way, can I use the projector?", "ask_knowledge")
        assert kinds(heard) == ["answer", "asks_where_since"]
        assert heard[0].slugs == ["projector"]

    assert dialogue.is_in_form
    assert kinds(await dialogue.say("since monday"))[-1] == "asks_affected"


async def test_who_wants_a_person_in_the_middle_gets_a_ticket_with_what_there_is(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA, repeats=2)
    await dialogue.say(f"open a ticket, {STATED}", "open_ticket")
    await dialogue.say("on the big screen, since monday")

    [handed] = await dialogue.say("I want to talk to a person", "ask_human")

    assert handed.kinds == ("handed_to_people",)
    [ticket] = dialogue.tickets()
    assert STATED.casefold() in ticket.description.casefold()
    assert "since monday" in (ticket.details or "")
    assert count(db, Effect) == 1
    assert dialogue.conversation(lambda row: row.speaker) is Speaker.ASSISTANT
    assert not dialogue.is_in_form


async def test_what_is_about_an_open_ticket_is_added_to_it(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA, repeats=2)
    await _up_to_the_summary(dialogue)
    await dialogue.say("yes", "affirm")

    heard = await dialogue.say(f"open a ticket, {STATED} again", "open_ticket")
    assert heard[-1].kinds == ("asks_similar",)
    assert "INC-000001" in heard[-1].reply.text
    [added] = await dialogue.say("yes", "affirm")

    assert (added.kinds[0], added.reply.ticket) == ("comment_added", "INC-000001")
    assert len(dialogue.tickets()) == 1


async def test_a_request_asks_what_it_is_for(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA)

    begun = await dialogue.say("I need a second screen", "request_item")
    assert kinds(begun)[-1] == "asks_details"
    assert kinds(await dialogue.say("for the new colleague, by friday"))[-1] == "summary"
    [opened] = await dialogue.press("Yes")

    assert opened.reply.ticket == "REQ-000001"


async def test_a_draft_that_cannot_be_read_ends_the_form_and_opens_nothing(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA)
    await dialogue.say(f"open a ticket, {STATED}", "open_ticket")
    dialogue.slots["draft"] = {"purpose": "incident", "requester": 7}

    assert kinds(await dialogue.say("yes", "affirm")) == ["cancelled"]

    assert not dialogue.is_in_form
    assert count(db, Ticket) == 0


# --- a person, please


@pytest.mark.parametrize("identity", [ANA, None])
async def test_who_asks_for_a_person_is_on_file_at_once_and_goes_on_with_the_assistant(
    db: Database, identity: object
) -> None:
    dialogue = Dialogue(db, identity=ANA if identity else None, repeats=3)

    heard = await dialogue.say(f"a human please, {STATED}", "ask_human")

    assert "handed_to_people" in heard[0].kinds
    assert heard[0].reply.ticket == "INC-000001"
    assert ("ana@example.org" in heard[0].reply.text) == bool(identity)
    assert len(dialogue.tickets()) == count(db, Effect) == 1
    assert dialogue.conversation(lambda row: row.speaker) is Speaker.ASSISTANT
    changes = db.read(
        lambda s: [c.after for c in s.scalars(select(SpeakerChange).order_by(SpeakerChange.id))]
    )
    assert changes[-2:] == [Speaker.WAITING, Speaker.ASSISTANT]
    assert kinds(await dialogue.say("zzz qqq"))[0] == "nothing_found"


@pytest.mark.parametrize("line", ["téléphone", "mon téléphone", "phone", "numéro de téléphone"])
async def test_a_noun_alone_opens_nothing_however_sure_rasa_is(db: Database, line: str) -> None:
    dialogue = Dialogue(db, identity=ANA)

    assert kinds(await dialogue.say(line, "ask_human"))[0] == "nothing_found"
    assert not dialogue.tickets()
    assert count(db, Effect) == 0


async def test_whoever_says_nothing_else_is_asked_what_it_is_about(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA)

    heard = await dialogue.say("a human please", "ask_human")
    assert kinds(heard) == ["handed_to_people", "asks_comment"]
    [added] = await dialogue.say("no sound in any meeting since monday")

    assert (added.kinds[0], added.reply.ticket) == ("comment_added", "INC-000001")
    assert len(dialogue.tickets()) == 1


async def test_whoever_cannot_be_reached_may_leave_an_address_afterwards(db: Database) -> None:
    dialogue = Dialogue(db)
    [handed] = await dialogue.say(f"a human please, {STATED}", "ask_human")
    assert "/leave_contact" in handed.payloads

    assert kinds(await dialogue.press("address"))[-1] == "asks_name"
    assert kinds(await dialogue.say("Ana Example")) == ["asks_address"]
    [kept] = await dialogue.say("it's ana@example.org")

    assert "ana@example.org" in kept.reply.text
    assert email_of(db, dialogue.talk.person_id) == "ana@example.org"
    assert len(dialogue.tickets()) == 1


async def test_a_yes_to_the_offered_address_asks_for_it(db: Database) -> None:
    dialogue = Dialogue(db)
    await dialogue.say(f"a human please, {STATED}", "ask_human")

    assert kinds(await dialogue.say("yes", "affirm"))[-1] == "asks_name"


async def test_that_a_person_was_asked_for_after_an_answer_is_on_record(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES, identity=ANA)
    await dialogue.say(QUESTION)

    await dialogue.press("Talk to a person")

    question = dialogue.question()
    assert question is not None
    assert question.feedback is Feedback.PERSON
    [ticket] = dialogue.tickets()
    assert ticket.articles_tried == ["projector"]


# --- one's own tickets


async def _with_a_ticket(db: Database) -> Dialogue:
    dialogue = Dialogue(db, identity=ANA)
    await dialogue.say(f"a human please, {STATED}", "ask_human")
    return dialogue


async def test_one_is_told_where_ones_own_ticket_stands(db: Database) -> None:
    dialogue = await _with_a_ticket(db)

    for line in ("how is my ticket?", "INC-000001", "what about ticket 1"):
        heard = await dialogue.say(line, "ticket_status")
        assert heard[0].kinds == ("status",)
        assert heard[0].reply.ticket == "INC-000001"
        assert "INC-000001" in heard[0].reply.text


async def test_the_days_of_a_ticket_are_those_of_the_office(db: Database) -> None:
    an_office(db, "Europe/Paris")
    dialogue = Dialogue(db, identity=ANA)
    dialogue.now = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)
    await dialogue.say(f"a human please, {STATED}", "ask_human")
    db.write(add_reply, 1, "we are on it", actor="agent:1", now=dialogue.now)

    told, replied = await dialogue.say("INC-000001", "ticket_status")

    assert "Opened on 1 June 2026, last change on 1 June 2026" in told.reply.text
    assert "on 1 June 2026" in replied.reply.text


@pytest.mark.parametrize("reason", HoldReason)
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_of_a_ticket_on_hold_one_is_told_what_it_waits_for(
    db: Database, reason: HoldReason, language: str
) -> None:
    dialogue = Dialogue(db, identity=ANA, language=language)
    await dialogue.say(f"a human please, {STATED}", "ask_human")
    for step in (Status.ASSIGNED, Status.IN_PROGRESS):
        take(db, 1, step)
    db.write(move_ticket, 1, Status.ON_HOLD, actor="agent:1", now=NOW, hold_reason=reason)

    alone = await dialogue.say("INC-000001", "ticket_status")
    await dialogue.say(f"a human please, {QUESTION}", "ask_human")
    among_others = await dialogue.say("my tickets", "ticket_status")

    waits = say(f"ticket_hold_{reason.value}", language).text
    assert waits in alone[0].reply.text
    assert f"({waits})" in among_others[0].reply.text


async def test_somebody_elses_number_is_answered_word_for_word_like_one_that_does_not_exist(
    db: Database,
) -> None:
    await _with_a_ticket(db)
    ben = Dialogue(db, identity=BEN)
    entries = count(db, JournalEntry)
    for line, intent in (
        ("how is {}", "ticket_status"),
        ("{}", "ask_knowledge"),
        ("what is the priority of {}?", "ticket_status"),
        ("add to {} that the lamp is red now", "add_to_ticket"),
        ("add something to {}", "add_to_ticket"),
    ):
        foreign = await ben.say(line.format("INC-000001"), intent)
        unknown = await ben.say(line.format("INC-000009"), intent)

        assert [each.reply.text.replace("000001", "#") for each in foreign] == [
            each.reply.text.replace("000009", "#") for each in unknown
        ]
        assert [each.reply.says for each in foreign] == [each.reply.says for each in unknown]
        assert [each.payloads for each in foreign] == [each.payloads for each in unknown]
        assert all(each.reply.ticket is None for each in foreign)
        assert kinds(foreign) == ["not_found"]
    assert count(db, JournalEntry) == entries


async def test_somebody_elses_number_is_no_ticket_to_add_to(db: Database) -> None:
    await _with_a_ticket(db)
    ben = Dialogue(db, identity=BEN)
    for _ in range(2):
        await ben.say(f"a human please, {STATED}", "ask_human")
    entries = count(db, JournalEntry)

    assert kinds(await ben.say("I want to add something", "add_to_ticket")) == ["asks_which_ticket"]
    heard = {}
    for number in ("INC-000001", "INC-000009"):
        heard[number] = [each.reply.text for each in await ben.say(number)]
        await ben.say("stop", "cancel")
        await ben.say("I want to add something", "add_to_ticket")

    assert [text.replace("000001", "#") for text in heard["INC-000001"]] == [
        text.replace("000009", "#") for text in heard["INC-000009"]
    ]
    assert count(db, JournalEntry) == entries


async def test_what_is_said_of_a_ticket_is_added_to_it_once(db: Database) -> None:
    dialogue = await _with_a_ticket(db)
    dialogue.repeats = 3
    entries = count(db, JournalEntry)

    [added] = await dialogue.say("add to INC-000001 that the lamp is red since noon", "add_to_ticket")

    assert (added.kinds[0], added.reply.ticket) == ("comment_added", "INC-000001")
    assert count(db, JournalEntry) == entries + 1


async def test_what_is_still_broken_reopens_the_ticket_once_and_the_person_is_told(db: Database) -> None:
    dialogue = await _with_a_ticket(db)
    dialogue.repeats = 3
    take(db, 1, Status.RESOLVED)

    [heard] = await dialogue.say("add to INC-000001 that it is still broken", "add_to_ticket")

    assert (heard.kinds[0], heard.reply.ticket) == ("ticket_reopened", "INC-000001")
    assert [ticket.status for ticket in dialogue.tickets()] == [Status.ASSIGNED]


@pytest.mark.parametrize("is_asked", [True, False])
@pytest.mark.parametrize("is_pressed", [True, False])
async def test_what_comes_too_late_for_a_finished_ticket_becomes_a_new_one_on_a_yes(
    db: Database, is_asked: bool, is_pressed: bool
) -> None:
    dialogue = Dialogue(db, identity=ANA, repeats=2, reopen_window=timedelta(days=3))
    await dialogue.say(f"a human please, {STATED}", "ask_human")
    take(db, 1, Status.RESOLVED)
    dialogue.wait(days=4)
    entries = count(db, JournalEntry)

    if is_asked:
        await dialogue.say("I want to add something to INC-000001", "add_to_ticket")
        [over] = await dialogue.say("the projector is dark again")
    else:
        [over] = await dialogue.say("add to INC-000001 that the projector is dark again", "add_to_ticket")
    assert over.kinds == ("ticket_over", "offer")
    assert "INC-000001 is resolved" in over.reply.text
    assert count(db, JournalEntry) == entries
    begun = await (dialogue.press("Open a ticket") if is_pressed else dialogue.say("yes", "affirm"))

    assert kinds(begun) == ["utter_form_begins", "asks_where_since"]
    await dialogue.say("on the big screen, since monday")
    await dialogue.press("Only me")
    await dialogue.press("With difficulty")
    [opened] = await dialogue.press("Yes")
    assert (opened.kinds[0], opened.reply.ticket) == ("ticket_opened", "INC-000002")
    new = dialogue.tickets()[-1]
    assert "the projector is dark again" in new.description
    assert "INC-000001" in new.description


async def test_a_no_to_the_new_ticket_leaves_it_at_that(db: Database) -> None:
    dialogue = await _with_a_ticket(db)
    take(db, 1, Status.CANCELLED)
    [over] = await dialogue.say("add to INC-000001 that it is still broken", "add_to_ticket")
    assert "INC-000001 is cancelled" in over.reply.text

    assert kinds(await dialogue.say("no", "deny")) == ["still_here"]

    assert len(dialogue.tickets()) == 1
    assert kinds(await dialogue.say("open a ticket", "open_ticket"))[-1] == "asks_what"


async def test_without_a_ticket_one_is_told_so(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA)

    [none] = await dialogue.say("how are my tickets", "ticket_status")

    assert none.kinds == ("no_tickets",)


# --- the language


async def test_another_language_is_spoken_from_the_next_word_on(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES)

    [changed] = await dialogue.say("in French please", "change_language")

    assert changed.kinds == ("language_changed",)
    assert dialogue.conversation(lambda row: row.language) == "fr"
    assert dialogue.slots["language"] == "fr"
    [hello] = await dialogue.say("bonjour", "greet")
    [english] = await Dialogue(db).say("hello", "greet")
    assert hello.reply.says == english.reply.says
    assert hello.reply.text != english.reply.text


async def test_a_language_that_is_not_spoken_changes_nothing(db: Database) -> None:
    dialogue = Dialogue(db)

    [unknown] = await dialogue.say("auf deutsch bitte", "change_language")

    assert unknown.kinds == ("language_unknown",)
    assert dialogue.conversation(lambda row: row.language) == "en"


async def test_the_form_goes_on_in_the_new_language(db: Database) -> None:
    dialogue = Dialogue(db, identity=ANA)
    before = (await dialogue.say(f"open a ticket, {STATED}", "open_ticket"))[-1]

    heard = await dialogue.say("en français svp", "change_language")

    assert heard[0].kinds == ("language_changed",)
    assert heard[-1].reply.says == before.reply.says
    assert heard[-1].reply.text != before.reply.text
    assert dialogue.conversation(lambda row: row.language) == "fr"
    assert dialogue.is_in_form


# --- politeness


@pytest.mark.parametrize(
    ("intent", "kind"),
    [
        ("greet", "greeting"),
        ("goodbye", "goodbye"),
        ("thank", "welcome"),
        ("help", "capabilities"),
        ("bot_challenge", "machine"),
        ("out_of_scope", "declined"),
    ],
)
async def test_politeness_is_answered_politely_and_has_no_effect(
    db: Database, intent: str, kind: str
) -> None:
    dialogue = Dialogue(db, ARTICLES)

    assert kinds(await dialogue.say("zzz", intent)) == [kind]
    assert count(db, Effect) == 0


async def test_a_question_hidden_in_politeness_is_answered(db: Database) -> None:
    dialogue = Dialogue(db, ARTICLES)

    [answer] = await dialogue.say("hello there, the projector stays dark since this monday", "greet")

    assert answer.kinds[0] == "answer"

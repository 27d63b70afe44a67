"""Whatever the team says among itself never reaches a requester, by whatever way.

Random lives of tickets in which every word meant for the team is a mark; then everything that a requester can
read is read, and the mark is in none of it.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.web import tickets as channel
from bot.channels.web.frames import message_frame, status_frame
from identity.agents.queries import KnownAgent, all_agents
from identity.people.operations import OutsideIdentity
from notices.outbox.models import OutboxItem
from notices.outbox.operations import Parcel, claim_parcels
from notices.preferences.logic import NoticeKind
from storage.database import Database
from tests.databases import later
from tests.ticketing.builders import TEAM, Talk, a_conversation
from tests.ticketing.teams import L1, L2, a_group, a_member, an_agent
from tests.ticketing.tickets import a_ticket
from ticketing.conversations.queries import access_conversation, news_since
from ticketing.conversations.telling import say_in_conversation
from ticketing.tickets.access import access_ticket
from ticketing.tickets.announcing import CONVERSATION, announce
from ticketing.tickets.assigning import assign_ticket, transfer_ticket, unassign_ticket
from ticketing.tickets.attaching import attach_file, take_file
from ticketing.tickets.dossier import staff_ticket
from ticketing.tickets.errors import TicketingError
from ticketing.tickets.escalating import decline_escalation, escalate_ticket
from ticketing.tickets.families import set_parent, unset_parent
from ticketing.tickets.files import Files
from ticketing.tickets.handling import add_reply, add_work_note, move_ticket, reclassify
from ticketing.tickets.history import own_story
from ticketing.tickets.journal import DESK, Act, write_entry
from ticketing.tickets.logic import STAFF_ONLY, EntryKind, HoldReason, ResolutionCode, Status, Visibility
from ticketing.tickets.merging import merge_ticket, unmerge_ticket
from ticketing.tickets.priority import Impact
from ticketing.tickets.queries import own_ticket, own_tickets, similar_open_tickets
from ticketing.tickets.requesters import OwnWords, reply_as_requester
from ticketing.tickets.tagging import tag_ticket
from ticketing.tickets.watching import watch_ticket

MARK = "zzmarkzz"
HERE, THERE = "workplace", "network"
REQUESTERS = "@requesters.example"

_numbers = itertools.count(1)

Deed = Callable[[Database, "Scene"], object]


def a_desk(db: Database) -> tuple[KnownAgent, KnownAgent]:
    """Two groups, and two agents who may take everything; made once."""
    known = {agent.key: agent for agent in db.read(all_agents)}
    if not known:
        a_group(db, HERE, tiers=(L1, L2))
        a_group(db, THERE, tiers=(L1, L2))
        for key in ("bea", "carl"):
            known[key] = an_agent(db, key)
            for group in (HERE, THERE):
                a_member(db, group, known[key], is_lead=True)
    return known["bea"], known["carl"]


class Scene:
    """A ticket of somebody, another one of the same person and a third of somebody else."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.bea, self.carl = a_desk(db)
        self.who, self.other = (self._somebody(db) for _ in range(2))
        self.ticket, self.second = a_ticket(db, self.who), a_ticket(db, self.who, "my mouse is dead")
        self.third = a_ticket(db, self.other, "the network is down")
        self.files = Files(folder)
        self.seconds = 0

    @staticmethod
    def _somebody(db: Database) -> Talk:
        name = f"p{next(_numbers)}"
        identity = OutsideIdentity("site:demo:host", name, name, f"{name}{REQUESTERS}")
        return a_conversation(db, identity=identity)

    def act(self) -> dict[str, Any]:
        """Who does the next thing, a second after the last one."""
        self.seconds += 1
        return {"actor": self.bea.actor, "now": later(self.seconds)}


def moved(to: Status, *, is_told: bool = False, **how: Any) -> Deed:
    """A move whose reason is for the team, unless the requester is told it."""
    reason = "public" if is_told else MARK
    return lambda db, scene: db.write(move_ticket, scene.ticket, to, reason=reason, **how, **scene.act())


def entered(kind: EntryKind) -> Deed:
    """An entry of a kind that only the staff reads, with everything it could say."""

    def deed(db: Database, scene: Scene) -> None:
        def write(session: Session) -> None:
            ticket, now = access_ticket(session, scene.ticket), scene.act()["now"]
            entry = write_entry(session, ticket, Act(kind, DESK, now, MARK, {"word": MARK}))
            for notice in (NoticeKind.SLA_WARNING, NoticeKind.SLA_BREACH, NoticeKind.LEAD_TOLD):
                announce(session, ticket, notice, entry=entry, now=entry.at, text=MARK, agents=[scene.bea.id])

        db.write(write)

    return deed


def attached(db: Database, scene: Scene) -> None:
    file = take_file(scene.files, f"{MARK}.log", MARK.encode())
    db.write(attach_file, scene.ticket, file, visibility=Visibility.WORK_NOTE, text=MARK, **scene.act())


def answered(db: Database, scene: Scene) -> None:
    words = OwnWords(f"w-{next(_numbers)}", f"INC-{scene.ticket:06d}", "still broken")
    now = later(scene.seconds)
    db.write(reply_as_requester, scene.who.person_id, words, team=TEAM, character_limit=100, now=now)


DEEDS: dict[str, Deed] = {
    "note": lambda db, s: db.write(add_work_note, s.ticket, MARK, **s.act()),
    "note on the parent": lambda db, s: db.write(add_work_note, s.third, MARK, **s.act()),
    "reply": lambda db, s: db.write(add_reply, s.ticket, "public", **s.act()),
    "reply on the parent": lambda db, s: db.write(add_reply, s.third, "public", **s.act()),
    "answer": answered,
    "assign": lambda db, s: db.write(assign_ticket, s.ticket, s.bea.id, reason=MARK, **s.act()),
    "unassign": lambda db, s: db.write(unassign_ticket, s.ticket, reason=MARK, **s.act()),
    "transfer": lambda db, s: db.write(transfer_ticket, s.ticket, THERE, reason=MARK, **s.act()),
    "transfer back": lambda db, s: db.write(transfer_ticket, s.ticket, HERE, reason=MARK, **s.act()),
    "escalate": lambda db, s: db.write(escalate_ticket, s.ticket, reason=MARK, **s.act()),
    "decline": lambda db, s: db.write(decline_escalation, s.ticket, reason=MARK, **s.act()),
    "start": moved(Status.IN_PROGRESS),
    "hold": moved(Status.ON_HOLD, hold_reason=HoldReason.REQUESTER),
    "resolve": moved(Status.RESOLVED, is_told=True, code=ResolutionCode.FIXED),
    "close": moved(Status.CLOSED),
    "reopen": lambda db, s: db.write(
        move_ticket, s.ticket, Status.ASSIGNED, reason=MARK, assignee=s.bea.actor, **s.act()
    ),
    "reclassify": lambda db, s: db.write(reclassify, s.ticket, impact=Impact.HIGH, reason=MARK, **s.act()),
    "tag": lambda db, s: db.write(tag_ticket, s.ticket, add=[MARK], **s.act()),
    "watch": lambda db, s: db.write(watch_ticket, s.ticket, s.carl.actor, **s.act()),
    "attach": attached,
    "merge": lambda db, s: db.write(merge_ticket, s.ticket, s.second, reason=MARK, **s.act()),
    "merge elsewhere": lambda db, s: db.write(merge_ticket, s.ticket, s.third, reason=MARK, **s.act()),
    "merge here": lambda db, s: db.write(merge_ticket, s.second, s.ticket, reason=MARK, **s.act()),
    "unmerge": lambda db, s: db.write(unmerge_ticket, s.ticket, reason=MARK, **s.act()),
    "parent": lambda db, s: db.write(set_parent, s.ticket, s.third, reason=MARK, **s.act()),
    "no parent": lambda db, s: db.write(unset_parent, s.ticket, reason=MARK, **s.act()),
    **{f"entry {kind.value}": entered(kind) for kind in STAFF_ONLY - {EntryKind.TEXT_ERASED}},
}


def what_requesters_read(db: Database, scene: Scene) -> Iterator[str]:
    """Every query, letter, line and frame by which anything gets to somebody who asks."""
    for talk, ids in ((scene.who, (scene.ticket, scene.second)), (scene.other, (scene.third,))):
        for id_, language in zip(ids, ("en", "fr"), strict=False):
            story = db.read(own_story, talk.person_id, f"INC-{id_:06d}", language=language)
            yield repr(story)
            yield json.dumps(channel._story(story))
            yield repr(db.read(own_ticket, talk.person_id, f"INC-{id_:06d}", language=language))
        yield repr(db.read(own_tickets, talk.person_id, open_only=False, limit=50))
        yield repr(db.read(similar_open_tickets, talk.person_id, "the printer is on fire"))
    yield from _letters(db)
    _say_what_waits(db)
    for talk in (scene.who, scene.other):
        conversation = db.read(access_conversation, talk.public_id, person_id=talk.person_id)
        news = db.read(news_since, conversation, 0)
        yield repr(news)
        yield json.dumps([*map(message_frame, news.lines), status_frame(news.status)], default=str)


def _letters(db: Database) -> Iterator[str]:
    for item in db.read(lambda session: list(session.scalars(select(OutboxItem)))):
        if item.port == CONVERSATION or item.recipient.endswith(REQUESTERS):
            yield f"{item.key} {json.dumps(item.payload)}"


def _say_what_waits(db: Database) -> None:
    while parcels := db.write(claim_parcels, now=later(10_000), limit=50):
        for parcel in parcels:
            if parcel.port == CONVERSATION:
                db.write(_say, parcel)


def _say(session: Session, parcel: Parcel) -> None:
    say_in_conversation(session, parcel, public_url="", now=later(10_000))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(DEEDS)), min_size=1, max_size=8))
def test_the_teams_own_words_never_reach_a_requester(db: Database, tmp_path: Path, deeds: list[str]) -> None:
    scene = Scene(db, tmp_path)
    # One word that is there whatever else is refused.
    for name in ["note", "assign", *deeds]:
        try:
            DEEDS[name](db, scene)
        except TicketingError:
            continue

    for text in what_requesters_read(db, scene):
        assert MARK not in text

    assert MARK in repr(db.read(staff_ticket, scene.ticket))


def test_what_is_written_for_the_requester_does_reach_it(db: Database, tmp_path: Path) -> None:
    scene = Scene(db, tmp_path)

    for name in ("assign", "reply", "resolve"):
        DEEDS[name](db, scene)

    texts = list(what_requesters_read(db, scene))
    assert sum("public" in text for text in texts) >= 6


def test_every_kind_of_entry_is_shown_or_not_on_purpose() -> None:
    from ticketing.tickets.history import SHOWN

    neither = {
        EntryKind.RECLASSIFIED,
        EntryKind.ASSIGNED,
        EntryKind.ESCALATION_DECLINED,
        EntryKind.UNMERGED,
        EntryKind.SPLIT,
        EntryKind.MARKED_DUPLICATE,
        EntryKind.PARENT_CHANGED,
        EntryKind.RATED,
    }
    assert not SHOWN & STAFF_ONLY
    assert SHOWN | STAFF_ONLY | neither == set(EntryKind)

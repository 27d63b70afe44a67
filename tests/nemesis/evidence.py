"""Reads what is left after a run: the database, the mails, and what the clients saw."""

from __future__ import annotations

import mailbox
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notices.outbox.models import OutboxItem
from notices.texts.catalogue import say
from tests.nemesis.arena import Arena, folder_of
from tests.nemesis.checks import (
    COMMENT,
    OPEN_TICKET,
    Acked,
    EffectRow,
    Evidence,
    Interval,
    Letter,
    MessageRow,
    Shown,
    SpeakerRow,
    TicketRow,
    TurnRow,
)
from tests.nemesis.processes import KeptProcess
from tests.nemesis.snares import MARK
from ticketing.conversations.models import Conversation, Message, SpeakerChange
from ticketing.effects.models import Effect
from ticketing.tickets.logic import EntryKind, ticket_number
from ticketing.tickets.models import JournalEntry, Ticket
from ticketing.turns.models import Turn

# The desk looks every two seconds, and the machine may be busy with other things.
GRAIN = timedelta(seconds=3)


def collect(arena: Arena) -> Evidence:
    """Everything the checkers ask for."""
    bound = timedelta(seconds=arena.installation.desk.settle_seconds) + GRAIN
    return Evidence(
        **arena.database.read(_ledger),
        **_mail(arena),
        acked=[
            Acked(person.conversation, line.client_id, ack.seq, ack.turn, line.text)
            for person in arena.people
            for line in person.lines
            for ack in line.acks
        ],
        typed=[(person.conversation, text) for person in arena.people for text in person.typed()],
        pages=[(person.conversation, page) for person in arena.people for page in person.pages()],
        views=[(person.conversation, view) for person in arena.people for view in _views(person.views())],
        up=_up(arena.desk),
        locked=arena.locked,
        deaths=arena.desk.deaths_of_its_own + arena.rasa.deaths_of_its_own,
        still_working=frozenset(
            say("notice_still_working", language).text for language in arena.installation.desk.languages
        ),
        bound=bound,
        foreign_mark=MARK,
    )


def _ledger(session: Session) -> dict[str, Any]:
    names = {row[0]: row[1] for row in session.execute(select(Conversation.id, Conversation.public_id))}
    return {
        "messages": [
            MessageRow(
                names[m.conversation_id],
                m.seq,
                m.author.value,
                m.text,
                m.extras,
                m.channel,
                m.external_id,
                m.turn_id,
                m.at,
            )
            for m in session.scalars(select(Message))
        ],
        "turns": [
            TurnRow(
                t.id,
                names[t.conversation_id],
                t.number,
                t.state.value,
                t.outcome.value if t.outcome else None,
                t.attempts,
                t.received_at,
                t.ended_at,
            )
            for t in session.scalars(select(Turn))
        ],
        "speakers": [
            SpeakerRow(names[c.conversation_id], c.after_seq, c.before.value, c.after.value)
            for c in session.scalars(select(SpeakerChange).order_by(SpeakerChange.id))
        ],
        "tickets": [
            TicketRow(ticket_number(t.type, t.id), names[t.conversation_id], t.last_seq)
            for t in session.scalars(select(Ticket))
            if t.conversation_id is not None
        ],
        "comments": [
            ticket_number(type_, id_)
            for type_, id_ in session.execute(
                select(Ticket.type, Ticket.id)
                .join(JournalEntry, JournalEntry.ticket_id == Ticket.id)
                .where(JournalEntry.kind == EntryKind.REPLIED)
            )
        ],
        "effects": [
            EffectRow(e.turn_id, e.name, str(e.result.get("number"))) for e in session.scalars(select(Effect))
        ],
        "outbox": Counter(
            {
                row[0].value: row[1]
                for row in session.execute(select(OutboxItem.state, func.count()).group_by(OutboxItem.state))
            }
        ),
    }


def _mail(arena: Arena) -> dict[str, Any]:
    """What the team was written, and how often each letter to anybody is there."""
    folder = folder_of(arena) / "mail"
    found = list(mailbox.Maildir(folder)) if (folder / "new").is_dir() else []
    desk = arena.installation.desk
    # A summary may be long, and French: a subject is unfolded and decoded.
    subjects = [
        str(make_header(decode_header(letter["Subject"])))
        for letter in found
        if letter["To"] == desk.team_email
    ]
    return {
        "letters": [_letter(" ".join(subject.split()), desk.default_language) for subject in subjects],
        "letter_ids": Counter(str(letter["Message-ID"]) for letter in found),
    }


def _letter(subject: str, language: str) -> Letter:
    """What a letter to the team is about, by the words its subject begins with."""
    number = re.match(r"\[([A-Z]+-\d+)\] ", subject)
    if number is None:
        return Letter("?", subject)
    added = say("mail_comment_added_subject", language, ticket=number[1], summary="").text
    return Letter(COMMENT if subject.startswith(added.rstrip()) else OPEN_TICKET, number[1])


def _views(views: list[dict[int, Any]]) -> list[list[Shown]]:
    return [
        [Shown(seq, view[seq].author, view[seq].text, view[seq].ticket) for seq in sorted(view)]
        for view in views
    ]


def _up(process: KeptProcess) -> list[Interval]:
    return [(life.ready, life.ended or datetime.now(UTC)) for life in process.lives]

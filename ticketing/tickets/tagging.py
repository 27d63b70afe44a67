"""Words by which the team finds tickets again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ticketing.tickets.access import access_ticket
from ticketing.tickets.errors import TagRefused
from ticketing.tickets.journal import Act, write_entry
from ticketing.tickets.logic import EntryKind
from ticketing.tickets.models import TicketTag

TAG_CHARACTERS = 40
MOST_TAGS = 20

_TAG = re.compile(r"[^\W_](?:[\w.+#-]*[\w+#])?")


def tag_ticket(
    session: Session,
    ticket_id: int,
    *,
    add: Collection[str] = (),
    remove: Collection[str] = (),
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """Put tags on a ticket and take some off; returns those it has. No change, no entry.

    Raises:
        TicketNotFound, TagRefused: nothing is changed.
    """
    ticket = access_ticket(session, ticket_id)
    wanted, unwanted = {tag_of(each) for each in add}, {tag_of(each) for each in remove}
    there = set(session.scalars(select(TicketTag.tag).where(TicketTag.ticket_id == ticket.id)))
    added, removed = wanted - there, (unwanted - wanted) & there
    after = sorted((there | added) - removed)
    if len(after) > MOST_TAGS:
        raise TagRefused(f"a ticket has {MOST_TAGS} tags at most; these would be {len(after)}")
    if added or removed:
        session.execute(delete(TicketTag).where(TicketTag.ticket_id == ticket.id, TicketTag.tag.in_(removed)))
        session.add_all(TicketTag(ticket_id=ticket.id, tag=tag) for tag in sorted(added))
        data = {"added": sorted(added), "removed": sorted(removed)}
        write_entry(session, ticket, Act(EntryKind.TAGGED, actor, now, data=data))
    return tuple(after)


def tag_of(text: str) -> str:
    """A word as a tag: "Wi-Fi  Berlin" and "wi-fi berlin" are one, `wi-fi-berlin`.

    Raises:
        TagRefused: it cannot be one.
    """
    tag = "-".join(unicodedata.normalize("NFKC", text).casefold().split())
    # Folded letters may come apart again: a tag made of a tag is the same tag.
    tag = unicodedata.normalize("NFKC", tag)
    if len(tag) > TAG_CHARACTERS or not _TAG.fullmatch(tag):
        raise TagRefused(
            f"{text!r} is no tag: one has 1 to {TAG_CHARACTERS} letters, digits and . + # - _, "
            "and begins with a letter or digit"
        )
    return tag

"""Two tickets about one thing: the work goes on in one of them, and can be taken apart again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.preferences.logic import NoticeKind
from notices.texts.catalogue import say
from ticketing.tickets.access import access_ticket, access_tickets
from ticketing.tickets.announcing import announce
from ticketing.tickets.chain import change
from ticketing.tickets.errors import MergeNotAllowed, TicketNotFound
from ticketing.tickets.handling import move, reply, write_text
from ticketing.tickets.intake import kept
from ticketing.tickets.journal import Act, person, write_entry
from ticketing.tickets.logic import (
    FINISHED,
    EntryKind,
    HoldReason,
    ResolutionCode,
    Status,
    may_reply,
    ticket_number,
)
from ticketing.tickets.models import JournalEntry, Ticket
from ticketing.tickets.queries import goes_on_in
from ticketing.tickets.watching import add_watchers, remove_watchers, watchers_of


@dataclass(frozen=True)
class Joined:
    """The numbers of a ticket and of the one it has to do with, and who watches the latter because of it."""

    number: str
    other: str
    status: Status
    watchers: tuple[str, ...] = ()


def merge_ticket(
    session: Session,
    ticket_id: int,
    into_id: int,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    is_finished_fine: bool = False,
) -> Joined:
    """Let the work on a ticket go on in another one; the first is closed, and its clocks stop.

    Its requester and whoever watches it watch the other one; what the requester adds goes there too.

    Args:
        is_finished_fine: the other one is resolved or closed, and that is meant so.

    Raises:
        TicketNotFound, MergeNotAllowed: nothing is changed.
    """
    if ticket_id == into_id:
        raise MergeNotAllowed(_number(access_ticket(session, ticket_id)), "it is the same ticket")
    source, target = access_tickets(session, ticket_id, into_id)
    if why := _why_not(session, source, target, is_finished_fine=is_finished_fine):
        raise MergeNotAllowed(_number(source), why)
    added = add_watchers(session, target, {*watchers_of(session, source.id), person(source.requester_id)})
    changed = change(source, status=Status.CLOSED, hold_reason=None, merged_into_id=target.id)
    act = Act(EntryKind.MERGED, actor, now, kept(reason), {"into": _number(target)})
    entry = write_entry(session, source, act, *changed)
    data = {"from": _number(source), "watchers": list(added)}
    write_entry(session, target, Act(EntryKind.MERGED, actor, now, data=data))
    # Of somebody else's ticket the requester is told no number: it could do nothing with it.
    where = partial(_goes_on_in, _number(target))
    own = where if target.requester_id == source.requester_id else None
    announce(session, source, NoticeKind.MERGED, entry=entry, now=now, text=own, staff_text=where)
    return Joined(_number(source), _number(target), source.status, added)


def unmerge_ticket(
    session: Session, ticket_id: int, *, actor: str, now: datetime, reason: str | None = None
) -> Joined:
    """Take a merged ticket apart again: it stands as it stood, and nobody watches the other one for it.

    What was written on either meanwhile stays where it was written.

    Raises:
        TicketNotFound: no such ticket.
        MergeNotAllowed: it is not merged; nothing is changed.
    """
    found = session.execute(select(Ticket.type, Ticket.merged_into_id).where(Ticket.id == ticket_id)).first()
    if found is None:
        raise TicketNotFound
    if found.merged_into_id is None:
        raise MergeNotAllowed(ticket_number(found.type, ticket_id), "it is not merged")
    source, target = access_tickets(session, ticket_id, found.merged_into_id)
    if source.merged_into_id != target.id:
        raise MergeNotAllowed(_number(source), "it was taken apart in this moment")
    before = _entry_of_merge(session, source, target).before
    hold = before.get("hold_reason")
    changed = change(
        source,
        status=Status(before["status"]),
        hold_reason=HoldReason(hold) if hold else None,
        merged_into_id=None,
    )
    act = Act(EntryKind.UNMERGED, actor, now, kept(reason), {"from": _number(target)})
    write_entry(session, source, act, *changed)
    gone = remove_watchers(session, target, _watching_for(session, source, target))
    data = {"of": _number(source), "watchers": list(gone)}
    write_entry(session, target, Act(EntryKind.UNMERGED, actor, now, data=data))
    return Joined(_number(source), _number(target), source.status, gone)


def resolve_as_duplicate(
    session: Session, ticket_id: int, of_id: int, *, text: str, actor: str, now: datetime
) -> Joined:
    """Resolve a ticket because another one is about the same; the text tells its requester so.

    The other one may be finished: its answer is often what helps.

    Raises:
        TicketNotFound, MergeNotAllowed, MoveNotAllowed: nothing is changed.
    """
    if ticket_id == of_id:
        raise MergeNotAllowed(_number(access_ticket(session, ticket_id)), "it is the same ticket")
    ticket, other = access_tickets(session, ticket_id, of_id)
    if other.duplicate_of_id is not None or other.merged_into_id is not None:
        raise MergeNotAllowed(_number(ticket), f"{_number(other)} itself goes on elsewhere; name that one")
    # A ticket that cannot be resolved is refused by its move, and this entry with it.
    changed = change(ticket, duplicate_of_id=other.id)
    data = {"of": _number(other)}
    write_entry(session, ticket, Act(EntryKind.MARKED_DUPLICATE, actor, now, data=data), *changed)
    move(session, ticket, Status.RESOLVED, actor=actor, now=now, reason=text, code=ResolutionCode.DUPLICATE)
    return Joined(_number(ticket), _number(other), ticket.status)


def reply_to_merged(
    session: Session, source: Ticket, text: str, *, actor: str, now: datetime
) -> tuple[JournalEntry, Ticket, JournalEntry] | None:
    """What a requester adds to its merged ticket, which is locked, goes to where the work goes on as well.

    Whoever asked for the other one reads none of it, unless it is the same person: then it is a reply there,
    otherwise a note for the staff. Returns the entry here, the other ticket and the entry there; None where
    the ticket is not merged, or nobody works on the other one any more.

    Raises:
        TextMissing: nothing is written.
    """
    target_id = goes_on_in(session, source)
    if target_id is None:
        return None
    [target] = access_tickets(session, target_id)
    if not may_reply(target.status):
        return None
    entry = write_text(session, source, EntryKind.REPLIED, text, actor, now)
    data = {"merged": _number(source), "entry": entry.number}
    if target.requester_id == source.requester_id:
        return entry, target, reply(session, target, text, actor=actor, now=now, data=data)
    return entry, target, write_text(session, target, EntryKind.WORK_NOTED, text, actor, now, data)


def _why_not(session: Session, source: Ticket, target: Ticket, *, is_finished_fine: bool) -> str | None:
    if source.merged_into_id is not None:
        return "it is merged already; `guichet ticket unmerge` takes it apart"
    if source.status in FINISHED:
        return f"it is {source.status.words}"
    if target.merged_into_id is not None:
        return f"{_number(target)} is merged itself; name the ticket in which that one goes on"
    if target.status is Status.CANCELLED:
        return f"{_number(target)} is cancelled"
    if target.status in FINISHED and not is_finished_fine:
        return (
            f"{_number(target)} is {target.status.words}: nobody works on it. "
            "Reopen it first, or say that it is meant so (--finished)"
        )
    if session.scalar(select(Ticket.id).where(Ticket.parent_id == source.id).limit(1)) is not None:
        return "other tickets belong to it; unlink them or give them another parent first"
    return None


def _entry_of_merge(session: Session, source: Ticket, target: Ticket) -> JournalEntry:
    """The entry by which a ticket was merged last."""
    wanted = (
        select(JournalEntry)
        .where(JournalEntry.ticket_id == source.id, JournalEntry.kind == EntryKind.MERGED)
        .order_by(JournalEntry.number.desc())
    )
    # There is one: the ticket says that it is merged. A ticket that others were merged into has entries too.
    return next(each for each in session.scalars(wanted) if each.after.get("merged_into_id") == target.id)


def _watching_for(session: Session, source: Ticket, target: Ticket) -> set[str]:
    """Who watches the target only because this ticket was merged into it."""
    entries = session.execute(
        select(JournalEntry.kind, JournalEntry.data)
        .where(
            JournalEntry.ticket_id == target.id,
            JournalEntry.kind.in_([EntryKind.MERGED, EntryKind.WATCHED]),
        )
        .order_by(JournalEntry.number)
    )
    by_merge: set[str] = set()
    for kind, data in entries:
        if kind is EntryKind.MERGED:
            by_merge |= set(data.get("watchers", ()))
        else:
            by_merge -= {*data.get("added", ()), *data.get("removed", ())}
    concerned = {*watchers_of(session, source.id), person(source.requester_id)}
    return (by_merge & concerned) - _watching_for_others(session, target)


def _watching_for_others(session: Session, target: Ticket) -> set[str]:
    others = session.execute(
        select(Ticket.id, Ticket.requester_id).where(Ticket.merged_into_id == target.id)
    ).all()
    return {actor for id_, requester in others for actor in (person(requester), *watchers_of(session, id_))}


def _number(ticket: Ticket) -> str:
    return ticket_number(ticket.type, ticket.id)


def _goes_on_in(number: str, language: str) -> str:
    return say("merged_into", language, ticket=number).text

"""Words of one entry that the desk itself wrote into other tickets: which entries have them.

An answer on a parent reaches its children, a reply to a merged ticket goes to where the work goes on, a
problem's workaround and resolution are told on its incidents, and on their children. Each copy names in its
`data` the entry it was made from, so that whoever erases that one finds it. A copy may be copied further.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ticketing.tickets.chain import Fields
from ticketing.tickets.logic import EntryKind, ticket_number
from ticketing.tickets.models import JournalEntry, JournalText, Ticket

Source = tuple[str, int]
"""The number of a ticket or a problem, and of the entry there."""

COPIED = frozenset({EntryKind.REPLIED, EntryKind.MOVED})
"""What on a ticket is written on others too."""

_COPIES = (EntryKind.REPLIED, EntryKind.WORK_NOTED, EntryKind.MOVED)
_ORIGINS = ("parent", "merged", "problem")
_ENTRIES = ("entry", "workaround")


def source_of(data: Fields) -> Source | None:
    """What the entry with this data was copied from, by `parent`, `merged` or `problem` and its `entry`, of a
    workaround `workaround`; None where it is no copy, or one from before copies named it."""
    origin = next((data[name] for name in _ORIGINS if name in data), None)
    entry = next((data[name] for name in _ENTRIES if name in data), None)
    return (origin, entry) if origin and entry else None


def copies_of(session: Session, ticket_id: int, entry: int, *, with_erased: bool = False) -> tuple[int, ...]:
    """The ids of entries on other tickets that have the words of this one, in the order they were written.

    Copies whose words are erased are not among them, those made of them are.

    Args:
        with_erased: also those whose words are erased.
    """
    found = session.execute(
        select(JournalEntry.id, JournalEntry.kind, Ticket.type)
        .join(Ticket, Ticket.id == JournalEntry.ticket_id)
        .where(JournalEntry.ticket_id == ticket_id, JournalEntry.number == entry)
    ).first()
    if found is None or found.kind not in COPIED:
        return ()
    source = (ticket_number(found.type, ticket_id), entry)
    return copies_from(session, source, behind=found.id, with_erased=with_erased)


def copies_from(
    session: Session, source: Source, *, behind: int = 0, with_erased: bool = False
) -> tuple[int, ...]:
    """The same for an entry of a ticket or of a problem.

    The copies of all sources are read once, in order: no index has them, and words are erased seldom.

    Args:
        behind: the id of an entry before which there is no copy.
    """
    copies = session.execute(
        select(
            JournalEntry.id, JournalEntry.number, JournalEntry.data, Ticket.id, Ticket.type, JournalText.salt
        )
        .join(Ticket, Ticket.id == JournalEntry.ticket_id)
        .outerjoin(JournalText, JournalText.entry_id == JournalEntry.id)
        .where(
            JournalEntry.id > behind,
            JournalEntry.kind.in_(_COPIES),
            or_(*(JournalEntry.data[name].as_string().is_not(None) for name in _ENTRIES)),
        )
        .order_by(JournalEntry.id)
    )
    sources, found = {source}, []
    for entry_id, number, data, ticket_id, type_, salt in copies:
        if source_of(data) not in sources:
            continue
        sources.add((ticket_number(type_, ticket_id), number))
        if with_erased or salt is not None:
            found.append(entry_id)
    return tuple(found)

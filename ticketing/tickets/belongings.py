"""Tags, watchers, files and ratings of tickets, held against what the journals tell of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.ratings.models import Rating
from ticketing.tickets.chain import Fields
from ticketing.tickets.logic import EntryKind, Visibility
from ticketing.tickets.models import TicketAttachment, TicketTag, TicketWatcher


@dataclass(frozen=True)
class KeptFile:
    """What the chain says of a file; its name is words, which may be erased."""

    digest: str
    size: int
    media_type: str
    visibility: Visibility


@dataclass
class Belongings:
    """Rows that stand beside a ticket; files and what was thought of it by the entry that brought them."""

    tags: set[str] = field(default_factory=set)
    watchers: set[str] = field(default_factory=set)
    files: dict[int, KeptFile] = field(default_factory=dict)
    scores: dict[int | None, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What an entry tells of belongings."""

    entry_id: int
    number: int
    kind: EntryKind
    data: Fields
    visibility: Visibility | None


def belongings_of(session: Session, ticket_ids: Sequence[int]) -> defaultdict[int, Belongings]:
    """What stands beside these tickets, in four statements."""
    found: defaultdict[int, Belongings] = defaultdict(Belongings)
    for tag in session.scalars(select(TicketTag).where(TicketTag.ticket_id.in_(ticket_ids))):
        found[tag.ticket_id].tags.add(tag.tag)
    for row in session.scalars(select(TicketWatcher).where(TicketWatcher.ticket_id.in_(ticket_ids))):
        found[row.ticket_id].watchers.add(row.watcher)
    wanted = select(TicketAttachment).where(TicketAttachment.ticket_id.in_(ticket_ids))
    for file in session.scalars(wanted, execution_options={"populate_existing": True}):
        kept = KeptFile(file.digest, file.size, file.media_type, file.visibility)
        found[file.ticket_id].files[file.entry_id] = kept
    given = select(Rating.ticket_id, Rating.entry_id, Rating.score).where(Rating.ticket_id.in_(ticket_ids))
    for ticket_id, rated, score in session.execute(given.where(Rating.score.is_not(None))):
        found[ticket_id].scores[rated] = score
    return found


def broken_belongings(told: Iterable[Told], there: Belongings) -> Iterator[tuple[int | None, str]]:
    """The entry whose file or score is not as it tells, or None where tags or watchers are not; and what is
    wrong."""
    expected, numbers = Belongings(), {}
    for entry in told:
        numbers[entry.entry_id] = entry.number
        _retell(expected, entry)
    for entry_id in sorted({*expected.files, *there.files}):
        if entry_id not in there.files:
            yield numbers[entry_id], "its file is gone"
        elif there.files[entry_id] != expected.files.get(entry_id):
            yield numbers.get(entry_id), "its file is not the one that was put there"
    for entry_id, number in numbers.items():
        if expected.scores.get(entry_id) != there.scores.get(entry_id):
            yield number, "its score is not the one that was given"
    if expected.scores != there.scores:
        yield None, "it has a score that nobody gave"
    if expected.tags != there.tags:
        yield None, "its tags are not what the journal tells"
    if expected.watchers != there.watchers:
        yield None, "its watchers are not what the journal tells"


def _retell(so_far: Belongings, entry: Told) -> None:
    added, removed = set(entry.data.get("added", ())), set(entry.data.get("removed", ()))
    moved = set(entry.data.get("watchers", ()))
    match entry.kind:
        case EntryKind.TAGGED:
            so_far.tags = (so_far.tags | added) - removed
        case EntryKind.WATCHED:
            so_far.watchers = (so_far.watchers | added) - removed
        case EntryKind.MERGED:
            so_far.watchers |= moved
        case EntryKind.UNMERGED:
            so_far.watchers -= moved
        case EntryKind.RATED:
            so_far.scores[entry.entry_id] = entry.data["score"]
    if (file := entry.data.get("file")) and entry.visibility is not None:
        so_far.files[entry.entry_id] = KeptFile(
            file["digest"], file["size"], file["media_type"], entry.visibility
        )

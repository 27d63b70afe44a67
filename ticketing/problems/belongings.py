"""Which incidents are linked to a problem, held against what its journal tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.problems.logic import ProblemEntryKind
from ticketing.problems.models import ProblemEntry, ProblemIncident


def broken_links(
    session: Session, problem_id: int, rows: Sequence[ProblemEntry]
) -> Iterator[tuple[int | None, str]]:
    """The entry whose link is not as it tells, or None for one that no entry tells of; and what is wrong."""
    wanted = select(ProblemIncident).where(ProblemIncident.problem_id == problem_id)
    found = session.scalars(wanted, execution_options={"populate_existing": True})
    there, told = {link.ticket_id: link.linked_at for link in found}, _told(rows)
    for ticket_id, entry in told.items():
        if ticket_id not in there:
            yield entry.number, "its link is gone"
        elif there[ticket_id] != entry.at:
            yield entry.number, "its link is not the one that was made"
    if there.keys() - told.keys():
        yield None, "its incidents are not what the journal tells"


def _told(rows: Sequence[ProblemEntry]) -> dict[int, ProblemEntry]:
    """The entries whose links still hold, by the ids of the tickets, in the order of the journal."""
    told: dict[int, ProblemEntry] = {}
    for row in rows:
        if row.kind is ProblemEntryKind.INCIDENT_LINKED:
            told[_ticket_id(row)] = row
        elif row.kind is ProblemEntryKind.INCIDENT_UNLINKED:
            told.pop(_ticket_id(row), None)
    return told


def _ticket_id(row: ProblemEntry) -> int:
    return int(row.data["ticket"].rpartition("-")[2])

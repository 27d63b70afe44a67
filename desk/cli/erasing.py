"""`guichet ticket erase` and `guichet problem erase`: words taken away for good, wherever they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from desk.cli import clock
from desk.cli.console import say
from desk.cli.problem_deeds import Number as ProblemNumber
from desk.cli.problem_deeds import id_of_problem
from desk.cli.ticket_deeds import As, AsJson, Number, actor_of, id_of
from desk.post_office import kept_mail
from desk.settings.reading import load
from ticketing.tickets.errors import EntryNotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.database import Database
    from ticketing.tickets.files import Files

Entry = Annotated[int, typer.Argument(metavar="ENTRY", help="The entry whose words are to go.")]


def register_for_tickets(app: typer.Typer) -> None:
    """Add `erase` to `guichet ticket`."""
    app.command("erase")(erase_of_ticket)


def register_for_problems(app: typer.Typer) -> None:
    """Add `erase` to `guichet problem`."""
    app.command("erase")(erase_of_problem)


def erase_of_ticket(number: Number, entry: Entry, as_: As = None, as_json: AsJson = False) -> None:
    """Erase the words of an entry for good, its file with them, and letters and copies that hold them.

    That there were some, and who erased them, stays. The words a ticket was opened with are entry 1.
    """
    from desk.cli.opened import opened
    from ticketing.tickets.copies import copies_of
    from ticketing.tickets.erasing import erase_text, letters_with
    from ticketing.tickets.files import Files

    settings, now = load(), clock.now()
    with opened(settings) as database:
        actor, ticket_id = database.read(
            lambda session: (actor_of(session, as_, settings), id_of(session, number))
        )
        erased = _erase_everywhere(
            database,
            lambda session: copies_of(session, ticket_id, entry),
            lambda session: erase_text(session, ticket_id, entry, actor=actor, now=now),
            actor=actor,
            now=now,
        )
        letters = kept_mail(settings).forget(database.read(letters_with, ticket_id, entry))
        is_deleted = _forget_file(database, Files(settings.attachments_folder), ticket_id, entry)
    erased.raise_unless(letters or is_deleted)
    facts = {"ticket": ticket_id, "entry": entry, "copies": erased.copies, "letters_deleted": letters}
    _tell({**facts, "file_deleted": is_deleted}, as_json)


def erase_of_problem(number: ProblemNumber, entry: Entry, as_: As = None, as_json: AsJson = False) -> None:
    """Erase the words of an entry for good, also where requesters were told them.

    That there were some, and who erased them, stays.
    """
    from desk.cli.opened import opened
    from desk.cli.problems import row_facts
    from ticketing.problems.erasing import copies_of_problem, erase_problem_text
    from ticketing.problems.queries import problem_in_full
    from ticketing.tickets.erasing import letters_of

    settings, now = load(), clock.now()
    problem_id = id_of_problem(number)
    with opened(settings) as database:
        actor = database.read(lambda session: actor_of(session, as_, settings))
        erased = _erase_everywhere(
            database,
            lambda session: copies_of_problem(session, problem_id, entry),
            lambda session: erase_problem_text(session, problem_id, entry, actor=actor, now=now),
            actor=actor,
            now=now,
        )
        copies = database.read(copies_of_problem, problem_id, entry, with_erased=True)
        letters = kept_mail(settings).forget(database.read(letters_of, copies))
        erased.raise_unless(letters)
        stands = row_facts(database.read(problem_in_full, problem_id).row)
    _tell({**stands, "entry": entry, "copies": erased.copies, "letters_deleted": letters}, as_json)


@dataclass(frozen=True)
class _Erased:
    """How many copies have lost their words, and the refusal where the words themselves were gone before."""

    copies: int
    refused: EntryNotFound | None

    def raise_unless(self, found: object) -> None:
        """The refusal is one, unless an erasure that was stopped has left something to be done."""
        if self.refused is not None and not (self.copies or found):
            raise self.refused


def _erase_everywhere(
    database: Database,
    find_copies: Callable[[Session], tuple[int, ...]],
    erase: Callable[[Session], None],
    *,
    actor: str,
    now: datetime,
) -> _Erased:
    """Erase copies, then the words, then what was copied meanwhile.

    Where it stops before its end, the same command goes on: either the words are there still, or there are
    copies of words that are erased, and no more of them come.
    """
    copies, refused = _erase_copies(database, find_copies, actor, now), None
    try:
        database.write(erase)
    except EntryNotFound as error:
        refused = error
    return _Erased(copies + _erase_copies(database, find_copies, actor, now), refused)


def _erase_copies(
    database: Database, find: Callable[[Session], tuple[int, ...]], actor: str, now: datetime
) -> int:
    from ticketing.tickets.erasing import AT_ONCE, erase_copies

    ids = iter(database.read(find))

    def erase_some(session: Session) -> int:
        some = tuple(islice(ids, AT_ONCE))
        erase_copies(session, some, actor=actor, now=now)
        return len(some)

    return database.in_batches(erase_some)


def _forget_file(database: Database, files: Files, ticket_id: int, entry: int) -> bool:
    from ticketing.tickets.erasing import erased_file

    digest_to_go = partial(database.read, erased_file, ticket_id, entry)
    digest = digest_to_go()
    return digest is not None and files.forget(digest, is_needed=lambda: digest_to_go() is None)


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    copies = f", and those of {facts['copies']} made of it" if facts["copies"] else ""
    file = ", and its file is deleted" if facts.get("file_deleted") else ""
    say(f"the words of entry {facts['entry']} are erased{copies}{file}")

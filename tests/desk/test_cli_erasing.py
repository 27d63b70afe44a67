"""`guichet ticket erase` and `guichet problem erase` follow words to where the desk wrote them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from desk.cli import erasing
from notices.mail.maildir import MaildirMail
from notices.mail.port import Mail
from storage.database import Database
from tests.databases import NOW
from tests.desk.administered import desk, guichet, var
from tests.desk.commands import Guichet
from tests.ticketing.builders import ANA, a_conversation
from tests.ticketing.families import a_family, answer, link, reach
from tests.ticketing.problems import a_problem, say_workaround
from tests.ticketing.teams import a_group, a_member, an_agent
from tests.ticketing.tickets import a_ticket, journal, letters
from ticketing.tickets import erasing as tickets_erasing
from ticketing.tickets.logic import EntryKind, Status

__all__ = ["desk", "guichet", "var"]

SECRET = "his number is 555 1234"


@pytest.fixture(autouse=True)
def bea(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    a_member(desk, a_group(desk, "workplace"), an_agent(desk, "bea"))
    monkeypatch.setenv("GUICHET_AGENT", "bea")


def erased(db: Database, ticket_id: int) -> int:
    return sum(entry.kind is EntryKind.TEXT_ERASED for entry in journal(db, ticket_id))


def said_to_many(db: Database, count: int) -> tuple[int, int, list[int]]:
    """A parent, the entry by which it was answered, and the children that have heard."""
    parent, children = a_family(db, *[Status.NEW] * count)
    entry = answer(db, parent, SECRET)
    reach(db, parent)
    return parent, entry, children


def test_erasing_an_answer_erases_it_on_every_child(desk: Database, guichet: Guichet) -> None:
    parent, entry, children = said_to_many(desk, 3)

    code, printed, _ = guichet("ticket", "erase", str(parent), str(entry))

    assert (code, printed) == (0, f"the words of entry {entry} are erased, and those of 3 made of it\n")
    assert SECRET not in str([each.payload for each in letters(desk)])
    assert [erased(desk, each) for each in (parent, *children)] == [1] * 4
    assert guichet("audit", "verify")[0] == 0
    assert "has no text" in guichet("ticket", "erase", str(parent), str(entry))[2]
    assert [erased(desk, each) for each in (parent, *children)] == [1] * 4


@pytest.mark.parametrize("batches", [0, 1])
def test_an_erasure_that_was_killed_goes_on_when_it_is_asked_for_again(
    desk: Database, guichet: Guichet, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    parent, entry, children = said_to_many(desk, 5)
    done: list[int] = []
    whole = tickets_erasing.erase_copies

    def killed(session: Session, *args: Any, **kwargs: Any) -> int:
        if len(done) == batches:
            raise RuntimeError("killed")
        done.append(1)
        return whole(session, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(tickets_erasing, "AT_ONCE", 2)
        patch.setattr(tickets_erasing, "erase_copies", killed)
        assert guichet("ticket", "erase", str(parent), str(entry))[0] == 1
    assert sum(erased(desk, each) for each in children) == 2 * batches
    assert erased(desk, parent) == 0

    facts = json.loads(guichet("ticket", "erase", str(parent), str(entry), "--json")[1])

    assert facts["copies"] == 5 - 2 * batches
    assert [erased(desk, each) for each in (parent, *children)] == [1] * 6


def test_what_is_copied_while_words_are_erased_is_erased_too(
    desk: Database, guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, [child] = a_family(desk, Status.NEW)
    entry = answer(desk, parent, SECRET)
    erase_copies, calls = erasing._erase_copies, itertools.count()

    def heard_in_between(*args: Any) -> int:
        done = erase_copies(*args)
        if next(calls) == 0:
            assert reach(desk, parent) == 1
        return done

    monkeypatch.setattr(erasing, "_erase_copies", heard_in_between)

    assert guichet("ticket", "erase", str(parent), str(entry))[0] == 0

    assert [erased(desk, each) for each in (parent, child)] == [1, 1]


def test_a_workaround_is_erased_on_every_ticket_and_not_while_it_stands(
    desk: Database, guichet: Guichet
) -> None:
    problem = a_problem(desk, incidents=[a_ticket(desk), a_ticket(desk)])
    say_workaround(desk, problem, SECRET)
    number = f"PRB-{problem:06d}"
    entry = "4"
    assert "takes it back" in guichet("problem", "erase", number, entry)[2]
    assert SECRET in str([each.payload for each in letters(desk)])
    assert guichet("problem", "workaround", number, "--none")[0] == 0

    facts = json.loads(guichet("problem", "erase", number, entry, "--json")[1])

    assert (facts["number"], facts["copies"]) == (number, 2)
    assert SECRET not in str([each.payload for each in letters(desk)])
    assert guichet("audit", "verify")[0] == 0


async def sent(desk: Database, var: Path) -> list[Path]:
    """What a desk without a mail server has kept of its outbox."""
    mail = MaildirMail(var / "mail")
    for each in letters(desk):
        if each.port == "mail":
            text = str(each.payload["text"])
            await mail.send(Mail(key=each.key, to="x@example.org", subject="x", text=text, at=NOW))
    return [path for path in (var / "mail").rglob("*") if path.is_file()]


async def test_letters_that_a_desk_without_a_mail_server_has_kept_are_deleted(
    desk: Database, guichet: Guichet, var: Path
) -> None:
    talk = a_conversation(desk, identity=ANA)
    parent, child = a_ticket(desk, status=Status.IN_PROGRESS), a_ticket(desk, talk)
    link(desk, child, parent)
    entry = answer(desk, parent, SECRET)
    reach(desk, parent)
    before = await sent(desk, var)
    holding = [path for path in before if b"555 1234" in path.read_bytes()]
    assert holding

    facts = json.loads(guichet("ticket", "erase", str(parent), str(entry), "--json")[1])

    assert facts["letters_deleted"] == len(holding)
    assert [path for path in before if not path.exists()] == holding


async def test_a_letter_that_a_killed_erasure_has_left_is_deleted_when_it_is_asked_for_again(
    desk: Database, guichet: Guichet, var: Path
) -> None:
    ticket_id = a_ticket(desk, a_conversation(desk, identity=ANA))
    entry = answer(desk, ticket_id, SECRET)
    before = await sent(desk, var)
    desk.write(tickets_erasing.erase_text, ticket_id, entry, actor="agent:1", now=NOW)

    assert guichet("ticket", "erase", str(ticket_id), str(entry))[0] == 0

    assert [path for path in before if path.exists() and b"555 1234" in path.read_bytes()] == []
    assert "has no text" in guichet("ticket", "erase", str(ticket_id), str(entry))[2]

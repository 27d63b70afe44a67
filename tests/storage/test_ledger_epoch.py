"""A ledger has one identity."""

from __future__ import annotations

from storage.database import Database
from storage.ledger_epoch import LedgerEpoch, ledger_epoch
from tests.databases import at_once


def test_the_epoch_is_made_once_and_stays(db: Database) -> None:
    first = db.write(ledger_epoch)

    assert db.write(ledger_epoch) == first
    assert len(first) == 16


def test_two_first_starts_at_once_agree_on_the_epoch(db: Database) -> None:
    epochs = at_once(8, lambda _: db.write(ledger_epoch))

    assert len(set(epochs)) == 1
    assert db.read(lambda session: session.query(LedgerEpoch).count()) == 1

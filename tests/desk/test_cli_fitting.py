"""Tables on narrow terminals: columns go, what matters is never cut."""

from __future__ import annotations

import pytest

from desk.cli.console import out
from desk.cli.fitting import Column, fitting, print_fitting
from notices.outbox.operations import claim_parcels, mark_failed, put_in_outbox
from storage.database import Database
from tests.databases import NOW
from tests.desk.administered import desk, guichet, var  # noqa: F401
from tests.desk.commands import Guichet
from tests.ticketing.promised import a_p3

COLUMNS = (Column("number"), Column("group", goes=2), Column("requester", goes=1), Column("summary", room=20))
ROWS = [("INC-000001", "network L1", "ana@example.org", "The printer on the second floor burns")]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    """How wide it is."""
    monkeypatch.setattr(out, "_force_terminal", True)
    monkeypatch.setattr(out, "_width", request.param)
    monkeypatch.setattr(out, "no_color", True)
    width: int = request.param
    return width


@pytest.mark.parametrize(
    ("width", "kept"), [(61, [0, 1, 2, 3]), (60, [0, 1, 3]), (44, [0, 1, 3]), (43, [0, 3]), (10, [0, 3])]
)
def test_columns_go_in_their_order_and_only_as_far_as_needed(width: int, kept: list[int]) -> None:
    assert fitting(COLUMNS, ROWS, width) == kept


def test_a_column_that_needs_less_than_its_room_sends_nobody_away() -> None:
    assert fitting(COLUMNS, [(*ROWS[0][:3], "fire")], 51) == [0, 1, 2, 3]


@pytest.mark.parametrize("terminal", [60, 44, 32], indirect=True)
def test_what_stays_is_whole(terminal: int, capsys: pytest.CaptureFixture[str]) -> None:
    print_fitting(COLUMNS, ROWS)

    lines = capsys.readouterr().out.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= terminal
    assert lines[1].startswith("INC-000001  ")
    assert len(lines[0][lines[0].index("summary") :]) >= 20


@pytest.mark.parametrize("terminal", [60, 80], indirect=True)
def test_a_list_has_number_priority_and_summary_on_every_terminal(
    terminal: int,
    desk: Database,  # noqa: F811
    guichet: Guichet,  # noqa: F811
) -> None:
    ticket_id = a_p3(desk)

    said = guichet("ticket", "list")[1]

    first, *rest = said.splitlines()[1:]
    assert first.startswith(f"INC-{ticket_id:06d}  P3")
    assert "…" not in said
    assert max(map(len, [first, *rest])) <= terminal


@pytest.mark.parametrize("terminal", [60, 80], indirect=True)
def test_letters_and_what_is_wrong_with_them_can_be_read_on_every_terminal(
    terminal: int,
    desk: Database,  # noqa: F811
    guichet: Guichet,  # noqa: F811
) -> None:
    key, to = "ticket:INC-000001:assigned:12:agent:2", "service-desk@company.example.org"
    desk.write(put_in_outbox, key=key, port="mail", recipient=to, payload={}, now=NOW)
    [letter] = desk.write(claim_parcels, now=NOW)
    desk.write(mark_failed, letter.id, why="the server refuses it (550)", now=NOW, is_final=True)

    lines = guichet("outbox", "list")[1].splitlines()[:-1]

    assert max(len(line.rstrip()) for line in lines) <= terminal
    assert lines[1].startswith("1       dead   ticket:INC-000001")
    assert "(550)" in " ".join(lines)
    assert "…" not in "".join(lines)


@pytest.mark.parametrize("terminal", [60], indirect=True)
def test_due_dates_are_whole_on_a_narrow_terminal(
    terminal: int,
    desk: Database,  # noqa: F811
    guichet: Guichet,  # noqa: F811
) -> None:
    said = guichet("ticket", "show", str(a_p3(desk)))[1]

    assert "2026-03-02 11:00" in said
    assert "…" not in said

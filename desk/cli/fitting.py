"""Tables that stay readable on a narrow terminal: whole columns go before the important ones are cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from desk.cli.console import out

PIPE_WIDTH = 200
GAP = 2


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Args:
        goes: what goes first has the lowest number; None for what always stays.
        room: the least width of a column whose words may be broken; None for one that is never broken.
    """

    name: str
    goes: int | None = None
    room: int | None = None


def print_fitting(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, title: str | None = None
) -> None:
    """A table on the screen, with the columns that there is room for."""
    console = screen()
    needed = _needed(columns, rows)
    kept = fitting(columns, rows, console.width)
    table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    for index in kept:
        column = columns[index]
        table.add_column(column.name, no_wrap=column.room is None, min_width=needed[index], overflow="fold")
    for row in rows:
        table.add_row(*(row[index] for index in kept))
    console.print(table)


def screen() -> Console:
    """Where tables go; a program that reads lines gets them whole."""
    return out if out.is_terminal else Console(width=PIPE_WIDTH, highlight=False)


def fitting(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Which columns are shown where lines are so wide; `rows` have markup."""
    needed = _needed(columns, rows)
    kept = list(range(len(columns)))
    leaving = sorted((column.goes, index) for index, column in enumerate(columns) if column.goes is not None)
    for _, index in leaving:
        if sum(needed[each] + GAP for each in kept) - GAP <= width:
            break
        kept.remove(index)
    return kept


def _needed(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    widths = []
    for index, column in enumerate(columns):
        cells = (column.name, *(row[index] for row in rows))
        widest = max(Text.from_markup(text).cell_len for text in cells)
        widths.append(widest if column.room is None else min(widest, column.room))
    return widths

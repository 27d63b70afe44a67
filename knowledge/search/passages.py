"""Cuts an article's Markdown where a reader would: at headings, paragraphs and whole lists. Pure.

`passages` are the small pieces that are compared with a question; `excerpt` is the larger piece, in the
article's own words, that is shown for one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

PASSAGE_LENGTH = 500
EXCERPT_LENGTH = 900
WITH_INTRODUCTION = 1100
LONGEST_BLOCK = 1800
"""A list of steps is shown whole up to this length: half of the steps help nobody."""

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*")
_ITEM = re.compile(r"\s{0,3}(?:[-*+]|\d{1,3}[.)])\s+")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_END = re.compile(r"[.!?…][\"»”)\s]*$")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[A-ZÀ-ÖØ-Þ«\"“(])")


@dataclass(frozen=True)
class Block:
    """A paragraph, a list or a code block, under its heading."""

    section: int
    heading: str
    text: str
    is_list: bool


@dataclass(frozen=True)
class Passage:
    """A piece of about 500 characters to compare with questions; `block` is where it begins."""

    heading: str
    text: str
    block: int

    @property
    def words(self) -> str:
        return f"{self.heading}\n{self.text}" if self.heading else self.text


def blocks(markdown: str, fill: Callable[[str], str] = str) -> tuple[Block, ...]:
    """The blocks of an article in order; headings are not blocks, each block knows its own.

    Args:
        fill: puts the site facts in place of their placeholders, when the Markdown has become plain text:
            a value with stars in it is not emphasis.
    """
    found: list[Block] = []
    heading, section = "", 0
    for lines in _groups(markdown.splitlines()):
        if match := _HEADING.fullmatch(lines[0].strip()):
            heading, section = fill(plain(match[1])), section + 1
            continue
        is_list = _ITEM.match(lines[0]) is not None
        text = fill(plain("\n".join(lines).strip("\n")))
        previous = found[-1] if found else None
        if previous and previous.is_list and previous.section == section and (is_list or lines[0][:1] == " "):
            # A loose list, or a paragraph that belongs to its last item.
            found[-1] = Block(section, heading, f"{previous.text}\n{text}", True)
        elif text:
            found.append(Block(section, heading, text, is_list))
    return tuple(found)


def passages(outline: Sequence[Block]) -> tuple[Passage, ...]:
    """Blocks of one section joined up to about 500 characters; a long one is cut at items or sentences."""
    found: list[Passage] = []
    for index, block in enumerate(outline):
        for piece in _pieces(block, PASSAGE_LENGTH):
            last = found[-1] if found else None
            joins = last is not None and outline[last.block].section == block.section
            if last is not None and joins and len(last.text) + len(piece) < PASSAGE_LENGTH:
                found[-1] = Passage(last.heading, f"{last.text}\n{piece}", last.block)
            else:
                found.append(Passage(block.heading, piece, index))
    return tuple(found)


def opening(outline: Sequence[Block]) -> str:
    """What an article says first: the blocks before its first heading, or else how it begins."""
    return _written([block for block in outline if block.section == 0]) or excerpt(outline, 0)


def excerpt(outline: Sequence[Block], start: int) -> str:
    """The text to show when the passage beginning in block `start` answers: its section, or what fits of it.

    Whole blocks only, never half a list of steps. A sentence that announces a list comes with the list, and
    an introduction comes with the sections after it, as far as they fit.
    """
    if not outline:
        return ""
    first, last = _widened(outline, start)
    text = _written(outline[first : last + 1])
    while outline[first].section == 0 and last + 1 < len(outline):
        _, end = _widened(outline, last + 1)
        more = _written(outline[last + 1 : end + 1])
        whole = end + 1 == len(outline) or outline[end + 1].section != outline[end].section
        if not whole or len(text) + len(more) > WITH_INTRODUCTION:
            break
        text, last = f"{text}\n\n{more}", end
    return text


def _widened(outline: Sequence[Block], start: int) -> tuple[int, int]:
    """First and last block of what is shown around `start`, within its section."""
    first = start - 1 if _announced(outline, start) else start
    last = _with_its_list(outline, start)
    section = outline[start].section
    while last + 1 < len(outline) and outline[last + 1].section == section:
        end = _with_its_list(outline, last + 1)
        if _length(outline[first : end + 1]) > EXCERPT_LENGTH:
            break
        last = end
    while first > 0 and outline[first - 1].section == section:
        if _length(outline[first - 1 : last + 1]) > EXCERPT_LENGTH:
            break
        first -= 1
    return first, last


def _with_its_list(outline: Sequence[Block], index: int) -> int:
    """The block, or the list that it announces."""
    return index + 1 if index + 1 < len(outline) and _announced(outline, index + 1) else index


def _length(shown: Sequence[Block]) -> int:
    return sum(len(block.text) for block in shown)


def _written(shown: Sequence[Block]) -> str:
    if not shown:
        return ""
    text = "\n\n".join(next(_pieces(block, LONGEST_BLOCK)) for block in shown)
    return f"{shown[0].heading}\n\n{text}" if shown[0].heading else text


def plain(markdown: str) -> str:
    """Markdown's words without its signs, for channels that show text as it is."""
    text = re.sub(r"!\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+|mailto:[^)\s]+|\{\{[^)}]+\}\})[^)]*\)", r"\1 (\2)", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])", r"\1", text)
    text = re.sub(r"`([^`\n]+)`", r"\1", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+\-.!<>|~])", r"\1", text)


def _groups(lines: Sequence[str]) -> Iterator[list[str]]:
    """Lines that belong together: separated by blank lines, headings alone, code fences whole."""
    group: list[str] = []
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence or (mark and not group):
            group.append(line)
            if mark and fence == mark[1]:
                yield group[1:-1]
                group, fence = [], ""
            else:
                fence = fence or (mark[1] if mark else "")
        elif not line.strip() or _HEADING.fullmatch(line.strip()):
            if group:
                yield group
            group = []
            if line.strip():
                yield [line]
        elif group and _ITEM.match(line) and not _ITEM.match(group[0]):
            yield group
            group = [line]
        else:
            group.append(line)
    if group:
        yield group


def _pieces(block: Block, length: int) -> Iterator[str]:
    if len(block.text) <= length:
        yield block.text
        return
    parts = _items(block.text) if block.is_list else _SENTENCE_END.split(block.text)
    joint = "\n" if block.is_list else " "
    piece = ""
    for part in parts:
        if piece and len(piece) + len(part) > length:
            yield piece
            piece = part
        else:
            piece = f"{piece}{joint}{part}" if piece else part
    yield piece


def _items(text: str) -> list[str]:
    items: list[str] = []
    for line in text.split("\n"):
        if _ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += f"\n{line}"
    return items


def _announced(outline: Sequence[Block], index: int) -> bool:
    """Whether the block before this list is the sentence, or the line in bold, that leads into it."""
    if index == 0 or not outline[index].is_list:
        return False
    before = outline[index - 1]
    ends = _END.search(before.text) is not None
    return before.section == outline[index].section and not before.is_list and not ends

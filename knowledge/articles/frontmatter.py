"""Reads an article file: YAML between two lines of `---`, then Markdown. A flaw has its file and line."""

from __future__ import annotations

from typing import Any

import yaml

from knowledge.articles.errors import ArticleBroken, Flaw
from knowledge.articles.facts import placeholder_faults
from knowledge.articles.logic import ArticleDraft, draft_of, faults_of

FENCE = "---"
FIRST_YAML_LINE = 2


def parse_article(text: str, *, file: str, slug: str, language: str) -> ArticleDraft:
    """The article in `text`; raises ArticleBroken with every flaw found."""
    text = text.removeprefix("\ufeff")
    front, body = _split(text, file)
    values, lines = _read(front, file)
    flaws = [
        Flaw(file, lines.get(fault.key or "", 1), fault.reason)
        for fault in faults_of(values, body, slug, language)
    ]
    flaws += [Flaw(file, line, reason) for line, reason in placeholder_faults(text)]
    if flaws:
        raise ArticleBroken(tuple(flaws))
    return draft_of(values, body, slug, language)


def _split(text: str, file: str) -> tuple[str, str]:
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != FENCE:
        raise ArticleBroken((Flaw(file, 1, "the file must start with a line ---"),))
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :])
    raise ArticleBroken((Flaw(file, 1, "the front matter is not closed by a line ---"),))


def _read(front: str, file: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The values, and on which line of the file each key stands."""
    try:
        node = yaml.compose(front, Loader=yaml.SafeLoader)
        values = yaml.safe_load(front)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + FIRST_YAML_LINE if mark else 1
        raise ArticleBroken((Flaw(file, line, f"not valid YAML: {error.problem}"),)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ArticleBroken((Flaw(file, 1, f"not valid YAML: {error}"),)) from error
    if not isinstance(node, yaml.MappingNode):
        raise ArticleBroken((Flaw(file, 1, "the front matter must be lines of `key: value`"),))
    return values, _lines(node, file)


def _lines(node: yaml.MappingNode, file: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + FIRST_YAML_LINE
        if key.value in lines:
            raise ArticleBroken((Flaw(file, line, f"{key.value} is given twice"),))
        lines[key.value] = line
    return lines

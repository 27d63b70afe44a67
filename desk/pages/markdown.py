"""Turns an article's Markdown into HTML that may be shown to anybody, whoever wrote it. Pure.

Raw HTML is shown as text; links go to https, mailto or this site only; a picture becomes its description.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

SAFE_SCHEMES = frozenset({"https", "mailto"})
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True)
class Section:
    """A heading to jump to."""

    anchor: str
    title: str


@dataclass(frozen=True)
class Rendered:
    html: str
    sections: tuple[Section, ...]


def render(markdown: str) -> Rendered:
    """HTML below a page's own `<h1>`, and its sections."""
    tokens = _PARSER.parse(markdown)
    sections = tuple(_number_headings(tokens))
    return Rendered(str(_PARSER.renderer.render(tokens, _PARSER.options, {})), sections)


def is_safe_link(address: str) -> bool:
    """Whether a link may be followed from an article: `javascript:` and `//elsewhere` may not."""
    if _CONTROL.search(address) or address.startswith("//"):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in SAFE_SCHEMES if parts.scheme else not parts.netloc


def _number_headings(tokens: Sequence[Token]) -> list[Section]:
    """Give second-level headings an address; the page has the only first-level one."""
    sections: list[Section] = []
    for position, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close") and token.tag == "h1":
            token.tag = "h2"
        if token.type == "heading_open" and token.tag == "h2":
            title = _words(tokens[position + 1])
            anchor = f"{len(sections) + 1}-{_slug(title)}".rstrip("-")
            token.attrSet("id", anchor)
            sections.append(Section(anchor, title))
    return sections


def _words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


def _slug(title: str) -> str:
    folded = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", folded))[:60].strip("-")


def _picture(renderer: Any, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
    return str(renderer.renderInlineAsText(tokens[at].children, options, env))


def _link(renderer: Any, tokens: Sequence[Token], at: int, options: OptionsDict, env: Any) -> str:
    tokens[at].attrSet("rel", "noopener noreferrer")
    return str(renderer.renderToken(tokens, at, options, env))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=RendererHTML).enable("table")
    parser.validateLink = is_safe_link  # type: ignore[assignment,method-assign]
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("link_open", _link)
    return parser


_PARSER = _parser()

"""Turns an article's Markdown into HTML that may be shown to anybody, whoever wrote it. Pure.

Raw HTML is shown as text; links go to https, mailto or this site only; a picture becomes its description.
Site facts are put in after parsing: whatever their text is, it is text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from knowledge.articles.facts import PLACEHOLDER

SAFE_SCHEMES = frozenset({"https", "mailto"})
_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")

# Stand for a placeholder's braces while parsing: letters to Markdown, and in no article.
_OPEN, _CLOSE = "\ue000", "\ue001"
_STAND_IN = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_STAND_IN_IN_LINK = re.compile(f"{quote(_OPEN)}([a-z_]+){quote(_CLOSE)}")
_ADDRESS = re.compile(r"[^@\s:/?]+@[^@\s:/?]+\.[^@\s:/?]+")

Fact = Callable[[str], str | None]
"""The value of a site fact, None when there is no such fact."""


@dataclass(frozen=True)
class Section:
    """A heading to jump to."""

    anchor: str
    title: str


@dataclass(frozen=True)
class Rendered:
    html: str
    sections: tuple[Section, ...]


def render(markdown: str, fact: Fact = lambda _: None) -> Rendered:
    """HTML below a page's own `<h1>`, and its sections."""
    text = markdown.replace(_OPEN, "").replace(_CLOSE, "")
    tokens = _PARSER.parse(PLACEHOLDER.sub(rf"{_OPEN}\1{_CLOSE}", text))
    for token in tokens:
        _fill(token, fact)
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


def _fill(token: Token, fact: Fact) -> None:
    """Put the facts into a token and those inside it."""
    if token.children:
        token.children = list(_filled(token.children, fact))
    elif token.content:
        token.content = _text(token.content, fact)


def _filled(tokens: Sequence[Token], fact: Fact) -> Iterator[Token]:
    links: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            links.append(_fill_link(token, fact))
        if token.type in ("link_open", "link_close"):
            # Of a link to nowhere the words stay.
            if links[-1]:
                yield token
            if token.type == "link_close":
                links.pop()
        elif token.type == "text" and not links:
            yield from _linked(token.content, fact)
        else:
            _fill(token, fact)
            yield token


def _fill_link(token: Token, fact: Fact) -> bool:
    """Returns whether the link leads somewhere safe."""
    href = str(token.attrGet("href") or "")
    address = _STAND_IN_IN_LINK.sub(lambda found: fact(found[1]) or "", href)
    if address != href:
        address = _address_of(address) or address
        token.attrSet("href", address)
    return bool(address) and is_safe_link(address)


def _linked(text: str, fact: Fact) -> Iterator[Token]:
    """The text, a fact that is an address as a link to it."""
    end = 0
    for found in _STAND_IN.finditer(text):
        value = fact(found[1])
        address = _address_of(value) if value else None
        if value is None or address is None:
            continue
        yield _token("text", "", 0, _text(text[end : found.start()], fact))
        opening = _token("link_open", "a", 1)
        opening.attrs = {"href": address, "class": "address"}
        yield from (opening, _token("text", "", 0, value), _token("link_close", "a", -1))
        end = found.end()
    yield _token("text", "", 0, _text(text[end:], fact))


def _address_of(value: str) -> str | None:
    """Where a fact leads that is an address by itself."""
    if _ADDRESS.fullmatch(value):
        return f"mailto:{quote(value, safe='@')}"
    return value if value.startswith("https://") and is_safe_link(value) else None


def _text(content: str, fact: Fact) -> str:
    """A fact that nobody knows stays visible as it was written."""

    def value(found: re.Match[str]) -> str:
        known = fact(found[1])
        return f"{{{{ {found[1]} }}}}" if known is None else known

    return _STAND_IN.sub(value, content)


def _token(kind: str, tag: str, nesting: Any, content: str = "") -> Token:
    return Token(kind, tag, nesting, content=content)


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

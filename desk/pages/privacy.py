"""Serves the whole privacy notice: the shipped one, or the way to the organisation's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from desk.pages.routes import ArticlePages, html
from desk.pages.templates import text_page
from desk.pages.texts import texts
from notices.privacy.notice import PrivacyNotice, whole_notice

PATH = "/privacy"


@dataclass(frozen=True)
class PrivacyPage:
    """What the page needs; `values` has what stands for the placeholders, by language."""

    pages: ArticlePages
    notice: PrivacyNotice
    values: Callable[[str], Mapping[str, str]]

    async def show(self, request: web.Request) -> web.StreamResponse:
        if self.notice.link:
            raise web.HTTPFound(self.notice.link)
        language = self.pages.language(request)
        text = whole_notice(language, self.values(language))
        return html(text_page(texts(language)["privacy"], text, self.pages.look, language, PATH))

"""The page behind the link in "your request is resolved": five answers and room for words, no script.

Opening it changes nothing, as mail scanners open every link; only the form does, once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from html import escape

from aiohttp import web

from desk.pages.routes import ArticlePages
from desk.pages.secret import SECRET_HEADERS, SecretPages, Turnstile, ticket_box
from desk.pages.texts import Texts
from ticketing.ratings.errors import CommentTooLong, RatingNotFound, ScoreInvalid
from ticketing.ratings.logic import COMMENT_CHARACTERS, PATH, SCORES
from ticketing.ratings.operations import give_rating
from ticketing.ratings.queries import AskedRating, asked_rating

OWN_PAGE = frozenset({"same-origin", "none"})


@dataclass(frozen=True)
class Entered:
    """What was typed into a form that could not be kept, and the key of the text that says why."""

    score: str = ""
    comment: str = ""
    why: str | None = None


@dataclass(frozen=True)
class RatingPage:
    """What the page needs; `origins` are the desk's own."""

    pages: ArticlePages
    origins: Collection[str]
    now: Callable[[], datetime]
    turnstile: Turnstile

    async def show(self, request: web.Request) -> web.Response:
        """`GET /rate/TOKEN`."""
        if too_often := self._put_off(request):
            return too_often
        token = request.match_info["token"]
        try:
            asked = await self.pages.database.aread(asked_rating, token, now=self.now())
        except RatingNotFound:
            return self._secret.plain(request, "rating_gone", "rating_gone_text", status=404)
        return self._shown(request, asked, Entered())

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """`POST /rate/TOKEN`: read only once it is known that the address may."""
        if too_often := self._put_off(request):
            return too_often
        token = request.match_info["token"]
        if not self._is_own(request):
            return self._secret.plain(request, "rating_title", "rating_refused", status=403)
        form = await request.post()
        score, comment = str(form.get("score", "")), str(form.get("comment", "")).replace("\r\n", "\n")
        try:
            await self.pages.database.awrite(give_rating, token, _score(score), comment, now=self.now())
        except RatingNotFound:
            return self._secret.plain(request, "rating_gone", "rating_gone_text", status=404)
        except (ScoreInvalid, CommentTooLong) as refused:
            why = "rating_choose" if isinstance(refused, ScoreInvalid) else "rating_too_long"
            return await self._again(request, token, Entered(score, comment, why))
        # Back and "reload" then show the thanks, and send nothing again.
        raise web.HTTPSeeOther(request.rel_url, headers=SECRET_HEADERS)

    async def _again(self, request: web.Request, token: str, entered: Entered) -> web.Response:
        try:
            asked = await self.pages.database.aread(asked_rating, token, now=self.now())
        except RatingNotFound:
            return self._secret.plain(request, "rating_gone", "rating_gone_text", status=404)
        return self._shown(request, asked, entered, status=422)

    def _put_off(self, request: web.Request) -> web.Response | None:
        return self._secret.put_off(request, self.turnstile, "rating_title", "rating_slow")

    def _is_own(self, request: web.Request) -> bool:
        """Whether a form was sent from this page. The token is the secret; this stops who only has a link.

        A browser that tells no referrer says `Origin: null` here, so `Sec-Fetch-Site` is asked first.
        """
        if site := request.headers.get("Sec-Fetch-Site"):
            return site in OWN_PAGE
        return request.headers.get("Origin", "null") in {"null", *self.origins}

    def _shown(
        self, request: web.Request, asked: AskedRating, entered: Entered, status: int = 200
    ) -> web.Response:
        said = self._secret.said(request, asked.language)
        title = said["rating_title" if asked.score is None else "rating_thanks"]
        body = _form(asked, entered, said) if asked.score is None else _thanks(asked, said)
        main = f"<h1>{escape(title)}</h1>{body}"
        if entered.why and asked.score is None:
            title = f"{said['rating_problem']} {title}"
        return self._secret.shown(request, title, main, said, status=status)

    @property
    def _secret(self) -> SecretPages:
        return SecretPages(self.pages)


def routes(rating: RatingPage) -> list[web.AbstractRouteDef]:
    """The routes, for the application to add."""
    address = PATH + "{token}"
    return [web.get(address, rating.show), web.post(address, rating.keep)]


def _form(asked: AskedRating, entered: Entered, said: Texts) -> str:
    alert = ""
    if entered.why:
        alert = (
            f'<p class="notice" role="alert">{escape(said["rating_problem"])} {escape(said[entered.why])}</p>'
        )
    scores = "".join(_choice(score, entered.score == str(score), said) for score in SCORES)
    return (
        f"<p>{escape(said['rating_lead'])}</p>{_ticket(asked)}{alert}"
        f'<form class="rating" method="post"><fieldset><legend>{escape(said["rating_legend"])}</legend>'
        f'<div class="scores">{scores}</div></fieldset>'
        f'<div class="words"><label for="comment">{escape(said["rating_comment"])}</label>'
        f'<p class="hint" id="hint">{escape(said["rating_hint"])}</p>'
        f'<textarea id="comment" name="comment" rows="4" maxlength="{COMMENT_CHARACTERS}" '
        f'aria-describedby="hint">\n{escape(entered.comment)}</textarea></div>'
        f'<button type="submit">{escape(said["rating_send"])}</button></form>'
    )


def _choice(score: int, is_checked: bool, said: Texts) -> str:
    checked = " checked" if is_checked else ""
    return (
        f'<label><input type="radio" name="score" value="{score}" required{checked}>'
        f"<b>{score}</b> <span>{escape(said[f'rating_{score}'])}</span></label>"
    )


def _thanks(asked: AskedRating, said: Texts) -> str:
    words = ""
    if asked.comment:
        words = f'<h2>{escape(said["rating_said"])}</h2><p class="said">{escape(asked.comment)}</p>'
    return (
        f'<p role="status">{escape(said["rating_thanks_text"])} '
        f"<strong>{asked.score} – {escape(said[f'rating_{asked.score}'])}</strong></p>{_ticket(asked)}{words}"
    )


def _ticket(asked: AskedRating) -> str:
    return ticket_box(asked.ticket, asked.summary, asked.language)


def _score(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 1 else 0

"""What people are told at first contact: this installation's words, version by version."""

from __future__ import annotations

from hashlib import sha256

from desk.pages.privacy import PATH
from desk.settings import Settings
from notices.privacy.notice import read_notice
from notices.texts.catalogue import LANGUAGES, entries, say
from ticketing.first_contact.logic import FirstContact, Notice, NoticeKind


def first_contact(settings: Settings) -> FirstContact:
    """The two notices, with the organisation's name, address and link filled in."""
    return FirstContact((_machine(settings), _privacy(settings)))


def notice_values(settings: Settings, language: str) -> dict[str, str]:
    """What stands for the placeholders of a privacy notice."""
    own = f"{settings.public_url}{PATH}?lang={language}"
    link = read_notice(settings.privacy_notice).link or own
    return {"organisation": settings.organisation, "contact": settings.team_email, "link": link}


def _machine(settings: Settings) -> Notice:
    # The words are their own version: a changed sentence is said to everybody once more.
    words = "\n".join(entries(language)["notice_machine"].text for language in LANGUAGES)
    texts = {
        language: say("notice_machine", language, organisation=settings.organisation).text
        for language in LANGUAGES
    }
    return Notice(NoticeKind.MACHINE, sha256(words.encode()).hexdigest()[:12], texts)


def _privacy(settings: Settings) -> Notice:
    notice = read_notice(settings.privacy_notice)
    texts = {language: notice.text(language, notice_values(settings, language)) for language in LANGUAGES}
    return Notice(NoticeKind.PRIVACY, notice.version, texts)

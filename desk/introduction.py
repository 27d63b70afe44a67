"""What people are told at first contact: this installation's words, version by version."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from desk.pages.privacy import PATH
from desk.settings.values import Settings
from notices.privacy.notice import PrivacyNotice, from_kept, read_notice
from notices.texts.catalogue import LANGUAGES, entries, say
from ticketing.first_contact.logic import FirstContact, Notice, NoticeKind


def first_contact(settings: Settings) -> FirstContact:
    """The two notices, with the organisation's name, address and link filled in."""

    def of_site(key: str, kept: Mapping[str, Any]) -> Notice:
        notice = from_kept(kept)
        # Versions of two sites, or of a site and the installation, say nothing about each other.
        return _privacy(settings, notice, f"{key}/{notice.version}")

    notice = read_notice(settings.privacy_notice)
    return FirstContact((_machine(settings), _privacy(settings, notice, notice.version)), of_site)


def notice_values(settings: Settings, language: str) -> dict[str, str]:
    """What stands for the placeholders of the installation's privacy notice."""
    return _values(settings, read_notice(settings.privacy_notice), language)


def _values(settings: Settings, notice: PrivacyNotice, language: str) -> dict[str, str]:
    own = f"{settings.public_url}{PATH}?lang={language}"
    return {
        "organisation": settings.organisation,
        "contact": settings.team_email,
        "link": notice.link or own,
    }


def _machine(settings: Settings) -> Notice:
    # The words are their own version: a changed sentence is said to everybody once more.
    words = "\n".join(entries(language)["notice_machine"].text for language in LANGUAGES)
    texts = {
        language: say("notice_machine", language, organisation=settings.organisation).text
        for language in LANGUAGES
    }
    return Notice(NoticeKind.MACHINE, sha256(words.encode()).hexdigest()[:12], texts)


def _privacy(settings: Settings, notice: PrivacyNotice, version: str) -> Notice:
    texts = {language: notice.text(language, _values(settings, notice, language)) for language in LANGUAGES}
    return Notice(NoticeKind.PRIVACY, version, texts)

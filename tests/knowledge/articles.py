"""Builders: what a test is not about has a sensible value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from knowledge.articles.logic import ArticleDraft, Audience

VPN = ArticleDraft(
    slug="connect-to-the-vpn",
    language="en",
    title="Connect to the VPN from home",
    questions=("How do I connect to the VPN?", "VPN not working", "reach the company network from home"),
    category="network",
    audience=Audience.EVERYONE,
    review_on=date(2027, 5, 31),
    translation="vpn",
    body=(
        "Open the VPN application and click **Connect**.\n\n"
        "## If it fails\n\n1. Restart the computer.\n2. Try a hotspot.\n"
    ),
)
PRINTER = replace(
    VPN,
    slug="fix-a-printer",
    title="Fix a printer that does not print",
    questions=("My printer is not printing", "paper jam", "nothing comes out of the printer"),
    category="printing",
    translation="printer",
    body=(
        "Look at the printer's screen.\n\n"
        "## Clear the queue\n\n1. Open the queue.\n2. Cancel every document.\n"
    ),
)
MAILBOX = replace(
    VPN,
    slug="free-space-in-a-full-mailbox",
    title="Free space in a full mailbox",
    questions=("My mailbox is full", "I cannot send mail, quota exceeded", "archive old messages"),
    category="mail",
    translation="mailbox-full",
    body="Delete the largest messages first, then empty the deleted items.\n",
)
IMPRIMANTE = replace(
    PRINTER,
    slug="depanner-une-imprimante",
    language="fr",
    title="Dépanner une imprimante",
    questions=("Mon imprimante n'imprime plus", "bourrage papier", "rien ne sort de l'imprimante"),
    body=(
        "Regardez l'écran de l'imprimante.\n\n"
        "## Vider la file\n\n1. Ouvrez la file d'attente.\n2. Annulez tout.\n"
    ),
)
ALL = (VPN, PRINTER, MAILBOX, IMPRIMANTE)


def an_article(**changes: Any) -> ArticleDraft:
    return replace(VPN, **changes)


def a_file(**changes: str | None) -> str:
    """An article file; a key given as None is left out."""
    front: dict[str, str | None] = {
        "title": '"Connect to the VPN"',
        "questions": '["How do I connect?", "VPN not working", "vpn from home"]',
        "category": "network",
        "audience": "everyone",
        "review": "2027-05-31",
        "translation": "vpn",
    }
    body = changes.pop("body", "Click **Connect**.")
    lines = [f"{key}: {value}" for key, value in (front | changes).items() if value is not None]
    return "\n".join(["---", *lines, "---", body or ""])

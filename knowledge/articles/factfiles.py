"""Reads the site facts: those that come with the articles, and the organisation's own over them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from knowledge.articles.facts import Fact, Facts, FactsBroken, facts_of

SHIPPED = "shipped"


@cache
def shipped_facts() -> Facts:
    """Neutral values, so that every article can be read before anything is set."""
    path = resources.files("knowledge").joinpath("library", "facts.toml")
    return facts_of(path.read_text("utf-8"), file="knowledge/library/facts.toml", origin=SHIPPED)


def load_facts(path: Path | None = None, *, organisation: str | None = None) -> Facts:
    """The facts of this desk; raises FactsBroken, in a sentence for an operator.

    Args:
        path: the organisation's own file; its values win.
        organisation: the name in the settings, so that it need not be said twice.
    """
    facts = shipped_facts()
    if organisation:
        facts = facts.overridden_by(Facts({"organisation": Fact(organisation, "GUICHET_ORGANISATION")}))
    if path is None:
        return facts
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FactsBroken([f"{path}: cannot be read: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise FactsBroken([f"{path}: is not UTF-8 text"]) from error
    return facts.overridden_by(facts_of(text, file=str(path)))

"""The conversations as they are written in `conversations/{language}/{topic}.yml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent / "conversations"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GivenTicket(_Model):
    """A ticket on file before the conversation."""

    summary: str
    type: Literal["incident", "service_request", "request"] = "incident"


class Given(_Model):
    """What is on file before the conversation."""

    tickets: tuple[GivenTicket, ...] = ()
    foreign_tickets: tuple[GivenTicket, ...] = ()


class Step(_Model):
    """One turn: what the person does, and what must come back.

    Attributes:
        say: a line, or lines typed quickly one after the other.
        press: a button, by its payload (with a slash) or a part of its title.
        expect: one kind of reply that must be among the turn's, or several of which one must be.
        also: kinds that must be among them too.
        article: translation keys, of which the answer's article must have one.
    """

    say: str | tuple[str, ...] | None = None
    press: str | None = None
    expect: str | tuple[str, ...]
    also: tuple[str, ...] = ()
    article: str | tuple[str, ...] | None = None
    says: str | None = None
    never: str | None = None
    into: Literal["en", "fr"] | None = None

    @property
    def expected(self) -> tuple[str, ...]:
        return (self.expect,) if isinstance(self.expect, str) else self.expect

    @property
    def articles(self) -> tuple[str, ...]:
        return (self.article,) if isinstance(self.article, str) else self.article or ()

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.say,) if isinstance(self.say, str) else self.say or ()


class Conversation(_Model):
    """One conversation from the first line to the last reply."""

    name: str
    topic: str
    folder: Literal["en", "fr"]
    outcome: str
    person: Literal["known", "anonymous"] = "known"
    language: Literal["en", "fr"]
    given: Given = Given()
    turns: tuple[Step, ...]

    @property
    def id(self) -> str:
        return f"{self.folder}/{self.topic}: {self.name}"


@cache
def all_conversations(folder: Path = FOLDER) -> tuple[Conversation, ...]:
    """Every conversation of a folder, in the order of the files."""
    return tuple(
        _read(raw, path)
        for path in sorted(folder.glob("*/*.yml"))
        for raw in yaml.safe_load(path.read_text())
    )


def _read(raw: dict[str, object], path: Path) -> Conversation:
    turns = raw["turns"]
    assert isinstance(turns, list)
    steps = [{("into" if key == "in" else key): value for key, value in turn.items()} for turn in turns]
    language = raw.get("language", path.parent.name)
    about = {"topic": path.stem, "folder": path.parent.name, "language": language}
    return Conversation.model_validate({**raw, **about, "turns": steps})

"""What is refused about articles."""

from __future__ import annotations

from dataclasses import dataclass


class KnowledgeError(Exception):
    """Base of what the knowledge base refuses; `code` is stable, clients may rely on it."""

    code = "knowledge_error"


class ArticleNotFound(KnowledgeError):
    code = "article_not_found"

    def __init__(self, slug: str) -> None:
        super().__init__(f"no article {slug!r}")
        self.slug = slug


@dataclass(frozen=True)
class Flaw:
    """One thing wrong in one file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class ArticleBroken(KnowledgeError):
    """A file that is not an article; every flaw of it is listed at once."""

    code = "article_broken"

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        super().__init__("\n".join(str(flaw) for flaw in flaws))
        self.flaws = flaws

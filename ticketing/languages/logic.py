"""In which language a person writes, and when the conversation follows. No I/O; words are read at import.

What somebody pastes is not how somebody writes: logs, code, quotations, addresses and numbers are no
evidence. What is left is judged by two things that fail differently: words that only one of the languages
has, and a detector's guess.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

LANGUAGES = ("en", "fr")

SENTENCE_WORDS = 4
SURE = 0.85
"""From here on the detector is believed between telling words of both languages."""

VERY_SURE = 0.97
"""From here on it is believed against a telling word: rather nothing than the wrong language."""

SENTENCE_TELLING = 2
"""So many telling words has a sentence that changes a language."""

WISH_WORDS = 9
_ANY_NAME = frozenset({"language", "languages", "langue", "langues"})
NAMES = {
    "en": _ANY_NAME | {"english", "anglais", "anglaise"},
    "fr": _ANY_NAME | {"french", "français", "francais", "française", "francaise"},
}
EVIDENCE_CHARACTERS = 2_000
DETECTOR_WORDS = 40


class LanguageSource(enum.Enum):
    """How the desk came by the language of a conversation."""

    DEFAULT = "default"
    DETECTED = "detected"
    CHOSEN = "chosen"


@dataclass(frozen=True)
class Guess:
    """What a detector thinks of some words; from 0 to 1."""

    language: str
    confidence: float


@dataclass(frozen=True)
class Sighting:
    """What a text tells about its writer; a text that tells nothing has none.

    `is_sentence`: whole and sure enough to change a language that was detected before.
    """

    language: str
    is_sentence: bool


Guesser = Callable[[str], Guess | None]


def language_after(
    current: str, source: LanguageSource, sighting: Sighting | None
) -> tuple[str, LanguageSource]:
    """The conversation's language after a line, and how the desk came by it.

    A short line in the language that is spoken anyway leaves the next one free to tell something else:
    many people say "hi" in front of a sentence in their own language.
    """
    if sighting is None or source is LanguageSource.CHOSEN:
        return current, source
    if sighting.is_sentence:
        return sighting.language, LanguageSource.DETECTED
    if source is LanguageSource.DEFAULT and sighting.language != current:
        return sighting.language, LanguageSource.DETECTED
    return current, source


def sight(text: str, guess: Guesser) -> Sighting | None:
    """What a typed text tells, or None."""
    own = evidence(text)
    words = _words(own)
    telling = [word for word in words if word not in NEUTRAL]
    if not telling:
        return None
    told = {language: _told(telling, known) for language, known in TELLING.items()}
    guessed = guess(" ".join(telling[:DETECTOR_WORDS]))
    language = _language(told, guessed)
    if language is None or _asks_for_a_language(words, language):
        return None
    is_sure = _is_sure(told, language)
    return Sighting(language, is_sure and len(words) >= SENTENCE_WORDS and not _is_from_a_machine(own))


def _asks_for_a_language(words: Sequence[str], language: str) -> bool:
    """A short line that names its own language, or speaks of languages, is a wish: the assistant's to grant.

    Followed here, it would be granted before it is heard, and "change the language" would change it twice.
    """
    return len(words) <= WISH_WORDS and not NAMES[language].isdisjoint(words)


def _language(told: Mapping[str, int], guessed: Guess | None) -> str | None:
    """The telling words decide; without any, a detector would find a language in "asdf qwer" too."""
    first, second = sorted(told, key=lambda language: -told[language])
    if not told[first]:
        return None
    if told[first] > 2 * told[second]:
        is_contradicted = (
            guessed is not None and guessed.language != first and guessed.confidence >= VERY_SURE
        )
        return None if is_contradicted and told[first] == 1 else first
    return guessed.language if guessed is not None and guessed.confidence >= SURE else None


def _is_sure(told: Mapping[str, int], language: str) -> bool:
    others = sum(count for other, count in told.items() if other != language)
    return told[language] >= SENTENCE_TELLING and told[language] > 3 * others


def evidence(text: str) -> str:
    """The words of the person alone, without what is pasted, quoted, addressed or numbered."""
    visible = _BLOCK.sub(" ", text[:EVIDENCE_CHARACTERS])
    lines = (line for line in visible.splitlines() if not _LOG.search(line))
    written = "\n".join(_REPORTED.sub(r"\1", line) for line in lines)
    return _ADDRESSED.sub(" ", _QUOTED.sub(" ", written)).strip()


def _words(own: str) -> list[str]:
    """Lower-case words; without names in capitals or with a capital inside, unless all is in capitals."""
    found = _WORD.findall(own.replace("’", "'"))
    if any(any(letter.islower() for letter in word) for word in found):
        found = [word for word in found if word[1:] == word[1:].lower() or len(word) == 1]
    return [part for word in found for part in _parts(word.lower())]


def _parts(word: str) -> list[str]:
    """aidez-moi and est-ce are two words, wi-fi is one."""
    return [word] if word in NEUTRAL else word.split("-")


def _told(words: Sequence[str], known: frozenset[str]) -> int:
    return sum(1 for word in words if word in known or _is_elided(word, known))


def _is_elided(word: str, known: frozenset[str]) -> bool:
    """l'écran, d'une, qu'il, s'affiche, n'arrive: no English word starts like that."""
    return known is TELLING["fr"] and _ELIDED.match(word) is not None


def _is_from_a_machine(own: str) -> bool:
    """Whether this may be a message off a screen, typed without quotation marks: nobody speaks of himself."""
    return _MACHINE.search(own) is not None and _SOMEBODY.search(own) is None


def _list(name: str) -> frozenset[str]:
    text = files("ticketing.languages").joinpath(name).read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if line[:1] != "#" for word in line.split())


NEUTRAL = _list("telling_nothing.txt")
TELLING = {language: _list(f"telling_{language}.txt") for language in LANGUAGES}

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_ELIDED = re.compile(r"(?:[ldjnmtsc]|qu|jusqu|lorsqu|puisqu|aujourd)'(?!(?:s|t|d|m|ll|re|ve)\b)\w{2,}")
_BLOCK = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|<[^<>\n]{1,200}>", re.DOTALL)
_LOG = re.compile(
    r"""
      ^\s*(?:>|\$\s|\#\s|[A-Z]:\\[^>\n]*>|PS\s[A-Z]:)                      # a quotation, a shell
    | ^\s*\[?\d{2,4}[-/.:]\d{2}[-/.:]\d{2}                                 # a date or a time in front
    | \b(?:DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL|TRACE)\b[\s:\]-]   # a level
    | ^\s*(?:Traceback\s\(|File\s"|at\s[\w.$<>]+\(|Caused\sby:|raise\s|import\s|from\s\w+\simport\s)
    | \b\w*(?:Error|Exception)\b\s*:                                       # a class of errors
    | ^\s*[{}\[\]();]+\s*,?$ | [;{]\s*$ | ^\s*"[\w-]+"\s*:
    | [\w.]+\([^)]*\)\s*[;{]?\s*$ | (?:==|=>|->|::|&&|\|\|)
    """,
    re.VERBOSE,
)
# What follows "the error:" or "ça dit :" is what a screen says.
_REPORTED = re.compile(
    r"(\b(?:errors?|erreurs?|messages?|msg|code|says?|saying|reads?|shows?|dit|disant|affiche|indique|marqu[eé])\s*:).*$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»|(?<!\w)'[^'\n]{6,}'(?!\w)|‘[^’\n]{6,}’(?!\w)")
_ADDRESSED = re.compile(
    r"\S+@\S+|\b(?:https?://|www\.)\S+|\S*[\\/]\S*[\\/]\S*|\b[A-Za-z]:\\\S*|\S*[\d_•]\S*|\b[\w-]+\.[a-z]{2,4}\b"
)
_MACHINE = re.compile(
    r"\b(?:fail(?:ed|ure)|error|denied|refused|unable|cannot|could\snot|did\snot|not\sfound|invalid|unknown|"
    r"expired|timed\sout|unexpected|exception|permission|echou[eé]e?s?|[eé]chec|refus[eé]e?|impossible|introuvable|"
    r"n['’]a\spas|n['’]est\spas|invalide|inconnue?|expir[eé]e?|inattendue?|autoris[eé]e?)\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\b(?:i|i['’]\w+|im|ive|my|me|we|our|us|please|pls|thanks?|hi|can|could\syou|how|why|what|where|"
    r"je|j['’]\w+|jai|mon|ma|mes|moi|m['’]\w+|nous|notre|nos|on|svp|stp|merci|bonjour|comment|pourquoi|quoi|o[uù])\b",
    re.IGNORECASE,
)

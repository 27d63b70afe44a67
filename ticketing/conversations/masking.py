"""Finding likely secrets in what people type, before anything is stored or passed on (TRUST ID-2).

Rules, not certainty: what looks like a secret is covered, the sentence around it stays readable. Ordinary
words after "password is" (expired, wrong, …) are no secrets.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise

COVER = "••••••"

_WORD_EN = r"(?:pass\s?words?|pass\s?phrases?|pass\s?codes?|passwd|pwd|pin(?:\s+code)?|otp)"
_WORD_FR = r"(?:mots?\s+de\s+pass(?:es?)?|mdp|codes?\s+(?:pin|secret|d['’]acc[eè]s)|codes?\s+confidentiels?)"
_KEY = (
    r"(?:api[\s_-]?key|(?:client|shared|app)[\s_-]secret|(?:secret|access|recovery)[\s_-]?(?:key|token)|"
    r"cl[eé]s?\s+(?:d['’]api|secr[eè]te|d['’]acc[eè]s|de\s+r[eé]cup[eé]ration)|jeton\s+d['’]acc[eè]s)"
)
_FILLER = (
    r"(?:\s+\(?(?:for|of|on|to|pour|de|du|sur|my|the|le|la|mon|ma|windows|vpn|wi-?fi|mail|outlook|account|compte|session|"
    r"currently|now|actuel|actuelle|actuellement|old|new|ancien|nouveau|temporary|provisoire|temporaire)\)?){0,4}"
)
_IS = (
    r"(?:\s*(?:[:=]|->|=>)\s*|['’]s\s+|,?\s+(?:is|was|are|will\s+be|to|est|[eé]tait|sera|sont|c['’]?\s?est|cest|vaut)\s*[:=]?\s+"
    r"(?:(?:now|currently|still|maintenant|d[eé]sormais|actuellement|toujours)\s+|(?:the\s+following|le\s+suivant)\s*:\s*)?)"
)
_VALUE = r"(?P<value>\"[^\"\n]{1,128}\"|'[^'\n]{2,128}'|«[^»\n]{1,128}»|\S{1,128})"
_SAID = re.compile(
    rf"\b(?:(?:{_WORD_EN}|{_WORD_FR}|(?P<key>{_KEY})){_FILLER}(?P<link>{_IS})|pass(?P<pass>\s*[:=]\s*)){_VALUE}",
    re.IGNORECASE,
)
# "hunter2 is my password": the word before counts only if nobody would write it in a sentence.
_SAID_AFTER = re.compile(
    rf"(?<!\S)(?P<value>(?=\S*\d)(?=\S*[a-z])\S{{4,128}})\s+(?:is|was|est|[eé]tait|as|comme)\s+"
    rf"(?:(?:my|the|our|a|mon|le|notre)\s+)?(?:{_WORD_EN}|{_WORD_FR})\b",
    re.IGNORECASE,
)

_SHAPES = re.compile(
    r"""
    (?P<pem>-----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|\Z))
  | (?P<jwt>\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?)
  | (?P<slack>\bxox[a-z]-[\w-]{8,})
  | (?P<forge>\b(?:gh[pousr]_|github_pat_|glpat-|sk-|npm_)[\w-]{16,})
  | (?P<aws>\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)
  | (?P<bearer>(?<=bearer\s)[\w.~+/=-]{16,})
  | (?P<bitlocker>\b\d{6}(?:-\d{6}){7}\b)
  | (?P<url>(?<=://)[^\s/:@]{1,64}:[^\s/@]{1,128}(?=@))
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_CANDIDATE = re.compile(r"(?<![\w/.:\\-])[A-Za-z0-9+_=!@#$%^&*~-]{20,}(?![\w/\\.:-])")
_UUID = re.compile(r"\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?", re.IGNORECASE)
_MIN_ENTROPY_BITS = 3.5
_MIN_CHANGES = 0.45
_KEY_CHARACTERS = 6
_CHANGED = re.compile(r"\b(?:chang|set|reset|updat)\w*\b[^.?!\n]{0,30}$", re.IGNORECASE)
_GOES_ON = re.compile(r"[ \t]+(?!(?:and|et|but|mais|or|ou|since|depuis|for|pour)\b)[^\W\d_]", re.IGNORECASE)

# What may follow "my password is" in a complaint, in English and French.
_ORDINARY = frozenset(
    files("ticketing.conversations").joinpath("ordinary_words.txt").read_text(encoding="utf-8").split()
)


@dataclass(frozen=True)
class Masked:
    """A text that may be stored, and whether something in it was covered."""

    text: str
    has_secret: bool


def mask_secrets(text: str) -> Masked:
    """Cover what is likely to be a password, a code or a token."""
    masked = _SHAPES.sub(COVER, text)
    masked = _SAID.sub(_cover_said, masked)
    masked = _SAID_AFTER.sub(lambda found: COVER + found[0][len(found["value"]) :], masked)
    masked = _CANDIDATE.sub(_cover_random, masked)
    return Masked(masked, masked != text)


def _cover_said(found: re.Match[str]) -> str:
    value, link = found["value"], found["link"] or found["pass"]
    if _is_ordinary(value, link, found.string[found.end() :], before=found.string[: found.start()]):
        return found[0]
    if found["key"] and not (len(value) >= _KEY_CHARACTERS and _has_sign(value)):
        return found[0]
    start = found.start("value") - found.start()
    trailing = re.search(r"[.,;)]?$", value)
    tail = trailing[0] if trailing and value[0] not in "\"'«" and len(value) > 8 else ""
    return found[0][:start] + COVER + tail


def _is_ordinary(value: str, link: str, following: str, *, before: str) -> bool:
    """Whether this is said about a password, and is not one."""
    word = value.strip("\"'«»().,;:!?…").replace("’", "'")
    if not word or value.startswith(COVER[0]):
        return True
    is_explicit = ":" in link or "=" in link or value[0] in "\"'«"
    parts = re.split(r"['-]", word.lower())
    # "password: expired" is still a complaint; "password: sunshine" is not.
    if all(part in _ORDINARY or (not is_explicit and len(part) <= 1) for part in parts):
        return True
    if is_explicit:
        return False
    if word.isdigit():
        return len(word) < 4  # "is 12 characters long"
    if _has_sign(value.rstrip(".,;:!?…")) or not word.islower():
        return False
    if link.split()[-1:] == ["to"] and not _CHANGED.search(before):
        return True
    # A plain word: a secret when the sentence ends with it, unless it is said to be …ed; what goes on
    # ("is managed by the browser") tells something about the password.
    return bool(_GOES_ON.match(following)) or word.endswith(("ed", "é", "ée", "és", "ées"))


def _has_sign(value: str) -> bool:
    return any(c.isdigit() or not (c.isalnum() or c in "'’-") for c in value)


def _cover_random(found: re.Match[str]) -> str:
    return COVER if _looks_random(found[0]) else found[0]


def _looks_random(token: str) -> bool:
    """Long, mixed, and with the letter frequencies of chance: a key, not a word or an identifier."""
    if _UUID.fullmatch(token):
        return False
    has_digit = sum(c.isdigit() for c in token) >= 3
    has_letter = sum(c.isalpha() for c in token) >= 3
    words = [word for word in re.split(r"[_=+-]", token) if word]
    is_spelled = all(word.isalpha() or word.isdigit() for word in words)
    is_identifier = len(words) > 2 and (token == token.lower() or _changes(words) < _MIN_CHANGES)
    if not (has_digit and has_letter) or is_spelled or is_identifier:
        return False
    return _entropy(token) >= _MIN_ENTROPY_BITS


def _changes(words: list[str]) -> float:
    """How often upper case, lower case and digits alternate; in chance letters more than half the time."""
    kinds = [["u" if c.isupper() else "l" if c.islower() else "d" for c in word] for word in words]
    pairs = [pair for word in kinds for pair in pairwise(word)]
    return sum(one != other for one, other in pairs) / max(1, len(pairs))


def _entropy(token: str) -> float:
    """Shannon entropy in bits per character."""
    counts = Counter(token).values()
    return -sum(n / len(token) * math.log2(n / len(token)) for n in counts)

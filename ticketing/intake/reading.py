"""Reads plain words: how many are affected, whether work is possible, a name, an address, a yes, a "stop"."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

import yaml

from ticketing.tickets.priority import Impact, Urgency

_SPACES = re.compile(r"\s+")
_EDGES = " .,;:!-–—\"'()[]…"
# What people say before they say it.
_BEFORE = re.compile(
    r"^(?:(?:oh|ah|uh|um|hm+|well|ok|okay|so|actually|sorry|wait|please|bon|euh|heu|ben|bah|eh bien|alors|"
    r"en fait|finalement|attendez|attends|pardon|desole|no|non|nan)[ ,.!…]+)+"
)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_NAME_LEAD = re.compile(
    r"^(?:(?:hi|hello|bonjour|salut)[ ,!]+)?(?:my name is|my name['’]s|name is|i am|i['’]m|im|it['’]s|it is|"
    r"this is|je m['’]appelle|je suis|moi c['’]est|c['’]est|mon nom est|mon nom c['’]est|nom ?:|name ?:)\s+",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[.'’-])*(?: [^\W\d_](?:[^\W\d_]|[.'’-])*){0,3}")
_NOT_IN_NAMES = re.compile(
    r"\b(?:my|is|are|the|not|no|yes|it|does|doesn|can|cannot|want|need|work|works|working|broken|printer|vpn|"
    r"password|computer|laptop|mail|outlook|screen|help|please|why|what|who|how|ok|okay|hello|thanks|nobody|"
    r"mon|ma|mes|est|sont|les|pas|plus|ne|je|tu|vous|oui|non|ca|marche|bonjour|merci|ordinateur|ecran|"
    r"imprimante|mot|passe|pourquoi|quoi|qui|comment|svp|panne|personne|rien)\b"
)
LONGEST_NAME = 60
_URGENCIES = (
    ("slowed", Urgency.MEDIUM),
    ("not_urgent", Urgency.LOW),
    ("stopped", Urgency.HIGH),
    ("unhurried", Urgency.LOW),
)
_NO = frozenset({"no", "nope", "nah", "not", "non", "nan", "pas", "never", "impossible"})
_YES = frozenset({"yes", "yeah", "yep", "yup", "sure", "oui", "ouais", "si", "ouaip"})
_STANDS_ALONE = re.compile(
    r"\W*\w+(?:\W*$|[,.!;:…]| (?:thanks?|thank you|merci|please|it|that|this|i|we|you|not|never|je|j'|on|ce"
    r"|c'|ca|vous|tu|go|do|open|send|allez|vas|ouvre|ouvrez|envoyez|toujours|still|wait|en fait|finalement"
    r"|need|problem|nothing|rien|nobody|bien sur|of course|sure|absolutely|volontiers|avec plaisir|svp|stp"
    r"|s'il)\b)"
)
CONTENT_WORDS = 3
FEWEST_NEW_WORDS = 3
FEWEST_WORDS_BEHIND_A_LEAD = 2
MOST_WORDS_BEFORE_A_WISH = 4
_WISHES = ("ticket_wish", "message_wish")
_TICKET_NAMED = re.compile(r"\b(?:(?:inc|req)[- ]?\d+|tickets?|comment(?:aire)?s?|incidents?)\b")
_JOINS = frozenset({"to", "on", "for", "with", "au", "aux", "sur", "pour", "ma", "mon", "demande"})
_LEADS_TO_A_WISH = re.compile(
    r"(?:[,.;!:–—-]+|[,.;!]? (?:and|so|then|et|donc|alors))(?: (?:please|pls|svp|s'il vous pla[iî]t|can you|"
    r"could you|would you|i want to|pouvez-vous|pourriez-vous|je veux|je voudrais|merci (?:de|d')))*$",
    re.IGNORECASE,
)
_LEFT_OF_A_WISH = re.compile(
    r"^(?:(?:please|pls|svp|stp|s'il vous pla[iî]t|for me|pour moi|that|because|as|since|about|for|with|"
    r"to say|car|parce que|que|pour|concernant|à propos de|au sujet de|sur)\b[ ,:.;-]*)+",
    re.IGNORECASE,
)


def folded(text: str) -> str:
    """Lower case, no accents, straight apostrophes, single spaces: what the word lists are written in."""
    straight = unicodedata.normalize("NFKD", text.replace("’", "'").replace("œ", "oe"))
    plain = "".join(letter for letter in straight if not unicodedata.combining(letter))
    return _SPACES.sub(" ", plain).strip().lower()


def says(kind: str, text: str) -> bool:
    """Whether the text says something of this kind anywhere."""
    return _within(kind).search(folded(text)) is not None


def is_only(kind: str, text: str) -> bool:
    """Whether the text says something of this kind and nothing else."""
    plain = folded(text).strip(_EDGES)
    whole = _whole(kind)
    return whole.fullmatch(plain) is not None or whole.fullmatch(_BEFORE.sub("", plain)) is not None


def read_impact(text: str) -> Impact | None:
    """How many are affected; None when the text does not tell."""
    for kind, impact in (
        ("affects_one", Impact.LOW),
        ("affects_all", Impact.HIGH),
        ("affects_team", Impact.MEDIUM),
    ):
        if is_only(kind, text):
            return impact
    told = told_impact(text)
    # "The three of accounting" are several people; "the screen" is none.
    is_several = is_only("affects_team_alone", text) and not says("thing", text)
    return Impact.MEDIUM if told is None and is_several else told


def told_impact(text: str) -> Impact | None:
    """What a longer text tells of it by the way; that it is the person's own thing tells nothing yet."""
    if _within("affects_all_told").search(folded(text)):
        return Impact.HIGH
    if says("affects_team", text):
        return Impact.MEDIUM
    return Impact.LOW if _within("affects_one_told").search(folded(text)) else None


def read_urgency(text: str) -> Urgency | None:
    """Whether they can still work; None when the text does not tell."""
    for kind, urgency in _URGENCIES:
        if is_only(kind, text):
            return urgency
    for kind, urgency in _URGENCIES:
        if says(kind, text):
            return urgency
    # What follows a yes or a no says why; the first word has answered.
    can_work = first_word_answers(text)
    if can_work is None:
        return None
    return Urgency.LOW if can_work else Urgency.HIGH


def first_word_answers(text: str) -> bool | None:
    """The yes or the no that a text begins with."""
    first = folded(text).strip(_EDGES).split(" ")[0].strip(_EDGES)
    if first in _NO:
        return False
    return True if first in _YES else None


def told_urgency(text: str) -> Urgency | None:
    """What a longer text tells of it by the way."""
    if says("not_urgent", text):
        return Urgency.LOW
    return Urgency.HIGH if says("stopped", text) else None


def yes_or_no(text: str) -> bool | None:
    """A yes or a no that stands by itself at the beginning: "no wifi on my laptop" is none."""
    answer = first_word_answers(text)
    return answer if answer is None or _STANDS_ALONE.match(folded(text)) else None


def read_address(text: str) -> str | None:
    """A mail address somewhere in the text; whether it is a good one is for whoever keeps it to say."""
    found = _ADDRESS.search(text)
    return found[0].strip(".'") if found else None


def read_name(text: str) -> str | None:
    """A person's name: up to four words without digits, also behind "my name is"."""
    said = _NAME_LEAD.sub("", _ADDRESS.sub("", text).strip(_EDGES + "<>"))
    name = re.split(r"[,;(\n]", said)[0].strip(_EDGES + "<>")
    is_sentence = _NOT_IN_NAMES.search(folded(name)) is not None
    return name if len(name) <= LONGEST_NAME and _NAME.fullmatch(name) and not is_sentence else None


def is_question(text: str) -> bool:
    """Whether the text asks something, by its mark or by how it begins."""
    return text.rstrip().endswith("?") or is_only("asks", text)


def is_noun_alone(text: str) -> bool:
    """Whether it names a thing and says nothing of it: "téléphone" is a subject, and no wish for anybody."""
    if is_only("thing_alone", text):
        return True
    is_word = folded(text).strip(_EDGES).isalpha()
    return is_word and not is_only("person_alone", text)


def what_is_asked_for(text: str, *, fewest: int = 2) -> str | None:
    """The text, if it says more than that something is wanted; None if that is all it says.

    Args:
        fewest: how many words must be left; a single long one will do.
    """
    rest = _within("ticket_words").sub(" ", folded(text))
    words = [word for word in re.findall(r"[a-z0-9]{2,}", rest) if word not in {"it", "is", "not", "pas"}]
    return text.strip() if len(words) >= fewest or any(len(word) >= 6 for word in words) else None


def without_wish(text: str) -> str:
    """The text without an "open a ticket" at its beginning or its end: in a list, the rest of it is read."""
    plain = folded(text)
    wish = next((found for kind in _WISHES if (found := _within(kind).search(plain))), None)
    if wish is None:
        return text.strip()
    if len(plain[: wish.start()].split()) > MOST_WORDS_BEFORE_A_WISH:
        return _without_last_wish(text, plain, wish)
    is_introduced = ":" in text and wish.start() < plain.find(":") <= wish.end() + 1
    rest = (
        text.split(":", 1)[1] if is_introduced else " ".join(text.split()[len(plain[: wish.end()].split()) :])
    )
    rest = _LEFT_OF_A_WISH.sub("", rest.lstrip(_EDGES))
    return rest[:1].upper() + rest[1:] if len(rest.split()) > 1 else text.strip()


def _without_last_wish(text: str, plain: str, wish: re.Match[str]) -> str:
    """The words before a wish that ends a text, where a stop or an "and" parts them from it."""
    before = text.split()[: len(plain[: wish.start()].split())]
    kept = _LEADS_TO_A_WISH.sub("", " ".join(before))
    is_last = not re.findall(r"[a-z]{2,}", _within("ticket_words").sub(" ", plain[wish.end() :]))
    return kept if is_last and kept and kept != " ".join(before) else text.strip()


def comment_in(text: str) -> str | None:
    """The text without a leading "add to my ticket 123:"; None if it says nothing beside."""
    lead, _, rest = text.partition(":")
    is_lead = _TICKET_NAMED.search(folded(lead)) and not set(_words_of_a_comment(lead)) - _JOINS
    if is_lead and len(_words_of_a_comment(rest)) >= FEWEST_WORDS_BEHIND_A_LEAD:
        return rest.strip()
    if len(_words_of_a_comment(text)) < FEWEST_NEW_WORDS:
        return None
    return rest.strip() if is_lead and rest.strip() else text.strip()


def _words_of_a_comment(text: str) -> list[str]:
    rest = _within("comment_words").sub(" ", _within("ticket_words").sub(" ", folded(text)))
    return re.findall(r"[a-z]{2,}", rest)


def says_something(text: str, *, fewest: int = CONTENT_WORDS) -> bool:
    """Whether the text says more than a few words of politeness or of wanting somebody."""
    rest = _within("ticket_words").sub(" ", folded(text))
    return len(re.findall(r"[a-z0-9]{4,}", rest)) >= fewest


@cache
def _within(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'])(?:{_patterns(kind)})(?!\w)")


@cache
def _whole(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{_patterns(kind)})", re.DOTALL)


def _patterns(kind: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in _words()[kind])


@cache
def _words() -> dict[str, list[str]]:
    source = files("ticketing.intake").joinpath("words.yml").read_text(encoding="utf-8")
    words: dict[str, list[str]] = yaml.safe_load(source)
    # Single words that answer a question tell nothing in the middle of a sentence.
    words["affects_all_told"] = [
        each for each in words["affects_all"] if each not in {"all", "tous", "toutes"}
    ]
    words["affects_one_told"] = [
        each for each in words["affects_one"] if each != "me" and not each.startswith("moi(")
    ]
    words["not_urgent"] = [
        each for each in words["unhurried"] if "urgent" in each or "wait" in each or "attendre" in each
    ]
    return words

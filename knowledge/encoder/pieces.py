"""The pieces into which a SentencePiece model cuts texts, as a tokenizer of the library `tokenizers`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

UNKNOWN, START, END = 0, 1, 2

# Numbers of the fields in SentencePiece's file, and in its parts.
PIECE, NORMALISER = 1, 3
TEXT, SCORE, TABLE = 1, 2, 2

# Kinds of a protocol buffer's fields.
NUMBER, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5


@dataclass(frozen=True)
class Vocabulary:
    """The pieces in the order of their embeddings, and the table by which characters are normalised."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    characters: bytes


def read_vocabulary(raw: bytes) -> Vocabulary:
    """What a SentencePiece file says. It is read here, so that its library need not be installed."""
    pieces: list[str] = []
    scores: list[float] = []
    characters = b""
    for field, value in _fields(raw):
        if field == PIECE:
            parts = dict(_fields(value))
            pieces.append(parts[TEXT].decode())
            scores.append(float(np.frombuffer(parts.get(SCORE, bytes(4)), "<f4")[0]))
        elif field == NORMALISER:
            characters = dict(_fields(value)).get(TABLE, b"")
    return Vocabulary(tuple(pieces), tuple(scores), characters)


def _fields(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a protocol buffer; whole numbers are passed over, as none is needed here."""
    at = 0
    while at < len(raw):
        key, at = _number(raw, at)
        kind = key & 7
        if kind == NUMBER:
            _, at = _number(raw, at)
            continue
        length, at = _number(raw, at) if kind == LENGTH else ({EIGHT_BYTES: 8, FOUR_BYTES: 4}[kind], at)
        yield key >> 3, raw[at : at + length]
        at += length


def _number(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def latin_pieces(pieces: Sequence[str]) -> list[int]:
    """The places of the pieces without letters of other scripts than the Latin one.

    A text in Latin letters is cut into the same pieces as before; the others cost memory in both processes.
    """
    return [index for index, piece in enumerate(pieces) if index <= END or all(map(_is_latin, piece))]


def _is_latin(character: str) -> bool:
    return character < "\u0250" or unicodedata.category(character)[0] not in "LM"


def tokenizer(vocabulary: Vocabulary, kept: Sequence[int]) -> Any:
    """A tokenizer whose ids are places in the list of kept pieces."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    chosen = [(vocabulary.pieces[index], vocabulary.scores[index]) for index in kept]
    made: Any = Tokenizer(models.Unigram(chosen, unk_id=UNKNOWN, byte_fallback=False))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(vocabulary.characters),
            normalizers.Strip(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    start, end = vocabulary.pieces[START], vocabulary.pieces[END]
    made.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, START), (end, END)]
    )
    return made

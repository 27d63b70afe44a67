"""The encoders that measurements are made with."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from knowledge.encoder.runtime import OnnxEncoder
from knowledge.search.dense import Encoder, Encoders, Floats


class TextVectors:
    """An encoder that encodes each text once, whatever article it stands in."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._kept: dict[str, Floats] = {}

    @property
    def digest(self) -> str:
        return self._encoder.digest

    def encode(self, texts: Sequence[str]) -> Floats:
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        self._kept.update(zip(missing, self._encoder.encode(missing), strict=True))
        return np.stack([self._kept[text] for text in texts])


def add_encoders(parser: argparse.ArgumentParser) -> None:
    """The options that say where the encoders are."""
    parser.add_argument("--encoder", type=Path, default=Path("build/encoder"))
    parser.add_argument("--multilingual", type=Path, help="its folder; beside the first one when not given")


def read_encoders(arguments: argparse.Namespace) -> Encoders:
    """The encoders in those folders."""
    second = arguments.multilingual or arguments.encoder.with_name(f"{arguments.encoder.name}-multilingual")
    first, multilingual = (
        TextVectors(OnnxEncoder(folder, threads=2)) for folder in (arguments.encoder, second)
    )
    return Encoders(first, multilingual)

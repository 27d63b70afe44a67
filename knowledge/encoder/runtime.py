"""Turns sentences into unit vectors with onnxruntime and nothing else.

Runs in the desk and in the Rasa process, so it stays Python 3.10 compatible and imports only the standard
library, numpy, onnxruntime and tokenizers. The folder it reads is made by `knowledge.encoder.export`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

MANIFEST = "manifest.json"
MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
FORMAT = 1

# A question is far shorter; this only bounds the memory of one run.
TEXTS_PER_RUN = 32


class EncoderError(Exception):
    """The encoder cannot be used; the message says why and what to do."""


class EncoderMissing(EncoderError):
    """The folder holds no encoder, or only part of one."""


class EncoderCorrupt(EncoderError):
    """A file differs from what its manifest promises."""


@dataclass(frozen=True)
class Manifest:
    """What an exported encoder is, as written beside it."""

    name: str
    dimension: int
    max_tokens: int
    pad_token_id: int
    quantised: bool
    source_digest: str
    files: Mapping[str, str]
    exported_with: str = ""
    format: int = FORMAT

    @property
    def digest(self) -> str:
        """One name for these vectors: changes whenever a vector could, the same on every machine.

        Not made from the files: two exports of one model differ in bytes, not in what they compute.
        """
        made_from = (self.source_digest, self.quantised, self.max_tokens, self.exported_with, self.format)
        return hashlib.sha256(repr(made_from).encode()).hexdigest()

    def as_json(self) -> str:
        return json.dumps({**self.__dict__, "files": dict(self.files)}, indent=2, sort_keys=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Raises EncoderMissing when there is none, EncoderCorrupt when it cannot be read."""
    path = folder / MANIFEST
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if raw.get("format") != FORMAT:
            raise EncoderCorrupt(f"{path}: made by another version of Guichet; prepare the encoder again")
        return Manifest(**raw)
    except FileNotFoundError as error:
        raise EncoderMissing(f"no encoder in {folder}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise EncoderCorrupt(f"{path} is not a manifest: {error}") from error


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check(folder: Path) -> Manifest:
    """The manifest, once every file has been compared with it."""
    manifest = read_manifest(folder)
    for name in (MODEL, TOKENIZER):
        if name not in manifest.files:
            raise EncoderCorrupt(f"{folder / MANIFEST} does not list {name}")
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise EncoderMissing(f"{path} is missing")
        if sha256_of(path) != expected:
            raise EncoderCorrupt(f"{path} differs from its manifest: delete the folder and prepare it again")
    return manifest


class OnnxEncoder:
    """Encodes texts; one instance serves any number of threads.

    The weights' activations are quantised per run, so a text's vector would depend on its neighbours in the
    batch. A quantised model therefore runs one text at a time, which on a CPU costs next to nothing.
    """

    def __init__(self, folder: Path | str, threads: int = 1) -> None:
        self.manifest = check(Path(folder))
        self.digest = self.manifest.digest
        self.dimension = self.manifest.dimension
        self._session = _session(Path(folder) / MODEL, threads)
        self._tokenizer: Any = Tokenizer.from_file(str(Path(folder) / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.manifest.max_tokens)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32, one row per text (shape (n, dimension))."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(tokens), self.dimension), dtype=np.float32)
        # Texts of like length run together: padding is work thrown away.
        order = sorted(range(len(tokens)), key=lambda index: len(tokens[index]))
        size = 1 if self.manifest.quantised else TEXTS_PER_RUN
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            vectors[chosen] = self._run([tokens[index] for index in chosen])
        return vectors

    def _run(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        width = max(len(ids) for ids in tokens)
        ids = np.full((len(tokens), width), self.manifest.pad_token_id, dtype=np.int64)
        mask = np.zeros((len(tokens), width), dtype=np.int64)
        for row, sentence in enumerate(tokens):
            ids[row, : len(sentence)] = sentence
            mask[row, : len(sentence)] = 1
        (vectors,) = self._session.run(["sentence_vector"], {"input_ids": ids, "attention_mask": mask})
        result: Vectors = np.asarray(vectors, dtype=np.float32)
        return result


def _session(model: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads would take the processor from Rasa, which shares the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise EncoderCorrupt(f"{model} cannot be loaded: {error}") from error

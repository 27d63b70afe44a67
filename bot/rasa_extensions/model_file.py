"""The model's file and the digest beside it: loading a model can run code, so none but our own is loaded."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

MODEL_NAME = "model.tar.gz"


class ModelRefused(Exception):
    """The model is missing or is not the one that training wrote."""


def digest_path(model: Path) -> Path:
    return model.with_name(f"{model.name}.sha256")


def digest_of(model: Path) -> str:
    digest = hashlib.sha256()
    with model.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_digest(model: Path) -> None:
    digest_path(model).write_text(f"{digest_of(model)}  {model.name}\n")


def check_digest(model: Path) -> None:
    """Raises ModelRefused unless the file's digest is the one beside it."""
    if not model.is_file():
        raise ModelRefused(f"no model at {model}: train one first")
    try:
        expected = digest_path(model).read_text().split()[0]
    except (FileNotFoundError, IndexError) as error:
        raise ModelRefused(f"{digest_path(model)} is missing: train again") from error
    if not hmac.compare_digest(expected, digest_of(model)):
        raise ModelRefused(f"{model} differs from {digest_path(model)}: train again")

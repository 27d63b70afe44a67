"""What is done for every encoder: compare it with its model, put it in place in one rename."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from knowledge.encoder.runtime import (
    MANIFEST,
    MODEL,
    TOKENIZER,
    EncoderError,
    Manifest,
    OnnxEncoder,
    Vectors,
    check,
    sha256_of,
)

log = logging.getLogger(__name__)

# Short, long, English, French, messy: what the exported model and the one it was made from must agree on.
PROBES = (
    "I forgot my password",
    "my account is locked after too many attempts, what do I do?",
    "VPN",
    "How do I connect to the office Wi-Fi with my phone?",
    "outlook keeps asking for my credentials since this morning!!",
    "j'ai oublié mon mot de passe",
    "l'imprimante du deuxième étage ne répond plus",
    "Mon ordinateur est très lent depuis la mise à jour.",
    "where do i ask for a second screen",
    "the meeting room camera shows a black picture",
    "asdf qwer zxcv",
    "Open the settings, choose Accounts, then Access work or school. Select your account, choose "
    "Disconnect, restart the computer and add the account again with your work address. Approve the request.",
)


class ExportFailed(EncoderError):
    """The exported encoder is not the model it was made from, or the model is not the one expected."""


def already(destination: Path, name: str, quantised: bool, source_digest: str) -> Manifest | None:
    """What is there, when it is sound and made from the same."""
    try:
        found = check(destination)
    except EncoderError:
        return None
    same = (found.name, found.quantised, found.source_digest) == (name, quantised, source_digest)
    return found if same else None


@contextmanager
def put_in_place(destination: Path) -> Iterator[tuple[Path, Path]]:
    """Gives a scratch folder, and the path in it where the new encoder is to be made.

    At the end the folder is replaced in one rename: a reader sees the old encoder or the new one, never half
    of either. After an error the old one stays.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".encoder-", dir=destination.parent) as folder:
        scratch = Path(folder)
        made = scratch / "made"
        yield scratch, made
        if destination.exists():
            destination.rename(scratch / "old")
        made.rename(destination)


def files_of(folder: Path) -> dict[str, str]:
    """The digests that a manifest lists."""
    return {name: sha256_of(folder / name) for name in (MODEL, TOKENIZER)}


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    (folder / MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
    return manifest


def compare(folder: Path, texts: tuple[str, ...], expected: Vectors, least: float, *, minimum: bool) -> None:
    """Raises ExportFailed when a text's vector is not the model's; or, unless `minimum`, their mean."""
    cosines = np.sum(OnnxEncoder(folder).encode(texts) * expected, axis=1)
    cosine = float(cosines.min() if minimum else cosines.mean())
    log.info("encoder_compared", extra={"cosine": round(cosine, 6), "least": least})
    if not cosine >= least:  # a cosine that is no number is refused as well
        raise ExportFailed(
            f"the exported encoder differs from the model: cosine {cosine:.4f}, needed {least}"
        )

"""The encoder: what it computes, and what it refuses to load."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge.encoder import export
from knowledge.encoder.export import DEFAULT_MODEL, PINNED_WEIGHTS, prepare, source_folder
from knowledge.encoder.making import PROBES, ExportFailed, compare
from knowledge.encoder.runtime import (
    MANIFEST,
    MODEL,
    TOKENIZER,
    EncoderCorrupt,
    EncoderMissing,
    OnnxEncoder,
    check,
)
from tests.requirements import ROOT

LONG = "word " * 2_000


@pytest.fixture
def copied(encoder_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(encoder_folder, tmp_path / "encoder"))


def test_vectors_have_unit_length(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(["I forgot my password", "", "été", LONG])

    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_no_text_gives_no_vector(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(encoder: OnnxEncoder) -> None:
    alone = encoder.encode(["my account is locked"])[0]
    among = encoder.encode([LONG, "vpn", "my account is locked", "a b c"])[2]

    assert np.array_equal(alone, among)


def test_like_meanings_are_nearer_than_unlike_ones(encoder: OnnxEncoder) -> None:
    asked, like, unlike = encoder.encode(
        ["I forgot my password", "reset my password", "the printer is jammed"]
    )

    assert asked @ like > asked @ unlike + 0.3


def test_any_number_of_threads_get_the_same_vectors(encoder: OnnxEncoder) -> None:
    texts = [f"question number {number}" for number in range(40)]
    expected = encoder.encode(texts)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda text: encoder.encode([text])[0], texts))

    assert np.array_equal(np.stack(found), expected)


@pytest.mark.parametrize("name", [MODEL, TOKENIZER])
def test_a_file_that_differs_from_its_manifest_is_refused(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)

    with pytest.raises(EncoderCorrupt, match=name):
        OnnxEncoder(copied)


@pytest.mark.parametrize("name", [MODEL, TOKENIZER, MANIFEST])
def test_a_missing_file_is_said(copied: Path, name: str) -> None:
    (copied / name).unlink()

    with pytest.raises(EncoderMissing):
        check(copied)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "colour": "red"}'])
def test_a_manifest_that_is_none_is_refused(copied: Path, text: str) -> None:
    (copied / MANIFEST).write_text(text)

    with pytest.raises(EncoderCorrupt):
        check(copied)


def test_a_manifest_that_forgets_a_file_is_refused(copied: Path) -> None:
    manifest = json.loads((copied / MANIFEST).read_text())
    del manifest["files"][MODEL]
    (copied / MANIFEST).write_text(json.dumps(manifest))

    with pytest.raises(EncoderCorrupt, match="does not list"):
        check(copied)


def test_the_digest_names_the_vectors_not_the_bytes(copied: Path) -> None:
    before = check(copied)
    raw = json.loads((copied / MANIFEST).read_text())

    assert type(before)(**(raw | {"files": {MODEL: "other"}})).digest == before.digest
    assert type(before)(**(raw | {"source_digest": "other"})).digest != before.digest
    assert type(before)(**(raw | {"quantised": False})).digest != before.digest


def test_an_encoder_that_is_ready_is_not_made_again(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_export", lambda *_: pytest.fail("exported again"))

    assert prepare(copied) == check(copied)


@pytest.mark.parametrize("spoil", [MODEL, MANIFEST])
def test_an_encoder_that_is_spoilt_is_made_again(
    copied: Path, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(_source: Path, _scratch: Path, made: Path, *_: object) -> object:
        made.mkdir()
        (made / "fresh").touch()
        return "made"

    (copied / spoil).write_text("oops")
    monkeypatch.setattr(export, "_export", again)

    prepare(copied)

    assert [path.name for path in copied.iterdir()] == ["fresh"]
    assert [path.name for path in copied.parent.iterdir()] == [copied.name]


def test_an_export_that_fails_leaves_the_old_encoder(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> object:
        raise ExportFailed("no")

    monkeypatch.setattr(export, "_export", fails)

    with pytest.raises(ExportFailed):
        prepare(copied, quantised=False)
    assert check(copied).quantised


def test_weights_other_than_the_published_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PINNED_WEIGHTS, DEFAULT_MODEL, "0" * 64)

    with pytest.raises(ExportFailed, match="not the published ones"):
        prepare(tmp_path / "encoder")


def test_the_packaged_weights_are_the_published_ones() -> None:
    assert export.weights_digest(source_folder(DEFAULT_MODEL)) == PINNED_WEIGHTS[DEFAULT_MODEL]


def test_a_model_that_is_nowhere_is_said_without_asking_the_network(tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match="neither a folder nor"):
        prepare(tmp_path / "encoder", "nobody/no-such-model")


def test_vectors_unlike_the_models_own_are_refused(encoder_folder: Path) -> None:
    with pytest.raises(ExportFailed, match="differs from the model"):
        compare(encoder_folder, PROBES, np.eye(12, 384, dtype=np.float32), 0.97, minimum=False)


def test_vectors_that_are_no_numbers_are_refused(encoder_folder: Path) -> None:
    with pytest.raises(ExportFailed, match="cosine nan"):
        compare(encoder_folder, PROBES, np.full((12, 384), np.nan, np.float32), 0.97, minimum=True)


def test_searching_never_imports_torch(encoder_folder: Path) -> None:
    program = f"""
import sys
import desk.pages.routes, knowledge.articles.importing, knowledge.search.loading
from knowledge.encoder.runtime import OnnxEncoder
from knowledge.search.index import build
from knowledge.search.port import KnowledgeSearch
from tests.knowledge.articles import ALL
encoder = OnnxEncoder({str(encoder_folder)!r})
assert KnowledgeSearch(build(ALL, encoder), encoder).find("vpn", "en").hits
loaded = {{"torch", "sentence_transformers", "transformers", "onnx", "sklearn"}} & set(sys.modules)
assert not loaded, loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr

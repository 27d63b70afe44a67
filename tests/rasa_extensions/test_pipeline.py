"""The featurizer and the classifier: the numbers of what they stand in for, no silent change of encoder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa_extensions.classifier import IntentClassifier
from bot.rasa_extensions.featurizer import (
    ENCODER_FOLDER,
    MULTILINGUAL_FOLDER,
    NO_ENCODER,
    EncoderChanged,
    SentenceEncoderFeaturizer,
    VectorCache,
)
from knowledge.encoder.runtime import OnnxEncoder, read_manifest
from tests.rasa_extensions.conftest import PORTS, PROJECT, free_port, trained
from tests.rasa_extensions.rasa_process import ROOT, RasaProcess, texts

RNG = np.random.default_rng(7)
CONTEXT = ExecutionContext(GraphSchema({}), node_name="node")


def a_message(intent: str, *, dense: int) -> Message:
    """With so many sentence vectors, each of a featurizer of its own."""
    message = Message({TEXT: "x", INTENT: intent})
    counts = scipy.sparse.csr_matrix(RNG.integers(0, 3, (1, 40)) * (RNG.random((1, 40)) < 0.3))
    for kind in (FEATURE_TYPE_SEQUENCE, FEATURE_TYPE_SENTENCE):
        message.add_features(Features(counts, kind, TEXT, "counts"))
    for number in range(dense):
        vector = RNG.random((1, 8 + 4 * number))
        message.add_features(Features(vector, FEATURE_TYPE_SENTENCE, TEXT, f"vectors {number}"))
    return message


@pytest.mark.parametrize("dense", [0, 1, 2])
@pytest.mark.parametrize("intents", [["a", "b"], ["a", "b", "c", "d"]])
def test_the_classifier_gives_its_parent_s_confidences(
    tmp_path: Path, intents: list[str], dense: int
) -> None:
    stock, ours = both_classifiers(tmp_path, intents, dense, same_weights=True)

    for theirs, mine in answers_of(stock, ours, dense):
        assert [rank["name"] for rank in mine] == [rank["name"] for rank in theirs]
        assert [rank["confidence"] for rank in mine] == pytest.approx(
            [rank["confidence"] for rank in theirs], abs=1e-9
        )


@pytest.mark.parametrize("dense", [0, 1, 2])
@pytest.mark.parametrize("intents", [["a", "b"], ["a", "b", "c", "d"]])
def test_the_classifier_learns_what_its_parent_learns(tmp_path: Path, intents: list[str], dense: int) -> None:
    stock, ours = both_classifiers(tmp_path, intents, dense, same_weights=False)

    for theirs, mine in answers_of(stock, ours, dense):
        assert {rank["name"]: rank["confidence"] for rank in mine} == pytest.approx(
            {rank["name"]: rank["confidence"] for rank in theirs}, abs=2e-4
        )


def both_classifiers(folder: Path, intents: list[str], dense: int, *, same_weights: bool) -> tuple[Any, Any]:
    """Rasa's and ours, taught the same examples; ours was kept and loaded again."""
    examples = TrainingData([a_message(intent, dense=dense) for intent in intents for _ in range(12)])
    config = IntentClassifier.get_default_config() | {"tol": 1e-7, "max_iter": 10_000}
    storage, resource = LocalModelStorage(folder), Resource("classifier")
    stock = LogisticRegressionClassifier(config, "stock", storage, Resource("stock"))
    stock.clf.fit(*stock._create_training_matrix(examples))
    taught = IntentClassifier.create(config, storage, resource, CONTEXT)
    if same_weights:
        taught.clf = stock.clf
        taught.persist()
    else:
        taught.train(examples)
    return stock, IntentClassifier.load(config, storage, resource, CONTEXT)


def answers_of(stock: Any, ours: Any, dense: int) -> Iterator[tuple[Any, Any]]:
    """The rankings both give to a few messages."""
    for _ in range(10):
        message = a_message("a", dense=dense)
        (answered,) = stock.process([message])
        first, theirs = answered.get(INTENT), answered.get("intent_ranking")
        (answered,) = ours.process([message])
        assert answered.get(INTENT) == answered.get("intent_ranking")[0]
        assert answered.get(INTENT)["name"] == first["name"]
        yield theirs, answered.get("intent_ranking")


def test_the_weights_lie_in_the_order_in_which_the_vectors_were_added(tmp_path: Path) -> None:
    first, second = np.array([[1.0, 0.0]]), np.array([[0.0, 0.0, 1.0]])
    config = IntentClassifier.get_default_config()
    classifier = IntentClassifier.create(config, LocalModelStorage(tmp_path), Resource("c"), CONTEXT)
    classifier.clf.coef_ = np.arange(15.0).reshape(3, 5)
    classifier.clf.intercept_ = np.array([0.1, 0.2, 0.3])
    message = Message({TEXT: "x"})
    message.add_features(Features(first, FEATURE_TYPE_SENTENCE, TEXT, "first"))
    message.add_features(Features(second, FEATURE_TYPE_SENTENCE, TEXT, "second"))

    trained_on = classifier._create_X([message]).toarray()

    assert trained_on.tolist() == [[1, 0, 0, 0, 1]]
    assert classifier._decision(message) == pytest.approx([0 + 4 + 0.1, 5 + 9 + 0.2, 10 + 14 + 0.3])


@pytest.mark.parametrize("name", ["main", "multilingual"])
def test_without_an_encoder_nothing_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(ENCODER_FOLDER, raising=False)
    monkeypatch.delenv(MULTILINGUAL_FOLDER, raising=False)
    storage, resource = LocalModelStorage(tmp_path), Resource("featurizer")
    config = SentenceEncoderFeaturizer.get_default_config() | {"encoder": name}
    SentenceEncoderFeaturizer.create(config, storage, resource, CONTEXT).train(TrainingData([]))

    featurizer = SentenceEncoderFeaturizer.load(config, storage, resource, CONTEXT)
    (message,) = featurizer.process([Message({TEXT: "hello"})])

    assert message.features == []
    assert SentenceEncoderFeaturizer.fingerprint_addon(config) == NO_ENCODER


class CountingEncoder:
    """Encodes a text as its length and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def encode(self, texts: list[str]) -> Any:
        self.asked.append(list(texts))
        return np.array([[len(text)] for text in texts], dtype=np.float32)


def test_a_text_is_encoded_once_and_the_oldest_is_forgotten() -> None:
    encoder = CountingEncoder()
    cache = VectorCache(encoder, size=2)  # type: ignore[arg-type]

    assert [row.tolist() for row in cache.vectors(["a", "bb", "a"])] == [[[1.0]], [[2.0]], [[1.0]]]
    cache.vectors(["a"])
    cache.vectors(["ccc"])
    cache.vectors(["a", "bb"])

    assert encoder.asked == [["a", "bb"], ["ccc"], ["bb"]]


@pytest.fixture
def encoder(encoder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ENCODER_FOLDER, str(encoder_folder))
    return encoder_folder


@pytest.fixture
def multilingual(multilingual_encoder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(MULTILINGUAL_FOLDER, str(multilingual_encoder_folder))
    return multilingual_encoder_folder


def test_a_message_gets_the_encoder_s_vector(encoder: Path, tmp_path: Path) -> None:
    config = {**SentenceEncoderFeaturizer.get_default_config(), "weight": 5}
    featurizer = SentenceEncoderFeaturizer.create(config, LocalModelStorage(tmp_path), Resource("f"), CONTEXT)

    said = ["mon imprimante", "", "hello"]
    messages = featurizer.process([Message({TEXT: text}) for text in said])

    expected = OnnxEncoder(encoder).encode(said)
    for message, vector in zip(messages, expected, strict=True):
        _, dense = message.get_dense_features(TEXT)
        if message.get(TEXT):
            assert np.allclose(dense.features, 5 * vector, atol=1e-5)
        else:
            assert dense is None


def test_each_of_two_encoders_adds_its_own_vector(encoder: Path, multilingual: Path, tmp_path: Path) -> None:
    storage = LocalModelStorage(tmp_path)
    message, texts = Message({TEXT: "mon imprimante"}), ["mon imprimante"]
    for number, (name, weight) in enumerate((("main", 5), ("multilingual", 8))):
        config = {**SentenceEncoderFeaturizer.get_default_config(), "encoder": name, "weight": weight}
        context = ExecutionContext(GraphSchema({}), node_name=f"featurizer {number}")
        SentenceEncoderFeaturizer.create(config, storage, Resource(name), context).process([message])

    _, dense = message.get_dense_features(TEXT)

    expected = [5 * OnnxEncoder(encoder).encode(texts), 8 * OnnxEncoder(multilingual).encode(texts)]
    assert np.allclose(dense.features, np.hstack(expected), atol=1e-4)


def test_an_encoder_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidConfigException, match="'klingon' is none of main, multilingual"):
        SentenceEncoderFeaturizer.validate_config({"encoder": "klingon"})


@pytest.mark.parametrize(
    ("name", "variable"), [("main", ENCODER_FOLDER), ("multilingual", MULTILINGUAL_FOLDER)]
)
def test_a_model_trained_with_another_encoder_is_refused(
    encoder: Path,
    multilingual: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    variable: str,
) -> None:
    config = SentenceEncoderFeaturizer.get_default_config() | {"encoder": name}
    storage, resource = LocalModelStorage(tmp_path), Resource("featurizer")
    SentenceEncoderFeaturizer.create(config, storage, resource, CONTEXT).train(TrainingData([]))
    SentenceEncoderFeaturizer.load(config, storage, resource, CONTEXT)
    before = SentenceEncoderFeaturizer.fingerprint_addon(config)

    other = tmp_path / "encoder"
    shutil.copytree(multilingual if name == "multilingual" else encoder, other)
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["source_digest"] = "0" * 64
    (other / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setenv(variable, str(other))

    assert SentenceEncoderFeaturizer.fingerprint_addon(config) not in (before, NO_ENCODER)
    with pytest.raises(EncoderChanged, match="train it again"):
        SentenceEncoderFeaturizer.load(config, storage, resource, CONTEXT)
    monkeypatch.delenv(variable)
    with pytest.raises(EncoderChanged, match=name):
        SentenceEncoderFeaturizer.load(config, storage, resource, CONTEXT)


def test_a_process_with_both_encoders_understands(
    encoder: Path, multilingual: Path, launch: Callable[..., RasaProcess], sender: str
) -> None:
    both = {ENCODER_FOLDER: str(encoder), MULTILINGUAL_FOLDER: str(multilingual)}
    rasa = launch(of=trained(PROJECT, both), **both)

    assert texts(rasa.say("good morning", sender=sender)) == ["Hello."]
    (stored,) = rasa.turns_of(sender)
    assert read_manifest(encoder).digest not in stored


def test_a_process_without_the_encoders_of_its_model_does_not_start(
    encoder: Path, multilingual: Path, rasa: RasaProcess
) -> None:
    both = {ENCODER_FOLDER: str(encoder), MULTILINGUAL_FOLDER: str(multilingual)}
    command = rasa.command()
    command[command.index("--model") + 1] = str(trained(PROJECT, both))
    command[command.index("--port") + 1] = str(free_port(PORTS))

    done = subprocess.run(
        command, cwd=ROOT, env=rasa.environment(), capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 1
    assert done.stderr.strip().endswith("or without one: train it again")


def test_this_is_the_environment_of_rasa() -> None:
    assert sys.version_info[:2] == (3, 10)

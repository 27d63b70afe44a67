"""Gives Rasa's pipeline the sentence vectors of the encoders that the knowledge search uses as well."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.exceptions import InvalidConfigException, RasaException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from knowledge.encoder.runtime import OnnxEncoder, read_manifest

ENCODER_FOLDER = "GUICHET_ENCODER_FOLDER"
MULTILINGUAL_FOLDER = "GUICHET_ENCODER_MULTILINGUAL_FOLDER"
# What `encoder:` in the pipeline may say, and which variable names the folder of that encoder.
MAIN = "main"
ENCODERS = {MAIN: ENCODER_FOLDER, "multilingual": MULTILINGUAL_FOLDER}
NO_ENCODER = "none"
TRAINED_WITH = "encoder.json"
TEXTS_KEPT = 2048


class EncoderChanged(RasaException):  # type: ignore[misc]
    """The model was trained on vectors of another encoder than the one at hand."""


def encoder_folder(encoder: str = MAIN) -> Path | None:
    """Where the encoder is, or None when this installation does without it."""
    folder = os.environ.get(ENCODERS[encoder], "")
    return Path(folder) if folder else None


def encoder_digest(encoder: str = MAIN) -> str:
    """Names the vectors this process would make; NO_ENCODER without that encoder."""
    folder = encoder_folder(encoder)
    return read_manifest(folder).digest if folder else NO_ENCODER


class VectorCache:
    """The vectors of the latest texts: people press the same buttons and say the same hello."""

    def __init__(self, encoder: OnnxEncoder, size: int = TEXTS_KEPT) -> None:
        self._encoder = encoder
        self._size = size
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> list[Any]:
        """One row (shape (1, dimension)) per text."""
        found = {text: self._kept[text] for text in set(texts) if text in self._kept}
        if missing := sorted(set(texts) - found.keys()):
            rows = self._encoder.encode(missing)
            found.update({text: row.reshape(1, -1) for text, row in zip(missing, rows, strict=True)})
        self._keep(found)
        return [found[text] for text in texts]

    def _keep(self, found: dict[str, Any]) -> None:
        for text, row in found.items():
            self._kept[text] = row
            self._kept.move_to_end(text)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


def unshouted(text: str) -> str:
    """A text all in capitals, in small letters: an encoder that tells the two apart has seen few shouts."""
    return text.lower() if text.isupper() else text


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceEncoderFeaturizer(DenseFeaturizer, GraphComponent):  # type: ignore[misc]
    """Adds one sentence vector per message; none at all when the installation does without that encoder.

    May stand in the pipeline once for each encoder. The digest of the encoder is kept with the model: vectors
    of another encoder would not fail, they would only make every confidence meaningless.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["onnxruntime", "tokenizers"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **DenseFeaturizer.get_default_config(),
            "encoder": MAIN,
            # What a vector is multiplied with: n-gram counts are larger than the parts of a unit vector.
            "weight": 1.0,
            "threads": 1,
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """The keys and their defaults are all there is; the encoder must be a known one."""
        if (encoder := config.get("encoder", MAIN)) not in ENCODERS:
            raise InvalidConfigException(f"encoder: {encoder!r} is none of {', '.join(ENCODERS)}")

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Another encoder must not find this one's features in the training cache."""
        return encoder_digest(config.get("encoder", MAIN))

    def __init__(
        self, config: dict[str, Any], name: str, model_storage: ModelStorage, resource: Resource
    ) -> None:
        super().__init__(name, config)
        self._storage = model_storage
        self._resource = resource
        self._weight = np.float32(config["weight"])
        folder = encoder_folder(config["encoder"])
        self.trained_with = encoder_digest(config["encoder"])
        self._cache = VectorCache(OnnxEncoder(folder, config["threads"])) if folder else None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoderFeaturizer:
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> SentenceEncoderFeaturizer:
        with model_storage.read_from(resource) as folder:
            trained_with = json.loads((folder / TRAINED_WITH).read_text())["digest"]
        if trained_with != encoder_digest(encoder := config["encoder"]):
            raise EncoderChanged(
                f"the model was trained with another sentence encoder ({encoder}), or without one: "
                "train it again"
            )
        return cls.create(config, model_storage, resource, execution_context)

    def train(self, training_data: TrainingData) -> Resource:
        """Nothing is learned; the encoder's digest is kept for `load`."""
        with self._storage.write_to(self._resource) as folder:
            (folder / TRAINED_WITH).write_text(json.dumps({"digest": self.trained_with}))
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        if self._cache is None:
            return messages
        with_text = [message for message in messages if message.get(TEXT)]
        vectors = self._cache.vectors([unshouted(message.get(TEXT)) for message in with_text])
        for message, vector in zip(with_text, vectors, strict=True):
            message.add_features(
                Features(
                    vector * self._weight,
                    FEATURE_TYPE_SENTENCE,
                    TEXT,
                    self._config[FEATURIZER_CLASS_ALIAS] or self._identifier,
                )
            )
        return messages

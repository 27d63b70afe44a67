"""Rasa's logistic regression, kept as plain numbers instead of a skops archive.

Importing skops costs 2.6 s at every start and scikit-learn's checks 2 ms at every message; the mathematics of
a prediction are one product and one softmax.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.tensorflow.constants import RANKING_LENGTH

WEIGHTS = "weights.npz"
CLASSES = "classes.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(LogisticRegressionClassifier):  # type: ignore[misc]
    """Trains as its parent does; predicts the same numbers with numpy alone."""

    def persist(self) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(folder / WEIGHTS, coefficients=self.clf.coef_, intercepts=self.clf.intercept_)
            (folder / CLASSES).write_text(json.dumps([str(name) for name in self.clf.classes_]))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> IntentClassifier:
        component = cls(config, execution_context.node_name, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            weights = np.load(folder / WEIGHTS, allow_pickle=False)
            component.clf.coef_ = weights["coefficients"]
            component.clf.intercept_ = weights["intercepts"]
            component.clf.classes_ = np.array(json.loads((folder / CLASSES).read_text()))
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            scores = self._probabilities(message)
            order = np.argsort(-scores, kind="stable")
            classes = self.clf.classes_
            ranking = [{"name": str(classes[i]), "confidence": float(scores[i])} for i in order]
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            length = self.config[RANKING_LENGTH] or len(ranking)
            message.set(INTENT_RANKING_KEY, ranking[:length], add_to_output=True)
        return messages

    def _probabilities(self, message: Message) -> Any:
        scores = self._decision(message)
        if len(scores) == 1:  # two classes are trained as one against the other
            positive = 1.0 / (1.0 + np.exp(-scores[0]))
            return np.array([1.0 - positive, positive])
        powers = np.exp(scores - scores.max())
        return powers / powers.sum()

    def _decision(self, message: Message) -> Any:
        """Coefficients × features + intercepts: n-gram counts first, sentence vector next, as trained."""
        _, sparse = message.get_sparse_features(TEXT)
        _, dense = message.get_dense_features(TEXT)
        coefficients = self.clf.coef_
        scores = self.clf.intercept_.copy()
        start = 0
        if sparse is not None:
            row = scipy.sparse.csr_matrix(sparse.features)
            scores += coefficients[:, row.indices] @ row.data
            start = row.shape[1]
        if dense is not None:
            scores += coefficients[:, start:] @ dense.features[0]
        return scores

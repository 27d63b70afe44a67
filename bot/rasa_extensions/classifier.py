"""Rasa's logistic regression, kept as plain numbers instead of a skops archive; modest about strange texts.

Importing skops costs 2.6 s at every start and scikit-learn's checks 2 ms at every message; the mathematics of
a prediction are one product and one softmax.

Counts grow with a text: a pasted stack trace got .99 for whatever intent came first. They are weighed by
how rare they are (TF-IDF) and brought to one length, as sentence vectors are. What is written in letters
that no example has together ("fghj lkjh") is not understood at all, instead of being the intent that
happens to be left.
"""

from __future__ import annotations

import json
import re
import unicodedata
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
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.utils.tensorflow.constants import RANKING_LENGTH

from bot.rasa_extensions.regression import Regression

WEIGHTS = "weights.npz"
CLASSES = "classes.json"
KNOWN = "known.json"

LENGTH = "counts_length"
MOST_UNSEEN = 0.5
"""Above this share of letter groups that no example has, a text is not understood."""

DAMPED = 0.4
FEWEST_GROUPS = 5

TELLING_LETTERS = 4
FEWEST_TELLING = 2
"""So many longer words of which no example has any are not understood either."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(LogisticRegressionClassifier):  # type: ignore[misc]
    """Trains as its parent does; predicts the same numbers with numpy alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clf: Any = Regression(self.clf)
        self._rarity: Any = None
        self._by_feature: Any = None
        self._groups: frozenset[str] = frozenset()
        self._words: frozenset[str] = frozenset()
        self._signs: frozenset[str] = frozenset()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The parent's, and the length that weighed counts are brought to; 0 leaves them as they are."""
        return {**LogisticRegressionClassifier.get_default_config(), LENGTH: 0.0}

    def train(self, training_data: TrainingData) -> Resource:
        texts = [str(example.get(TEXT) or "") for example in training_data.intent_examples]
        self._groups = frozenset(group for text in texts for group in letter_groups(text))
        self._words = frozenset(word for text in texts for word in words_of(text))
        self._signs = frozenset(text.strip() for text in texts if not any(map(str.isalpha, text)))
        return super().train(training_data)

    def persist(self) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(
                folder / WEIGHTS,
                coefficients=self.clf.coef_,
                intercepts=self.clf.intercept_,
                rarity=self._rarity if self._rarity is not None else np.zeros(0),
            )
            (folder / CLASSES).write_text(json.dumps([str(name) for name in self.clf.classes_]))
            known = {
                "groups": sorted(self._groups),
                "words": sorted(self._words),
                "signs": sorted(self._signs),
            }
            (folder / KNOWN).write_text(json.dumps(known))

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
            component._rarity = weights["rarity"]
            component.clf.classes_ = np.array(json.loads((folder / CLASSES).read_text()))
            known = json.loads((folder / KNOWN).read_text())
        component._groups, component._words = frozenset(known["groups"]), frozenset(known["words"])
        component._signs = frozenset(known["signs"])
        # A row a feature: what a text has is read in one piece.
        component._by_feature = np.ascontiguousarray(component.clf.coef_.T)
        return component

    def _create_X(self, messages: list[Message]) -> scipy.sparse.csr_matrix:
        """The parent's matrix in two blocks instead of a row at a time, the counts at one length."""
        sparse = [message.get_sparse_features(TEXT)[1] for message in messages]
        dense = [message.get_dense_features(TEXT)[1] for message in messages]
        blocks = []
        if all(sparse):
            counts = scipy.sparse.vstack([scipy.sparse.csr_matrix(each.features) for each in sparse])
            blocks.append(self._weighed(counts.tocsr().astype(float)))
        if all(dense):
            blocks.append(scipy.sparse.csr_matrix(np.vstack([each.features for each in dense])))
        return scipy.sparse.hstack(blocks).tocsr()

    def _weighed(self, counts: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
        """TF-IDF of logarithms, every row at one length; the rarities are learnt when there are none."""
        length = self.config[LENGTH]
        if not length:
            return counts
        if self._rarity is None:
            in_texts = np.bincount(counts.indices, minlength=counts.shape[1])
            self._rarity = np.log((1 + counts.shape[0]) / (1 + in_texts)) + 1
        counts.data = (1 + np.log(counts.data)) * self._rarity[counts.indices]
        norms = np.sqrt(counts.multiply(counts).sum(axis=1)).A1
        return scipy.sparse.diags(length / np.maximum(norms, 1e-9)) @ counts

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            scores = self._probabilities(message)
            if self._is_strange(str(message.get(TEXT) or "")):
                scores = scores * DAMPED
            order = np.argsort(-scores, kind="stable")
            classes = self.clf.classes_
            ranking = [{"name": str(classes[i]), "confidence": float(scores[i])} for i in order]
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            length = self.config[RANKING_LENGTH] or len(ranking)
            message.set(INTENT_RANKING_KEY, ranking[:length], add_to_output=True)
        return messages

    def _is_strange(self, text: str) -> bool:
        if not self._groups:
            return False
        groups = letter_groups(text)
        if not groups:
            return text.strip() not in self._signs
        unseen = sum(group not in self._groups for group in groups) / len(groups)
        is_noise = len(groups) >= FEWEST_GROUPS and unseen > MOST_UNSEEN
        telling = [word for word in words_of(text) if len(word) >= TELLING_LETTERS]
        return is_noise or (len(telling) >= FEWEST_TELLING and self._words.isdisjoint(telling))

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
            scores += self._weighed_values(row) @ self._by_feature[row.indices]
            start = row.shape[1]
        if dense is not None:
            scores += coefficients[:, start:] @ dense.features[0]
        return scores

    def _weighed_values(self, row: scipy.sparse.csr_matrix) -> Any:
        """`_weighed` for one row, without the cost of a matrix."""
        if not self.config[LENGTH]:
            return row.data
        values = (1 + np.log(row.data)) * self._rarity[row.indices]
        return values * (self.config[LENGTH] / max(np.sqrt(values @ values), 1e-9))


def letter_groups(text: str) -> list[str]:
    """Every three letters in a row within a word, its edges being letters too; without case and accents."""
    return [f" {word} "[at : at + 3] for word in words_of(text) for at in range(len(word))]


def words_of(text: str) -> list[str]:
    """The words, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return re.findall(r"[^\W\d_]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))

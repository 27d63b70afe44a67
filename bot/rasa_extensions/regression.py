"""scikit-learn's logistic regression with balanced classes, learned several times as fast.

Most columns are counts of letter groups, nearly empty; a thousand are parts of sentence vectors, full. As one
sparse matrix the full ones cost most of the time. Here each kind is multiplied in its own way; the function
whose minimum is sought and the method are scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.optimize
import scipy.sparse

FULL = 0.5
"""Columns of which more than this share is not nought are multiplied as full ones."""

CORRECTIONS = 10  # L-BFGS remembers this many steps; scikit-learn's number
Evaluated = tuple[float, Any]


class Regression:
    """Stands in for scikit-learn's object: `fit` leaves `coef_`, `intercept_` and `classes_`."""

    def __init__(self, stock: Any) -> None:
        self._stock = stock
        self.coef_: Any = None
        self.intercept_: Any = None
        self.classes_: Any = None

    def fit(self, rows: Any, labels: Sequence[str]) -> Regression:
        """Stops where no part of the slope is above `tol`, or after `max_iter` steps."""
        self.classes_, classes = np.unique(labels, return_inverse=True)
        if len(self.classes_) <= 2:
            self._stock.fit(rows, labels)
            self.coef_, self.intercept_ = self._stock.coef_, self._stock.intercept_
            return self
        features, count = rows.shape[1], len(self.classes_)
        found = scipy.optimize.minimize(
            _slope(_Blocks(rows.tocsr()), classes, count),
            np.zeros((features + 1) * count),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": self._stock.max_iter,
                "gtol": self._stock.tol,
                "ftol": 64 * np.finfo(float).eps,
                "maxcor": CORRECTIONS,
                "maxls": 50,
            },
        )
        weights = found.x.reshape(features + 1, count)
        self.coef_, self.intercept_ = weights[:-1].T.copy(), weights[-1].copy()
        return self


class _Blocks:
    """A matrix kept as its nearly empty columns and its full ones."""

    def __init__(self, rows: Any) -> None:
        full = rows.getnnz(axis=0) > FULL * rows.shape[0]
        self._at, self._rest = np.flatnonzero(full), np.flatnonzero(~full)
        self._full = np.ascontiguousarray(rows[:, self._at].toarray())
        self._sparse = rows[:, self._rest].tocsr()
        self._turned = self._sparse.T.tocsr()

    def times(self, weights: Any) -> Any:
        return self._sparse @ weights[self._rest] + self._full @ weights[self._at]

    def turned_times(self, errors: Any, out: Any) -> None:
        """The product of the columns with the errors, a row of `out` for each column."""
        out[self._rest] = self._turned @ errors
        out[self._at] = self._full.T @ errors


def _slope(blocks: _Blocks, classes: Any, count: int) -> Callable[[Any], Evaluated]:
    """The loss and its slope for given weights; every class counts alike, however many examples it has."""
    examples = np.arange(len(classes))
    shares = (len(classes) / (count * np.bincount(classes)))[classes]

    def at(flat: Any) -> Evaluated:
        weights = flat.reshape(-1, count)
        scores = blocks.times(weights[:-1]) + weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        sums = powers.sum(axis=1)
        loss = shares @ (np.log(sums) - scores[examples, classes]) + 0.5 * (weights[:-1] ** 2).sum()
        errors = powers / sums[:, None]
        errors[examples, classes] -= 1
        errors *= shares[:, None]
        slope = np.empty_like(weights)
        blocks.turned_times(errors, slope[:-1])
        slope[:-1] += weights[:-1]
        slope[-1] = errors.sum(axis=0)
        return float(loss), slope.ravel()

    return at

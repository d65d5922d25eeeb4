# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The baselines: linear and non-linear read-outs to compare with, on the same arrays, without tuning.

Ten of them; scikit-learn (extra ``baselines``) fits six.  Their constants are the same for every
set and number of samples.  Each sees the embeddings in one of three forms: ``raw`` (scaled by one
number, to a mean length of 15, about that of the encoder's real embedding), ``l2`` (every
embedding divided by its own length) or ``standard`` (every input to mean 0, deviation 0.3).
"""

from collections.abc import Callable
from typing import Any
import warnings

import numpy as np

COUNT = 10  # of the baselines


class BaselineError(RuntimeError):
    """scikit-learn is missing."""


class _ClassMeans:
    """Nearest class mean, by distance or by angle."""

    def __init__(self, cosine: bool) -> None:
        self._cosine = cosine

    def fit(self, x: np.ndarray, y: np.ndarray) -> '_ClassMeans':
        self._classes = np.unique(y)
        means = np.array([x[y == c].mean(axis=0) for c in self._classes])
        if self._cosine:
            means /= np.linalg.norm(means, axis=1, keepdims=True)
            self._offset = np.zeros(len(means))
        else:
            self._offset = (means ** 2).sum(axis=1) / 2
        self._means = means
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self._classes[(x @ self._means.T - self._offset).argmax(axis=1)]


class _StreamingLda:
    """
    Linear discriminant analysis from running sums, with the shrinkage of Deep SLDA.

    Class means, a pooled within-class covariance, ``(1 - s) cov + s I`` inverted once.
    """

    def __init__(self, shrinkage: float) -> None:
        self._shrinkage = shrinkage

    def fit(self, x: np.ndarray, y: np.ndarray) -> '_StreamingLda':
        self._classes, place = np.unique(y, return_inverse=True)
        means = np.array([x[place == c].mean(axis=0) for c in range(len(self._classes))])
        error = x - means[place]
        covariance = error.T @ error / max(len(x) - len(self._classes), 1)
        precision = np.linalg.inv((1 - self._shrinkage) * covariance
                                  + self._shrinkage * np.eye(x.shape[1]))
        self._weights = means @ precision
        self._offset = (self._weights * means).sum(axis=1) / 2
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self._classes[(x @ self._weights.T - self._offset).argmax(axis=1)]


def _baselines(seed: int) -> dict[str, tuple[str, Any]]:
    """Return {name: (what is done to the embeddings, estimator)}."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import LinearSVC, SVC
    return {
        'logistic regression, standardised': (
            'standard', LogisticRegression(C=1.0, max_iter=200, tol=1e-3)),
        'logistic regression, l2': ('l2', LogisticRegression(C=30.0, max_iter=200, tol=1e-3)),
        'linear SVM': ('l2', LinearSVC(C=3.0, random_state=seed)),
        'RBF SVM': ('l2', SVC(C=10.0, gamma='scale')),
        'kNN 1': ('l2', KNeighborsClassifier(1)),
        # By distance: equal votes, the rule at one shot, would otherwise go to the first class.
        'kNN 5': ('l2', KNeighborsClassifier(5, weights='distance')),
        'class means': ('raw', _ClassMeans(cosine=False)),
        'class means, cosine': ('l2', _ClassMeans(cosine=True)),
        'streaming LDA 1e-4': ('raw', _StreamingLda(1e-4)),
        'streaming LDA 0.1': ('raw', _StreamingLda(0.1)),
    }


def check() -> None:
    """
    Find scikit-learn before any work is done.

    :raises BaselineError: when it is not installed.
    """
    try:
        _baselines(0)
    except ImportError as error:
        raise BaselineError(
            f"--baselines needs scikit-learn (pip install 'hybrid_snn_ros[baselines]'): {error}"
        ) from error


def answers(train: np.ndarray, labels: np.ndarray, test: np.ndarray, seed: int = 0,
            tick: Callable[[int, int], None] = lambda done, total: None) -> dict[str, np.ndarray]:
    """
    Let every baseline answer the test samples.

    :param train: uint8 codes (M, N); labels (M,); test: uint8 codes (T, N).
    :return: {name: classes (T,)}, ten of them.
    :raises BaselineError: when scikit-learn is not installed.
    """
    check()
    estimators = _baselines(seed)
    forms = {'raw': _raw(train, test), 'l2': (_unit(train), _unit(test)),
             'standard': _standard(train, test)}
    found = {}
    for place, (name, (form, estimator)) in enumerate(estimators.items()):
        seen, asked = forms[form]
        if name == 'kNN 5':
            estimator.n_neighbors = min(5, len(seen))
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # a solver that stops at its limit still answers
            found[name] = estimator.fit(seen, labels).predict(asked)
        tick(place + 1, len(estimators))
    return found


def _raw(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = np.linalg.norm(train.astype(np.float64), axis=1).mean()
    return train / length * 15.0, test / length * 15.0


def _unit(codes: np.ndarray) -> np.ndarray:
    values = codes.astype(np.float64)
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)


def _standard(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values = train.astype(np.float64)
    mean, sd = values.mean(axis=0), values.std(axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    return (values - mean) / sd * 0.3, (test - mean) / sd * 0.3

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Protocols: in which order what is taught, and what is asked."""

import numpy as np

from hybrid_snn_ros.classifier import Classifier


def joint(data, rule, params, seed, tick=lambda done, total: None):
    """
    Teach every training sample once, in one shuffled pass, then ask every test sample.

    :param data: sources.Embeddings.
    :param seed: of the order.
    :param tick: called with (steps done, steps in all).
    :return: the answered class of every test sample, int64 (T,), rejection off.
    """
    network = Classifier(rule=rule, params=params, inputs=data.train.shape[1], false_unknown=0,
                         top=1)
    order = np.random.default_rng(seed).permutation(len(data.train))
    total = len(order) + len(data.test)
    for step, sample in enumerate(order):
        network.teach(data.train[sample], data.class_names[data.train_labels[sample]])
        tick(step + 1, total)
    place = {name: place for place, name in enumerate(data.class_names)}
    answers = np.zeros(len(data.test), dtype=np.int64)
    for step, codes in enumerate(data.test):
        answers[step] = place[network.predict(codes).label]
        tick(len(order) + step + 1, total)
    return answers

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What people answer to questions, put right, and want to look at."""

import itertools

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.labels import find
from hybrid_snn_ros.memory.wording import samples_text
from hybrid_snn_ros.ros.asker import Asker
from hybrid_snn_ros.ros.commands import Command, CommandError

_PICTURES = 64  # newest ones of a label that are shown


class Asking:
    """Used by the worker alone; its methods raise CommandError, LabelError and StoreError."""

    def __init__(self, classifier: Classifier, asker: Asker) -> None:
        """Begin."""
        self._classifier = classifier
        self._asker = asker

    def answer(self, command: Command) -> tuple[str, int]:
        """Return a sentence that says what was done, and how many samples were taught."""
        if command.ignore:
            self._asker.ignore(command.question)
            return 'that is not asked about again', 0
        taught = self._asker.answer(
            command.question, command.label, command.without, command.source)
        return (f"{samples_text(taught)} of '{command.label}' "
                f"{'is' if taught == 1 else 'are'} learned, saved"), taught

    def split(self, command: Command) -> list[str]:
        """Make two questions of one; return their ids."""
        return self._asker.split(command.question)

    def relabel(self, command: Command) -> str:
        """Teach a sample under another label, in its place; return a sentence."""
        before = self._classifier.relabel(
            command.sample, command.label, command.source, later=True)
        return f"sample {command.sample} of '{before}' is one of '{command.label}' now, saved"

    def pictures(self, command: Command) -> list[tuple[str, bytes]]:
        """Return [(name, JPEG)] of a question's members, or of the newest samples of a label."""
        if command.question:
            return [(f'{command.question}/{member}', jpeg)
                    for member, jpeg in self._asker.pictures(command.question).items()]
        label = find(command.label, self._classifier.state.counts)
        samples = self._classifier.state.samples
        newest = list(itertools.islice((number for number in reversed(samples)
                                        if samples[number].label == label), _PICTURES))
        if not newest:
            raise CommandError(f"nothing was taught as '{label}'")
        return [(f'sample/{number}', jpeg)
                for number, jpeg in self._classifier.store.pictures(newest).items()]

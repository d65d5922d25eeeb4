# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is said of an Undo or Redo names the label as it is written."""

import pytest

from hybrid_snn_ros.memory.history import Change
from hybrid_snn_ros.memory.wording import put_back, taken_back


@pytest.mark.parametrize('label', [
    "it's", '👨\u200d👩\u200d👧', 'می\u200cخواهم', 'क्\u200dष', 'a "b" \\n', "'", 'mug'])
@pytest.mark.parametrize('what', ['teach', 'import', 'forget', 'rename', 'merge', 'remove'])
def test_a_label_stands_in_the_sentence_as_it_is_written(label, what):
    """Also one with quotes, and one whose joiners would be written out by repr()."""
    change = Change(7, what, label, 'cup', 2, 'teach', 1.0, (7, 8))
    assert f"'{label}'" in taken_back(change)
    assert f"'{label}'" in put_back(change)


@pytest.mark.parametrize('count, said', [(0, '0 samples'), (1, '1 sample'), (3, '3 samples')])
def test_an_import_in_place_of_everything_says_that_everything_is_back(count, said):
    """Not only that the samples of the import are gone."""
    change = Change(9, 'import', '', '', count, 'import', 1.0, tuple(range(count)), True)
    assert taken_back(change) == (
        f'the import of {said} is taken back, what it replaced is known again')

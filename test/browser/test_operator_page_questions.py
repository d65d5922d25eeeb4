# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Things that no one taught go past a real robot, which asks; a person answers in Chromium, 360x640.

`tools/ten_things.py` does the same with ten.
"""

from browser import PHONE
from checkout import ROOT
import operator_page_harness as harness
from operator_page_harness import Browser, opened, settled
from passing_things import Person
import pytest

if harness.missing():
    pytest.skip(harness.missing(), allow_module_level=True)

THINGS = 'duck', 'lego brick', 'jenga block'
VIEWS, LATER = 78, 10  # of each thing: until it is asked about; afterwards, from elsewhere
FEWEST = 8  # members of a question


@pytest.fixture(scope='module')
def person(tmp_path_factory):
    with harness.running(
            tmp_path_factory.mktemp('robot'), questions='off', image_timeout=60.0,
            initial_memory=str(ROOT / 'models' / 'everyday.memory')) as robot, \
            Browser(tmp_path_factory.mktemp('profile')) as phone:
        phone.look(PHONE, False)
        opened(phone, robot.url)
        person = Person(robot, phone)
        person.ready()
        yield person
        assert phone.complaints() == []


def test_what_was_never_taught_is_named_by_answers_on_the_page(person):
    """Every answer is taken back and put back once; later views are right."""
    for _ in range(2):
        for name in set(THINGS) - person.labels:
            person.let_pass(name, VIEWS, 'test')
        person.answer_all()
        person.ready()
        if person.labels >= set(THINGS):
            break
    assert person.labels == set(THINGS)
    assert len(person.answers) <= 5
    assert all(answer.taught + answer.struck >= FEWEST for answer in person.answers)
    assert not person.phone.run("return document.getElementById('inbox-open').checkVisibility()")
    said = [(name, person.look(name, 'train', LATER)) for name in THINGS]
    right = sum(labels.count(name) for name, labels in said)
    assert right >= 0.95 * len(THINGS) * LATER, said


def test_a_picture_of_a_label_is_moved_and_removed_and_each_is_undone(person):
    """After the answers of the test before."""
    phone, robot = person.phone, person.robot
    before = robot.samples()
    phone.tap('#choose')
    phone.tap('.more[data-focus="more duck"]')
    phone.tap('#list .look')
    phone.until('its pictures', "const all = [...document.querySelectorAll('#label-pictures img, "
                "#label-doubtful img')]; return all.length === arguments[0] "
                "&& all.every((each) => each.naturalWidth === 224)", min(before['duck'], 64))
    phone.until_text('#label-samples', f"{before['duck']} samples")
    phone.until_text('#label-quality', 'Right in ')
    phone.tap('#label-pictures li:last-child button')
    phone.tap('#label-move')
    phone.until('the list', "return document.getElementById('picker').matches(':modal')")
    phone.tap('#list .pick[data-focus="pick lego brick"]')
    phone.until_text('#label-note', 'The picture is one of “lego brick” now')
    moved = {**before, 'duck': before['duck'] - 1, 'lego brick': before['lego brick'] + 1}
    person.peer.until('it to be moved', lambda: robot.samples() == moved)
    phone.until_text('#label .undo-here', 'a picture of “duck” is one of “lego brick”')
    phone.tap('#label .undo-here')
    person.peer.until('it to be back', lambda: robot.samples() == before)
    phone.until_text('#label-samples', f"{before['duck']} samples")
    settled(phone)
    phone.tap('#label-pictures li:last-child button')
    phone.tap('#label-remove')
    phone.until_text('#label-note', 'A picture of “duck” is removed')
    person.peer.until('it to be gone', lambda: robot.samples()['duck'] == before['duck'] - 1)
    phone.until_text('#label .undo-here', '“duck”: 1 picture removed')
    phone.tap('#label .undo-here')
    person.peer.until('it to be back', lambda: robot.samples() == before)
    phone.tap('#label .redo-here')
    person.peer.until('it to be gone', lambda: robot.samples()['duck'] == before['duck'] - 1)

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is written for people about ROS names things that are there."""

import fnmatch
import json
import re
import xml.etree.ElementTree as ElementTree

from checkout import ROOT
import pytest

PAGE = (ROOT / 'docs' / 'ros.md').read_text(encoding='utf-8')
README = (ROOT / 'README.md').read_text(encoding='utf-8')
LAYOUT = json.loads((ROOT / 'config' / 'foxglove_layout.json').read_text(encoding='utf-8'))


def granted():
    """Return the topics and services in the policy of the classifier, which has its own test."""
    root = ElementTree.parse(ROOT / 'config' / 'security' / 'classifier.policy.xml').getroot()
    return {name.text.replace('~', '/classifier') for kind in ('topic', 'service')
            for name in root.iter(kind)}


def leaves(tree):
    return [tree] if isinstance(tree, str) else [
        leaf for side in ('first', 'second') for leaf in leaves(tree[side])]


def test_the_layout_shows_every_panel_once():
    assert sorted(leaves(LAYOUT['layout'])) == sorted(LAYOUT['configById'])
    kinds = {name.split('!')[0] for name in LAYOUT['configById']}
    assert kinds >= {'Image', 'RawMessages', 'Publish', 'CallService'}


def test_the_layout_speaks_of_topics_and_services_of_the_node():
    text = json.dumps(LAYOUT)
    named = set(re.findall(
        r'"(?:imageTopic|topicName|serviceName|topicToRender)": "([^"]+)"', text))
    named |= {path.split('.')[0] for path in re.findall(r'"topicPath": "([^"]+)"', text)}
    assert {'/classifier/teach', '/classifier/annotated', '/classifier/undo'} <= named <= granted()
    for config in LAYOUT['configById'].values():
        if 'value' in config:
            assert list(json.loads(config['value'])) == ['data']


def names_in(text):
    """Return the names of topics and services in a text, relative ones in full."""
    return {name.replace('~', '/classifier') for name in re.findall(r'(?<![\w/])[~/][\w/]+', text)}


def test_every_topic_and_service_is_shown_wherever_all_are():
    """What ROS gives every node (parameters, lifecycle) is not in the README."""
    own = {name for name in granted() if name.startswith('/classifier/')}
    listed, quality = (PAGE.partition(heading)[2].partition('\n\n')[0] for heading in (
        '$ ros2 topic list', '## Quality of service\n\n'))
    info = PAGE.partition('$ ros2 node info')[2].partition('```')[0]
    kinds = dict(re.findall(r'    (/\S+): (\w+)/', info))
    assert own - kinds.keys() == set()
    topics = set(re.findall(r'    (/classifier/\S+): \w+/msg', info))
    published = set(re.findall(r'    (/classifier/\S+): \w+/msg', info.partition('Publishers')[2]))
    of_ros = {name for name, package in kinds.items() if package in (
        'lifecycle_msgs', 'rcl_interfaces', 'type_description_interfaces')}
    assert topics - names_in(listed) == set()
    assert published - of_ros - names_in(quality) == set()
    assert own - of_ros - names_in(README) == set()


def test_the_page_shows_every_encoding_that_is_read():
    encodings = pytest.importorskip('hybrid_snn_ros.vision.encodings', reason='no OpenCV here')
    rows = PAGE.partition('### Encodings')[2].partition('refused')[0]
    shown = re.findall(r'`([^`]+)`', rows)
    assert not [name for name in encodings.ENCODINGS
                if not any(fnmatch.fnmatch(name, pattern) for pattern in shown)]


def test_the_page_shows_every_field_of_an_answer_and_of_the_labels():
    messages = pytest.importorskip('hybrid_snn_ros.ros.messages', reason='no ROS here')
    from std_msgs.msg import Header

    from hybrid_snn_ros.memory.state import StoreState
    from hybrid_snn_ros.network.prediction import Prediction
    from hybrid_snn_ros.ros.thing_finder import WhereStatus
    prediction = Prediction('duck', 1.0, False, [('duck', 1.0)], 1.0)
    for topic, text in (
            ('answer', messages.answer(Header(), prediction, (0, 0, 1, 1), False, 0, 0)),
            ('labels', messages.labels(StoreState(), WhereStatus()))):
        shown = re.search(rf"--full-length /classifier/{topic}\ndata: '(.*)'\n", PAGE)
        assert shown and json.loads(shown[1]).keys() == json.loads(text).keys(), topic


def test_the_page_links_to_headings_it_has():
    headings = {re.sub(r'[^a-z0-9 -]', '', line[3:].lower()).replace(' ', '-')
                for line in PAGE.splitlines() if line.startswith('## ')}
    links = set(re.findall(r'\]\(#([^)]+)\)', PAGE))
    assert len(links) > 8 and links <= headings


def test_the_image_is_built_from_what_is_here():
    text = (ROOT / 'docker' / 'Dockerfile').read_text(encoding='utf-8')
    sources = [word for line in text.splitlines() if line.startswith('COPY')
               for word in line.split()[1:-1]]
    assert {'hybrid_snn_ros', 'launch', 'config', 'models', 'package.xml'} <= set(sources)
    assert all((ROOT / source).exists() for source in sources)

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Why no frame comes, as far as the ROS graph tells, and what to set so that one does."""

from collections.abc import Callable, Iterable, Sequence
import difflib
from typing import Any, NamedTuple

from hybrid_snn_ros.ros.graph import Publication

RAW, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
SUFFIX = '/compressed'  # what image_transport adds to the topic of the raw frames
DEPTH = '/compressedDepth'  # the same for depth, which is no picture although of that type
REMEDY = ('run camera and node as the same user, with a Fast DDS profile with room for such large '
          'frames, or set image_transport to compressed, or reliability to reliable (docs/ros.md, '
          'Large frames)')
_MOST = 3  # topics or nodes that a sentence names


class Reason(NamedTuple):
    """Why no frame comes."""

    key: tuple[Any, ...]  # equal for equal reasons, whatever the numbers and the other topics are
    text: str
    absent: bool = False  # no one publishes the topic


def reason(topic: str, kind: str, publishers: Sequence[Publication],
           elsewhere: Callable[[], Iterable[Publication]], lost: int = 0,
           apart: Callable[[], str] = str) -> Reason:
    """
    Find it.

    :param topic: what is listened to.
    :param kind: RAW or COMPRESSED, as what it is listened to.
    :param publishers: graph.Publications on that topic, of any type.
    :param elsewhere: function that returns the Publications there are; called where they matter.
    :param lost: frames of which the middleware knows that they got lost since the last one.
    :param apart: function that returns a sentence where another user's shared memory parts the
        two, '' otherwise; called where a camera is there and nothing arrives.
    """
    key = tuple(sorted({(found.node, found.kind) for found in publishers}))
    right = [found.node for found in publishers if found.kind == kind]
    between = apart() if right else ''
    if between:
        return Reason(('users', key), f'{_names(right)}: {between}')
    if right and lost:
        return Reason(('lost', key), f'frames of {_names(right)} get lost on the way '
                                     f'({lost} so far): {REMEDY}')
    if right:
        verb = 'publish' if len(set(right)) > 1 else 'publishes'
        return Reason(('quiet', key), f'{_names(right)} {verb} it, but nothing arrives: is the '
                                      'camera running, and as the same user as this node? '
                                      f'(ros2 topic hz {topic})')
    pictures = [found for found in publishers if found.kind in (RAW, COMPRESSED)]
    if pictures:
        return Reason(('type', key), f'{_as(pictures[0])}: {_advice(pictures[0], topic, kind)}')
    other = [found for found in elsewhere()
             if found.kind in (RAW, COMPRESSED) and found.topic != topic
             and not found.topic.endswith(DEPTH)]
    if publishers:
        return Reason(('no image', key), f'{_as(publishers[0])}, which is not an image type; '
                                         f'{_others(other, topic, kind)}')
    twins = sorted((found for found in other if _stem(found.topic) == _stem(topic)),
                   key=lambda found: found.kind != kind)
    if twins:
        return Reason(('twin', twins[0]),
                      f'no one publishes it, but {twins[0].node} publishes {twins[0].topic} as '
                      f'{twins[0].kind}: {_advice(twins[0], topic, kind)}', absent=True)
    return Reason(('nobody', bool(other)),
                  f'no one publishes it; {_others(other, topic, kind)}', absent=True)


def _others(other: Iterable[Publication], topic: str, kind: str) -> str:
    """Say which image topics there are, those with the most similar names first."""
    kinds = {found.topic: found for found in other}  # one that several publish is one
    near = sorted(kinds.values(), key=lambda found: (
        -difflib.SequenceMatcher(None, found.topic, topic).ratio(), found.topic))
    if not near:
        return ('no one publishes any other image topic: is the camera running, with the same '
                'ROS_DOMAIN_ID?')
    if len(near) == 1:
        return (f'the only image topic is {near[0].topic} ({near[0].kind}): '
                f'{_advice(near[0], topic, kind)}')
    listed = ', '.join(f'{found.topic} ({found.kind})' for found in near[:_MOST])
    more = f' and {len(near) - _MOST} more' if len(near) > _MOST else ''
    return (f'image topics are {listed}{more}; to use the first, '
            f'{_advice(near[0], topic, kind)}')


def _advice(found: Publication, topic: str, kind: str) -> str:
    """Return what to set so that a topic is listened to instead, in words."""
    steps = []
    if found.kind != kind:
        steps.append(f"set image_transport to {'raw' if found.kind == RAW else 'compressed'}")
    if found.kind == RAW:
        base, name = found.topic, 'image'
        now = topic.removesuffix(SUFFIX) if kind == COMPRESSED else topic
    elif found.topic.endswith(SUFFIX) and found.topic != SUFFIX:
        base, name = found.topic.removesuffix(SUFFIX), 'image'
        now = topic.removesuffix(SUFFIX) if kind == COMPRESSED else topic
    else:  # of a driver that does not follow image_transport's names
        base, name, now = found.topic, 'image/compressed', None
    if base != now:
        added = f' ({SUFFIX} is added to it)' if now and found.kind == COMPRESSED else ''
        steps.append(f'remap {name} to {base}{added}')
    return ' and '.join(steps)


def _stem(topic: str) -> str:
    while topic.endswith(SUFFIX):
        topic = topic.removesuffix(SUFFIX)
    return topic


def _as(found: Publication) -> str:
    return f'{found.node} publishes it as {found.kind}'


def _names(nodes: Iterable[str]) -> str:
    """Name some nodes."""
    nodes = sorted(set(nodes))
    more = f' and {len(nodes) - _MOST} more' if len(nodes) > _MOST else ''
    return ', '.join(nodes[:_MOST]) + more

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Robots of a fleet: real nodes, each in a process and a namespace of its own."""

import contextlib
import io
import json

from camera_frames import frame, picture
from ros_harness import LATCHED, NodeProcess, OK, Peer, remembered, values
from std_msgs.msg import String

from hybrid_snn_ros.cli.main import main as hybrid_snn


class FleetRobot:
    """A node of a fleet and a peer of it; a context manager."""

    def __init__(self, directory, domain, name, **parameters):
        """Start the node `name`/classifier; `parameters` are those of the node."""
        self.directory, self.domain, self.name = directory, domain, name
        self.memory = directory / name
        self.parameters = {'fleet': 'share', 'min_change': 0.0, 'teach_views': 1,
                           'image_timeout': 600.0, 'questions': 'off', **parameters}
        self.start()
        self.peer = Peer(domain, f'/{name}/classifier', f'/{name}/image')
        self.told = []  # what ~/fleet said
        self.peer.node.create_subscription(
            String, f'/{name}/classifier/fleet', lambda m: self.told.append(json.loads(m.data)),
            LATCHED)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.__exit__()
        self.node.__exit__()

    def start(self):
        """Start the node, at first or again."""
        self.node = NodeProcess(self.directory, self.domain, '-r', f'__ns:=/{self.name}',
                                memory=str(self.memory), **self.parameters)

    def cli(self, *words):
        """Run a `hybrid-snn fleet` command on the memory and return what it prints."""
        self.peer.until('a robot with a memory', lambda: self.told)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert hybrid_snn(['fleet', *words, '-m', str(self.memory)]) == 0
        return out.getvalue().strip()

    def teach(self, label, colour, seed=0):
        """Show a picture and teach it; return the number of the sample."""
        self.peer.show(frame(picture(colour, seed)))
        result = self.peer.teach(label)[0]
        assert result.level == OK, result.message
        return int(values(result)['sample'])

    @property
    def counts(self):
        """What is on disk now: {label: samples}."""
        return remembered(self.memory).counts

    def knows(self, counts):
        """Wait until it answers with labels, of so many samples each: {label: samples}."""
        self.peer.until(f'{counts} at {self.name}', lambda: self.peer.known and {
            one['label']: one['samples'] for one in self.peer.known[-1]['labels']} == counts)

    def consolidated(self):
        """Wait until its network's bits depend on what is known alone."""
        self.peer.until('consolidation', lambda: self.peer.counters()['consolidated'] == 'yes')

    def overview(self, what, condition):
        """Wait until ~/fleet fulfils a condition; return what it says."""
        return self.peer.until(f'{what} at {self.name}', lambda: self.told and condition(
            self.told[-1]) and self.told[-1])


@contextlib.contextmanager
def fleet(directory, domain, *names, **parameters):
    """Yield robots that allow each other."""
    with contextlib.ExitStack() as stack:
        robots = [stack.enter_context(FleetRobot(directory, domain, name, **parameters))
                  for name in names]
        keys = [robot.cli('key') for robot in robots]
        for robot, own in zip(robots, keys):
            for name, key in zip(names, keys):
                if key != own:
                    robot.cli('allow', key, '--name', name)
        for robot, own in zip(robots, keys):
            robot.key = own
        yield robots

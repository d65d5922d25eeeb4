# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The page's, the camera's and the classifier's process, and what an operator does with them."""

import contextlib
import importlib.util
import json
import os
import re
import shutil
import signal
import time
from urllib.parse import urlsplit

import browser_engines
from browser_engines import Chromium
from domains import fresh_domain
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from ros_harness import NodeProcess, Peer
from spinning_node import SpinningNode
from std_msgs.msg import String

from hybrid_snn_ros.recent import Recent

Browser = Chromium  # the one that the tests of the page's workings use
# For scripts that start one of their own, with other settings.
_CHROMIUM, _FLAGS = browser_engines._CHROMIUM, browser_engines._FLAGS
_DRIVER = shutil.which('chromedriver')


def missing(engine='Chromium'):
    """Return the sentence why the page cannot be tried in an engine here, '' if it can."""
    for module, extra in (('aiohttp', 'page'), ('pybullet', 'sim')):
        if importlib.util.find_spec(module) is None:
            return f'{module} is not installed (extra {extra})'
    return browser_engines.missing(engine)


class Process(NodeProcess):
    """Any module of this package as a ROS node in a process; leaves nothing behind."""

    def __init__(self, directory, domain, module, *words, **parameters):
        super().__init__(directory, domain, *words, program=('-m', f'hybrid_snn_ros.{module}'),
                         **parameters)

    def end(self, number=signal.SIGINT, seconds=10.0):
        """End the process the usual way; it must do so cleanly."""
        super().end(number, seconds)

    def cpu_seconds(self):
        """Return the processor time the process has used so far."""
        with open(f'/proc/{self.process.pid}/stat') as file:
            fields = file.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def page(directory, domain, *words, image='image_raw', **parameters):
    """Start the page on a free port; return (Process, its address with the PIN)."""
    process = Process(directory, domain, 'operator_page.main', '-r', f'image:={image}', *words,
                      **{'port': 0, **parameters})
    log = process.wait_for_log('the page is at ')
    while '\n' not in (rest := log.partition('the page is at ')[2]):
        log = process.log
    return process, rest.split()[0]


class Robot:
    """Camera, classifier and page as processes; and who turns the table."""

    def __init__(self, directory, domain, peer, camera, node, web, url):
        self.directory, self.domain, self.peer = directory, domain, peer
        self.camera, self.node, self.page, self.url = camera, node, web, url
        self.port = urlsplit(url).port
        self.object = peer.node.create_publisher(String, 'turntable_camera/object', 10)
        self.split = peer.node.create_publisher(String, 'turntable_camera/split', 10)
        self.showing, self.stamps = [], []
        peer.node.create_subscription(String, 'turntable_camera/view', self._on_view, 50)

    def _on_view(self, message):
        view = json.loads(message.data)
        if self.showing != (now := [view['object'], view['split']]):
            self.showing, self.stamps = now, []
        self.stamps.append((view['stamp_sec'], view['stamp_nanosec']))

    def show(self, name, split='train'):
        """
        Put an object on the turntable and wait until the classifier has looked at it.

        Its newest frame, which ~/teach means, shows this object then: that the camera says so is
        not enough, for on a busy computer many a frame gets lost on the way.
        """
        self.peer.until('the camera', self.object.get_subscription_count)
        self.object.publish(String(data=name))
        self.split.publish(String(data=split))
        self.peer.until(f'{name} ({split})', lambda: self.showing == [name, split])
        self.peer.until(f'an answer to {name} ({split})', lambda: any(
            stamp in self.peer.answers for stamp in self.stamps))
        self.peer.spin(0.3)  # until its first picture is on the page

    def set_camera(self, **parameters):
        """Set parameters of the camera."""
        client = self.peer.node.create_client(SetParameters, 'turntable_camera/set_parameters')
        self.peer.until('the camera', client.service_is_ready)
        future = client.call_async(SetParameters.Request(parameters=[
            Parameter(name, value=value).to_parameter_msg()
            for name, value in parameters.items()]))
        self.peer.until('the camera to agree', future.done)
        assert all(result.successful for result in future.result().results), future.result()
        self.peer.node.destroy_client(client)

    def samples(self):
        """Return {label: samples} as the classifier says it, all heard that it said before."""
        self.peer.state()  # who answers this has long sent the labels, however busy the computer
        self.peer.spin(0.2)
        return {e['label']: e['samples'] for e in self.peer.known[-1]['labels']}


@contextlib.contextmanager
def running(directory, **node):
    """Run camera, classifier and page for a while; yield the Robot."""
    domain = fresh_domain()
    with Process(directory, domain, 'sim.camera_node', object='duck', split='train',
                 condition='jitter', rate=10.0) as camera, \
            NodeProcess(directory, domain, '-r', 'image:=image_raw',
                        memory=str(directory / 'memory'), **node) as classifier, \
            Peer(domain) as peer:
        web, url = page(directory, domain)
        with web:
            robot = Robot(directory, domain, peer, camera, classifier, web, url)
            peer.until('the first answer', lambda: peer.answers)
            yield robot
            robot.page.end()
            classifier.end()


class Table(Robot):
    """A robot that finds things on a table by itself; the tests know what lies where."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.views, self.asked = Recent(300), []  # stamp -> view; what came on ~/command
        self.peer.node.create_subscription(
            String, 'classifier/command', lambda m: self.asked.append(json.loads(m.data)), 100)

    def _on_view(self, message):
        view = json.loads(message.data)
        self.views.add((view['stamp_sec'], view['stamp_nanosec']), view)

    def arrange(self, number, **parameters):
        """Lay things in another way and wait until the classifier has looked at them."""
        self.set_camera(arrangement=number, **parameters)
        wanted = {*filter(None, parameters.get('objects', '').split(', '))}
        self.peer.until(f'arrangement {number} to be answered', lambda: any(
            view['arrangement'] == number and stamp in self.peer.answers
            and wanted <= {thing['object'] for thing in view['things']}
            for stamp, view in reversed(self.views.items())), 120.0)
        self.peer.spin(0.3)  # until its first picture is on the page

    def teach_all(self):
        """Teach every thing of a frame by its true box, and say that this is all."""
        stamp, view = next((stamp, view) for stamp, view in reversed(self.views.items())
                           if stamp in self.peer.answers)
        asked = {'stamp': dict(zip(('sec', 'nanosec'), stamp))}
        for thing in view['things']:
            result = self.peer.command(
                do='teach', label=thing['object'], box=thing['box'], **asked)
            assert result.level == result.OK, result.message
        result = self.peer.command(do='complete', **asked)
        assert result.level == result.OK, result.message

    def held(self):
        """Return the view that stands still on the page, once that was asked for."""
        stamp = self.peer.until('the page to hold a frame', lambda: [
            (asked['stamp']['sec'], asked['stamp']['nanosec'])
            for asked in self.asked if asked['do'] == 'hold'])[-1]
        return self.peer.until('its view', lambda: self.views.get(stamp))


@contextlib.contextmanager
def on_a_table(directory, objects, **node):
    """Run a camera before a table, a classifier that finds things, and the page; yield a Table."""
    domain = fresh_domain()
    with Process(directory, domain, 'sim.camera_node', scene=len(objects), floor='plain',
                 objects=','.join(objects), split='train', rate=10.0) as camera, \
            NodeProcess(directory, domain, '-r', 'image:=image_raw', where='on',
                        memory=str(directory / 'memory'), **node) as classifier, \
            Peer(domain) as peer:
        web, url = page(directory, domain)
        with web:
            table = Table(directory, domain, peer, camera, classifier, web, url)
            peer.until('the first answer', lambda: peer.answers, 60.0)
            yield table
            table.page.end()
            classifier.end()


class Finder(SpinningNode):
    """
    Another process's part: says on ~/things what a test wants to be found in each answered frame.

    As long as `things` is None it says nothing.
    """

    def __init__(self, domain, node='classifier'):
        self.things, self.by, self.said = None, 'where', []
        super().__init__(domain, 'finder')
        self._out = self._node.create_publisher(String, f'{node}/things', 10)
        self._node.create_subscription(String, f'{node}/answer', self._on_answer, 10)

    def _on_answer(self, message):
        if self.things is None:
            return
        stamp = json.loads(message.data)['stamp']
        found = {'stamp': stamp, 'frame_id': 'camera', 'id': '', 'size': [320, 240],
                 'by': self.by, 'things': self.things() if callable(self.things) else self.things}
        self.said.append(found)
        self._out.publish(String(data=json.dumps(found)))


def thing(track, box, label='', found=True):
    """Return a thing as ~/things has it, an unknown one where it has no label; box in pixels."""
    named = {'label': label or 'unknown', 'score': 0.93 if label else 0.0, 'unknown': not label,
             'known': 0.5, 'ranked': [[label or 'mug', 0.93], ['tray', 0.04]]}
    return {'box': list(box), 'track': track, 'found': found, **named,
            **({} if label else {'reason': 'strange'})}


def opened(browser, url):
    """Open the page and wait until it can teach."""
    browser.open(url)
    browser.until('a page that is ready', "return document.getElementById('banner').hidden "
                  "&& document.getElementById('teach').getAttribute('aria-disabled') === 'false' "
                  "&& document.getElementById('verdict-label').textContent !== ''")


def settled(browser):
    """Wait until every request was made and acknowledged; return the note."""
    time.sleep(0.3)  # a tap waits for the answer to its picture
    browser.until('all acknowledgements', "return sessionStorage.getItem('pending') === '[]'")
    return browser.text('#note')


def teach(browser, label, seconds):
    """Teach the present picture, or hold for a time; return how many were saved."""
    browser.choose(label)
    browser.press('#teach', seconds)
    note = settled(browser)
    assert browser.run("return document.querySelector('#note').dataset.kind") == 'saved', note
    return int(re.match(r'(\d+) saved', note).group(1))

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures of the page in docs/images: python tools/operator_page_shots.py."""

import contextlib
from pathlib import Path
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

from browser import DESKTOP, PHONE
from camera_frames import GREEN, RED
from checkout import ROOT
import cv2
from domains import fresh_domain
import fleet_robots
import numpy as np
from operator_page_harness import (
    Browser,
    on_a_table,
    opened,
    page,
    Process,
    Robot,
    running,
    settled,
    teach,
)
from passing_things import Person
from ros_harness import NodeProcess, Peer

from hybrid_snn_ros.sim.scenes import SIZE

OBJECTS = ('duck', 'mug', 'lego brick', 'soccer ball', 'racecar', 'tray')


def main(target):
    """Teach six objects in the browser and save the page in its sizes and colours."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        domain = fresh_domain()
        camera = stack.enter_context(Process(
            directory, domain, 'sim.camera_node', object='duck', split='train',
            condition='jitter', rate=10.0, width=640, height=480))
        node = stack.enter_context(NodeProcess(
            directory, domain, '-r', 'image:=image_raw', memory=str(directory / 'memory')))
        peer = stack.enter_context(Peer(domain))
        web, url = page(directory, domain)
        stack.enter_context(web)
        robot = Robot(directory, domain, peer, camera, node, web, url)
        browser = stack.enter_context(Browser(directory / 'profile'))
        opened(browser, url)
        for name in OBJECTS:
            robot.show(name)
            print(name, teach(browser, name, 1.6))

        def shot(name, size, dark):
            browser.look(size, dark)
            time.sleep(0.7)
            browser.picture(target / f'page_{name}.png')

        robot.show('duck', 'test')
        shot('phone_light', PHONE, False)
        robot.show('mug', 'test')
        shot('phone_dark', PHONE, True)
        browser.press('#choose')
        browser.press('#list .more')
        browser.run('document.activeElement.blur()')
        shot('phone_labels', PHONE, True)
        browser.press('#list .more')
        browser.press('#picker-close')
        robot.show('tray')
        browser.look(PHONE, False)
        time.sleep(0.5)
        x, y = browser.centre('#teach')
        place = {'x': x, 'y': y, 'button': 'left', 'clickCount': 1}
        browser.command('Input.dispatchMouseEvent', type='mousePressed', **place)
        time.sleep(1.2)
        browser.picture(target / 'page_phone_hold.png')
        browser.command('Input.dispatchMouseEvent', type='mouseReleased', **place)
        settled(browser)
        robot.show('lego brick', 'test')
        shot('desktop_light', DESKTOP, False)
        robot.show('soccer ball', 'test')
        shot('desktop_dark', DESKTOP, True)
        opened(browser, url + '?lang=de')
        shot('phone_german', PHONE, False)
        browser.driver.get(url + 'debug')
        browser.look(DESKTOP, True)
        time.sleep(3.0)
        shot('debug', DESKTOP, True)
        web.end()
        node.end()
    side_by_side([target / f'page_phone_{name}.png'
                  for name in ('light', 'hold', 'labels', 'dark')], target / 'page_phone.png')


THINGS = ('duck', 'mug', 'soccer ball', 'lego brick')


def things(target):
    """Teach a table by ten drawn pictures, and save how a thing is tapped and another drawn."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        table = stack.enter_context(on_a_table(directory, THINGS))
        for number in range(1, 11):
            table.arrange(number)
            table.teach_all()
        table.peer.until('a read-out', lambda: table.peer.known[-1]['where']['ready'], 120.0)
        browser = stack.enter_context(Browser(directory / 'profile'))
        opened(browser, table.url)
        table.arrange(100, objects=', '.join((*THINGS[:3], 'racecar')))
        table.peer.spin(5.0)  # both parameters have come through, and old boxes are gone
        browser.picture(target / 'page_things_found.png')
        browser.choose('racecar')
        browser.until('a stranger', "const thing = document.querySelector("
                      "'.thing[data-kind=unknown]'); thing?.click(); return thing")
        time.sleep(0.3)
        browser.picture(target / 'page_things_tapped.png')
        browser.key('Escape')
        table.asked.clear()
        browser.tap('#freeze')
        box = next(thing['box'] for thing in table.held()['things']
                   if thing['object'] == 'racecar')
        browser.drag_on_picture(box, SIZE)
        browser.picture(target / 'page_things_drawn.png')
    side_by_side([target / f'page_things_{name}.png' for name in ('found', 'tapped', 'drawn')],
                 target / 'page_things.jpg')


def questions(target):
    """Let two things go past that no one taught; save what is asked, and a label's page."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        robot = stack.enter_context(running(
            directory, questions='off', initial_memory=str(ROOT / 'models' / 'everyday.memory')))
        browser = stack.enter_context(Browser(directory / 'profile'))
        browser.look(PHONE, False)
        opened(browser, robot.url)
        person = Person(robot, browser)
        person.ready()
        for name in ('duck', 'lego brick'):
            person.let_pass(name, 52, 'test')
        paths = [directory / f'{number}.png' for number in range(3)]
        browser.picture(paths[0])
        person.open()
        browser.tap('#inbox-members li:nth-child(2) button')
        browser.until_text('#inbox-left', 'tap what is something else')
        time.sleep(0.3)
        browser.picture(paths[1])
        browser.tap('#inbox-members li:nth-child(2) button')
        browser.tap('#inbox-close')
        person.answer_all()
        browser.tap('#choose')
        browser.tap('.more[data-focus="more duck"]')
        browser.tap('#list .look')
        browser.until_text('#label-quality', 'Right in', 120.0)
        time.sleep(1.0)
        browser.picture(paths[2])
        side_by_side(paths, target / 'page_questions.jpg')


def fleet(target):
    """Teach at two robots of three, one goes away; save the page, the robots, a label's page."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        domain = fresh_domain()
        arm, belt, cart = stack.enter_context(
            fleet_robots.fleet(directory, domain, 'arm', 'belt', 'cart'))
        stack.enter_context(fleet_robots.FleetRobot(directory, domain, 'dolly'))
        camera = stack.enter_context(Process(
            directory, domain, 'sim.camera_node', '-r', 'image_raw:=/arm/image', object='duck',
            split='train', condition='jitter', rate=5.0, width=640, height=480))
        web, url = page(directory, domain, image='/arm/image', classifier='/arm/classifier')
        stack.enter_context(web)
        robot = Robot(directory, domain, arm.peer, camera, arm.node, web, url)
        browser = stack.enter_context(Browser(directory / 'profile'))
        browser.look(PHONE, False)
        opened(browser, url)
        robot.show('duck')
        teach(browser, 'duck', 0.8)
        belt.teach('duck', GREEN)
        belt.teach('tray', RED)
        cart.knows(arm.counts)
        cart.node.process.kill()
        robot.show('mug')
        teach(browser, 'mug', 0.8)
        belt.teach('mug', GREEN, 1)
        browser.until_text('#fleet-word', '1 away', 60.0)
        paths = [directory / f'{number}.png' for number in range(3)]
        browser.picture(paths[0])
        browser.tap('#fleet-open')
        browser.until_text('#robots-list', 'hybrid-snn fleet allow', 60.0)
        browser.run('document.activeElement.blur()')
        browser.picture(paths[1])
        browser.tap('#robots-close')
        browser.tap('#choose')
        browser.tap('.more[data-focus="more mug"]')
        browser.tap('#list .look')
        browser.until_text('#label-fleet', 'belt 1')
        browser.until('its pictures', "return [...document.querySelectorAll("
                      "'#label-pictures img')]"
                      '.some((each) => each.complete && each.naturalWidth)')
        browser.picture(paths[2])
        side_by_side(paths, target / 'page_fleet.jpg')


def side_by_side(paths, joint):
    """Join the phone's pictures into one."""
    pictures = [cv2.imread(str(path)) for path in paths]
    gap = np.full((pictures[0].shape[0], 32, 3), 255, np.uint8)
    row = [part for picture in pictures for part in (picture, gap)][:-1]
    joined = cv2.resize(np.hstack(row), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(joint), joined, [cv2.IMWRITE_JPEG_QUALITY, 80])
    for path in paths:
        path.unlink()


if __name__ == '__main__':
    TARGET = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / 'docs' / 'images'
    main(TARGET)
    things(TARGET)
    questions(TARGET)
    fleet(TARGET)

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A day in twenty minutes: a camera at 30 Hz, an operator, a manager, and memory that stays flat.

Starts the real node in a process of its own.  Frames come at a steady rate; every hundredth is bad
and has to be refused.  Something is taught every 17 seconds and taken back a little later, so that
as many samples are known at the end as at the beginning.  Every five seconds a parameter is set or
the memory saved, and every two minutes the camera falls silent for longer than `image_timeout`.
What every change leaves in the journal's history is part of the memory that is measured.  The exit
code is 1 when memory, threads or descriptors grew after the warm-up, when the log tells of an
exception, or when anything that was sent, taught or taken back is not accounted for.

The warm-up, a fifth of the time, lives eight times as fast.  Buffers and heap take their largest
size when a frame that waits, a lesson and a snapshot coincide; on a busy computer that is some
time in the first hour, and it would look like a slope.
"""

import argparse
from collections import Counter
from pathlib import Path
from signal import SIGCONT, SIGSTOP
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

from camera_frames import frame, header, picture
from domains import fresh_domain
import numpy as np
from ros_harness import NodeProcess, OK, Peer, values, WARN

PERIOD = 30.0  # seconds between two rows
MAX_SLOPE = 1024  # KB an hour after the warm-up ...
MIN_SECONDS = 600  # ... where so long was watched: below, a page or two make a steep slope
MAX_GROWTH = 2048  # KB after the warm-up ...
MIN_GROWTH_SECONDS = 60  # ... where so long was watched
VIEWS = 6
OBJECTS = ('duck', 'mug', 'lego brick', 'soccer ball')
BAD_EVERY = 100
HURRY = 8  # so many times as often everything is done while the node warms up ...
LEAST = 30  # ... but no more often than every so many frames
RUSHES, BURST = 3, 16  # held up and flooded so often, with so many frames
SILENCE = 4.0  # seconds; image_timeout is half of it
LAST = 20.0  # seconds in which the last frame is worked through
RETURN = 3.0  # seconds after a silence within which /diagnostics must not say STALE any more
TROUBLE = ('Traceback', 'unexpected', '[ERROR]', '[FATAL]', 'terminate called')
# One after the other; what is refused has to be refused with the bound in the sentence.
CHANGES = ({'top_k': 3}, {'smoothing': 8}, {'false_unknown': 0.1}, {'min_change': 0.02},
           {'recent_frames': 50}, {'teach_frames': 2}, {'top_k': 0}, {}, {'teach_frames': 1},
           {'top_k': 5}, {'smoothing': 1}, {'false_unknown': 0.0}, {'min_change': 0.0},
           {'recent_frames': 300}, {'image_timeout': 1.5}, {'image_timeout': 2.0})


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--minutes', type=float, default=20.0, help='default: %(default)g')
    parser.add_argument('--frames', type=int, help='instead of minutes')
    parser.add_argument('--rate', type=float, default=30.0, help='frames a second, %(default)g')
    parser.add_argument('--size', type=int, nargs=2, metavar=('WIDTH', 'HEIGHT'),
                        default=(640, 480), help='pixels, default: 640 480')
    parser.add_argument('--warm-up', type=int, metavar='FRAMES',
                        help='frames before memory is judged (default: a fifth of all)')
    parser.add_argument('--teach-every', type=int, metavar='FRAMES', default=510,
                        help='default: %(default)s; everything else keeps its proportion to it')
    parser.add_argument('--max-lost', type=float, metavar='SHARE', default=0.02,
                        help='frames that best effort may lose, default: %(default)g')
    parser.add_argument('--rule', default='lateral', help='lateral or original')
    options = parser.parse_args()
    if options.frames is None:
        options.frames = round(60 * options.minutes * options.rate)
    if options.warm_up is None:
        options.warm_up = options.frames // 5
    return options


def frames(size):
    """
    Make the good frames, a dozen or more views of a few objects, and three bad ones.

    :param size: (width, height).
    :return: ([(label, message)], [message]).
    """
    try:
        from hybrid_snn_ros.sim import conditions
        from hybrid_snn_ros.sim.turntable import Turntable
        with Turntable() as table:
            good = [(name, table.render(name, conditions.view('varied', 6 * view, 0, index), size))
                    for index, name in enumerate(OBJECTS) for view in range(VIEWS)]
    except ImportError:
        print('no simulator here (extra sim): pictures of coloured blocks instead')
        good = [(name, picture(60 + 180 * np.eye(4, 3)[index], view, size[::-1]))
                for index, name in enumerate(OBJECTS) for view in range(VIEWS)]
    good = [(label, frame(rgb)) for label, rgb in good]
    unknown, empty, truncated = (frame(picture((9, 9, 9))) for _ in range(3))
    unknown.encoding = '16UC1'
    empty.height = empty.width = empty.step = 0
    empty.data = empty.data[:0]
    truncated.data = truncated.data[:-1]
    return good, [unknown, empty, truncated]


def steady_slope(times, values):
    """
    Return the median slope of all pairs of rows (Theil and Sen).

    Half an hour of a busy computer may need one more frame's buffer (900 KB) than ever before,
    once; that is no slope, though it bends a line of least squares.  What leaks, evenly or in
    lumps that come again, has the same slope by both.
    """
    first, second = np.triu_indices(len(times), 1)
    steep = (values[second] - values[first]) / (times[second] - times[first])
    return float(np.median(steep)) if len(steep) else 0.0


def accounted_for(counters):
    """Tell whether every received frame was answered, dropped or refused."""
    received, *others = (int(counters[key]) for key in (
        'received', 'answered', 'dropped', 'refused'))
    return received == sum(others)


class Meter:
    """Reads memory, threads and descriptors of the node from /proc, and prints rows."""

    def __init__(self, pid):
        self._process = Path(f'/proc/{pid}')
        self.rows = []  # (frames sent, monotonic seconds, resident KB, threads, descriptors)
        print(f'{"s":>5} {"sent":>6} {"RSS KB":>8} {"anon KB":>8} {"threads":>7} {"files":>5} '
              f'{"received":>8} {"answered":>8} {"dropped":>7} {"refused":>7} {"samples":>7}  '
              'latency ms', flush=True)

    def note(self, sent):
        """Note how things stand and return anonymous memory in KB."""
        text = (self._process / 'status').read_text()
        fields = dict(line.split(':', 1) for line in text.splitlines())
        resident, anonymous = (int(fields[key].split()[0]) for key in ('VmRSS', 'RssAnon'))
        threads, files = (len(list((self._process / part).iterdir())) for part in ('task', 'fd'))
        self.rows.append((sent, time.monotonic(), resident, threads, files))
        return anonymous

    def row(self, seconds, sent, counters):
        """Note and print how things stand."""
        anonymous = self.note(sent)
        _, _, resident, threads, files = self.rows[-1]
        print(f'{seconds:5.0f} {sent:6} {resident:8} {anonymous:8} {threads:7} {files:5} '
              + ''.join(f'{counters[key]:>{width}} ' for key, width in (
                  ('received', 8), ('answered', 8), ('dropped', 7), ('refused', 7),
                  ('samples', 7))) + f' {counters.get("latency_ms", "")}', flush=True)

    def judge(self, warm_up):
        """Print growth since the warm-up and return what is wrong with it, sentences."""
        rows = np.array([row[1:] for row in self.rows if row[0] >= warm_up])
        times, resident, threads, files = rows.T
        watched = times[-1] - times[0]
        few = max(min(30, len(rows) // 4), 1)  # half a minute at either end
        growth = np.median(resident[-few:]) - np.median(resident[:few])
        slope = steady_slope(times / 3600, resident)
        fitted = np.polyfit(times / 3600, resident, 1)[0] if len(rows) > 2 else 0.0
        print(f'{watched:.0f} s after {warm_up} frames of warm-up: RSS {growth:+.0f} KB, slope '
              f'{slope:+.0f} KB/hour (least squares {fitted:+.0f}); threads '
              f'{threads[0]:.0f} to {threads[-1]:.0f} (at most '
              f'{threads.max():.0f}), descriptors {files[0]:.0f} to {files[-1]:.0f} (at most '
              f'{files.max():.0f})')
        return [text for failed, text in (
            (watched >= MIN_SECONDS and slope > MAX_SLOPE,
             f'memory grows by {slope:.0f} KB an hour, the limit is {MAX_SLOPE}'),
            (watched >= MIN_GROWTH_SECONDS and growth > MAX_GROWTH,
             f'memory grew by {growth:.0f} KB, the limit is {MAX_GROWTH}'),
            (threads[-1] > threads[0], f'{threads[-1] - threads[0]:.0f} threads were left behind'),
            (files[-1] > files[0], f'{files[-1] - files[0]:.0f} descriptors were left behind'),
        ) if failed]


class Day:
    """Everything that happens to the node, and the books kept of it."""

    def __init__(self, node, peer, meter, options):
        self.node, self.peer, self.meter, self.options = node, peer, meter, options
        self.good, self.bad = frames(options.size)
        self.wrong = 0  # bad frames sent
        self.asked = Counter()  # requests by operation
        self.silences, self.returns = 0, []  # returns: seconds until it was noticed
        self.problems = []
        self._taken = 0  # results that were looked at when something was last taken back
        self._set = 0  # changes made so far
        self._session = 1  # frames that one ~/teach labels now
        self._returned = None  # unix seconds at which the camera came back, until noticed

    def begin(self):
        """Teach every object, and do once what is done later: discovery takes a while."""
        for label, message in self.good[::VIEWS]:
            self.peer.show(message)
            self._ask('teach', label)
            self._settle()
        self._taken = len(self.peer.results)  # these stay
        for text in ('visitor', OBJECTS[-1]):
            self.peer.show(header(message))  # one frame, one label
            self._ask('teach', text)
            self._settle()
            self._take_back()
            self._settle()
        for _ in range(RUSHES):
            self._rush()
        self._save()
        self._change()
        self.peer.spin(1.0)

    def _rush(self):
        """
        Hold the node up, flood it, and have it learn, save and forget at once.

        Then DDS has used all of the memory that it shares with the camera.
        """
        self.node.signal(SIGSTOP)
        for _, message in self.good[:BURST]:
            self.peer.camera.publish(header(message))
            self.peer.spin(0.02)
        self.node.signal(SIGCONT)
        self.peer.show(header(self.good[0][1]))
        self._ask('teach', 'visitor')
        for _, message in self.good[:BURST]:
            self.peer.camera.publish(header(message))
        self._save()
        self._settle()
        self._take_back()
        self._settle()

    def _settle(self):
        """Wait until everything asked for so far has been answered."""
        self.peer.until('the last acknowledgement',
                        lambda: len(self.peer.results) >= sum(self.asked.values()))

    def pass_by(self):
        """Publish all frames and do everything else meanwhile."""
        peer, options = self.peer, self.options
        already = int(peer.counters()['received'])
        begun = start = row_at = note_at = time.monotonic()
        for number in range(options.frames):
            if number % (7 * options.teach_every) == 7 * options.teach_every // 3:
                self._fall_silent()
                start += SILENCE
            peer.spin(max(start + number / options.rate - time.monotonic(), 0.0))
            self._send(number)
            self._operate(number)
            now = time.monotonic()
            if now >= row_at and peer.diagnostics:
                row_at += PERIOD
                self.meter.row(now - begun, number, peer.latest())
            elif now >= note_at:
                note_at += 1.0
                self.meter.note(number)
            self._notice_return()
            self._forget()
        self._settle()
        self._take_back()
        self._settle()
        counters, end = peer.counters(), time.monotonic() + LAST
        while not accounted_for(counters) and time.monotonic() < end:
            counters = peer.counters()  # a frame was being worked on
        self.meter.row(time.monotonic() - begun, options.frames, counters)
        self.received = int(counters['received']) - already
        return counters

    def _send(self, number):
        message = self.good[number // 5 % len(self.good)][1]
        if number % BAD_EVERY == BAD_EVERY - 1:
            message = self.bad[self.wrong % 3]
            self.wrong += 1
        self.peer.camera.publish(header(message))

    def _operate(self, number):
        every = self.options.teach_every
        if number < self.options.warm_up:
            every = max(every // HURRY, LEAST)
        turn, phase = divmod(number, every)
        if phase == every // 4:
            # Every other time a name that comes and goes, so that columns do, too.
            label = self.good[number // 5 % len(self.good)][0]
            self._ask('teach', 'visitor' if turn % 2 else label)
        if phase == every // 2:
            self._take_back()
        if number % (every * 5 // 17) == every // 7:
            self._change()

    def _ask(self, operation, text):
        self.asked[operation] += self._session if operation == 'teach' else 1
        self.peer.send(operation, text)

    def _take_back(self):
        """Forget the visitor, or undo the samples that were taught since the last time."""
        new, self._taken = self.peer.results[self._taken:], len(self.peer.results)
        taught = [result for result in new
                  if result.level == OK and values(result)['operation'] == 'teach']
        if any(result.name == 'visitor' for result in taught):
            self._ask('forget', 'visitor')
        for result in taught:
            if result.name != 'visitor':
                self._ask('undo_sample', values(result)['sample'])

    def _change(self):
        """Set the next parameter; in its turn, save instead."""
        change = CHANGES[self._set % len(CHANGES)]
        self._set += 1
        if not change:
            self._save()
            return
        refusal = self.peer.set(**change)[0]
        if bool(refusal) != (change == {'top_k': 0}) or refusal and '100' not in refusal:
            self.problems.append(f'setting {change} was answered with {refusal!r}')
        self._session = change.get('teach_frames', self._session)

    def _save(self):
        self.asked['save'] += 1  # told on ~/teach_result as well
        response = self.peer.save()
        if not response.success:
            self.problems.append(f'saving was refused: {response.message}')

    def _fall_silent(self):
        """Send nothing for longer than image_timeout: that must be told."""
        before = len(self.peer.diagnostics)
        self.silences += 1
        self.peer.spin(SILENCE)
        if not any(array.status[0].level == array.status[0].STALE
                   for array in self.peer.diagnostics[before:]):
            self.problems.append(f'silence {self.silences} of the camera was not told')
        self._returned = time.time()

    def _notice_return(self):
        """Watch for the first /diagnostics after a silence that is not STALE."""
        if self._returned is None or not self.peer.diagnostics:
            return
        array = self.peer.diagnostics[-1]
        after = array.header.stamp.sec + array.header.stamp.nanosec * 1e-9 - self._returned
        stale = array.status[0].level == array.status[0].STALE
        if after > 0 and not stale or time.time() - self._returned > RETURN:
            self.returns.append(after if after > 0 and not stale else RETURN)
            self._returned = None

    def _forget(self):
        """Keep the test's own memory small."""
        for heard in (self.peer.answers, self.peer.said, self.peer.known):
            heard.clear()
        del self.peer.diagnostics[:-1]

    def judge(self, counters):
        """Print the sums and return what is wrong with them, sentences."""
        options, results, known = self.options, self.peer.results, len(OBJECTS)
        received, answered, dropped, refused, failed, samples = (int(counters[key]) for key in (
            'received', 'answered', 'dropped', 'refused', 'failed', 'samples'))
        lost = 1 - self.received / options.frames
        asked = sum(self.asked.values())
        good, repeats = (sum(result.level == level for result in results) for level in (OK, WARN))
        print(f'sent {options.frames} ({self.wrong} bad), lost on the way {100 * lost:.2f} %; '
              f'asked {asked} ({dict(self.asked)}), acknowledged {good}, told to be repeats '
              f'{repeats}; samples {known} before, {samples} after; {self._set} changes; '
              f'{self.silences} silences, back after at most {max(self.returns, default=0):.1f} s')
        return self.problems + [text for wrong, text in (
            (failed, f'{failed} frames failed unexpectedly'),
            (not accounted_for(counters),
             f'received {received} is not answered + dropped + refused'),
            (not (1 - 2 * options.max_lost) * self.wrong - 2 <= refused <= self.wrong,
             f'{refused} frames were refused, {self.wrong} were bad'),
            (lost > options.max_lost, f'{100 * lost:.2f} % of the frames were lost, the limit is '
             f'{100 * options.max_lost:g} %'),
            (good + repeats != asked,
             f'{asked} requests were made, {good + repeats} acknowledged; others: '
             + '; '.join(result.message for result in results
                         if result.level not in (OK, WARN))[:500]),
            (samples != known, f'{samples} samples are known, not {known}'),
            (max(self.returns, default=0) >= RETURN,
             f'a camera that had come back was still called silent after {RETURN:g} s'),
        ) if wrong]


def main():
    """Run and judge; return the exit code."""
    options = arguments()
    domain = fresh_domain()
    with tempfile.TemporaryDirectory() as folder, \
            NodeProcess(Path(folder), domain, memory=f'{folder}/memory', rule=options.rule,
                        false_unknown=0.0, min_change=0.0) as node, Peer(domain) as peer:
        meter = Meter(node.process.pid)
        day = Day(node, peer, meter, options)
        day.begin()
        counters = day.pass_by()
        node.end()
        told = [line for line in node.log.splitlines() if any(word in line for word in TROUBLE)]
    problems = [*meter.judge(options.warm_up), *day.judge(counters)]
    problems += [f'the log says {line}' for line in told[:5]]
    print('; '.join(problems) or 'flat, no exception, and everything is accounted for')
    return bool(problems)


if __name__ == '__main__':
    sys.exit(main())

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The picture stands still while somebody draws in it; the robot keeps its frame for that long. What
// was taught of it is marked.

import { place } from './boxes.js';
import { $, make, write } from './dom.js';
import { note } from './feedback.js';
import { t } from './texts.js';

const RECENT = 1000; // ms
const PATIENCE = 2000; // ms, for a robot that answers few pictures
const TEACHING = ['teach', 'draw']; // changes

export class Still {
  constructor(page, requests, aim, refresh) {
    Object.assign(this, { page, requests, aim, refresh, marks: [] });
    $('freeze').addEventListener('click', () => {
      if (page.picture.still) this.end();
      else this.begin();
    });
  }

  get on() { return Boolean(this.page.picture.still); }

  begin() {
    const { page: { picture }, aim, aim: { things } } = this;
    // Boxes come a moment after their picture, or not at all where the robot is busy: one that has
    // them is better than the very last.
    const chosen = (things.any && aim.newest(RECENT, (stamp) => things.ofFrame(stamp)))
      || aim.newest(PATIENCE);
    if (!chosen) { note('wrong', t('not_now')); return; }
    const { undo, redo } = this.page.state;
    this.last = Math.max(undo?.change ?? 0, redo?.change ?? 0); // what comes is newer
    picture.hold(chosen);
    things.show(chosen.stamp, things.ofFrame(chosen.stamp)?.things || []);
    this.requests.ask({ do: 'hold', stamp: chosen.stamp });
    note('quiet', t('still_help'));
    this.refresh();
  }

  end() {
    this.marks = [];
    this.page.picture.release();
    this.aim.own.clear();
    this.aim.things.choose(null);
    this.refresh();
  }

  // A box of the picture was taught: it is marked, and the next one may be drawn.
  taught(request) {
    const { still } = this.page.picture;
    if (!still || !request.box || String(request.stamp) !== String(still)) return;
    this.marks.push({ box: request.box, label: request.label, change: null, off: false });
    this.aim.own.clear();
    this.aim.things.choose(null);
  }

  // A mark goes with its change: whoever takes that back, and puts it back.
  follow() {
    const { undo, redo } = this.page.state;
    if (undo?.change > this.last && TEACHING.includes(undo.what)) {
      const mark = this.marks.findLast(({ change }) => change === null);
      if (mark) this.last = mark.change = undo.change;
    }
    for (const mark of this.marks.filter(({ change }) => change !== null)) {
      if (redo?.change === mark.change) mark.off = true;
      if (undo?.change === mark.change) mark.off = false;
    }
  }

  draw() {
    const { still } = this.page.picture;
    this.follow();
    const marks = this.marks.filter(({ off }) => !off);
    this.aim.things.hidden = marks.map(({ box }) => box);
    $('drawn').replaceChildren(...marks.map(({ box, label }) => {
      const node = make('div', 'mark');
      place(node, box);
      node.dataset.tag = box[1] > 0.12 ? 'above' : 'inside';
      node.appendChild(make('span', 'tag', `\u2713 ${label}`)).dir = 'auto';
      return node;
    }));
    this.aim.wantsBox = marks.length > 0;
    const { hello, points } = this.page;
    $('freeze').hidden = hello.view_only || !points;
    $('freeze').setAttribute('aria-pressed', String(Boolean(still)));
    write($('freeze').lastElementChild, still ? t('live_again') : t('freeze'));
    document.querySelector('.live').classList.toggle('still', Boolean(still));
  }
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// A box of one's own: a drag on the picture draws it, its corners and its inside are dragged to
// mend it, a tap beside it takes it away. It looks like a thing that is chosen.

import { place } from './boxes.js';
import { $ } from './dom.js';
import { Loupe } from './loupe.js';

const DRAG = 12; // pixels on the screen; less is a tap
const LEAST = 48; // pixels of the screen or of the picture, whichever is less

const within = (value, low, high) => Math.min(Math.max(value, low), high);

export class Own {
  // on: {allowed(), began(), ended(), beside()}
  constructor(on) {
    Object.assign(this, { on, box: null, drag: null, loupe: new Loupe() });
    const stage = $('stage');
    stage.addEventListener('pointerdown', (event) => this.down(event));
    stage.addEventListener('pointermove', (event) => this.move(event));
    stage.addEventListener('pointerup', (event) => this.up(event));
    stage.addEventListener('pointercancel', (event) => this.up(event, true));
    // The end of a drag over a thing is no tap on it; a key's click is none of a drag.
    stage.addEventListener('click', (event) => {
      if (this.dragged && event.detail) event.stopPropagation();
      this.dragged = false;
    }, true);
    stage.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  clear() { this.box = null; this.drag = null; this.draw(); }

  // Where a pointer is, as shares of the picture.
  at({ clientX, clientY }) {
    const { left, top, width, height } = $('stage').getBoundingClientRect();
    return [within((clientX - left) / width, 0, 1), within((clientY - top) / height, 0, 1)];
  }

  down(event) {
    if (this.drag || event.button || !event.isPrimary) return; // a second finger draws nothing
    this.dragged = false;
    const grip = event.target.dataset?.grip; // 'nw', 'ne', 'sw' or 'se'
    this.drag = { id: event.pointerId, from: this.at(event), x: event.clientX, y: event.clientY,
      before: this.box, thing: Boolean(event.target.closest('.thing')),
      way: grip || (event.target.closest('#own') ? 'move' : 'new'), began: false };
    if (grip) this.drag.from = opposite(this.box, grip);
  }

  move(event) {
    const { drag } = this;
    if (drag?.id !== event.pointerId) return;
    if (!drag.began) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < DRAG
        || !this.on.allowed()) return;
      drag.began = true;
      $('stage').setPointerCapture(event.pointerId);
      this.on.began();
    }
    const to = this.at(event);
    this.box = drag.way === 'move' ? moved(drag.before, drag.from, to)
      : spanned(drag.from, to, this.least());
    if (event.pointerType !== 'mouse') this.loupe.show(to, drag.from);
    this.draw();
  }

  up(event, off = false) {
    const { drag } = this;
    if (drag?.id !== event.pointerId) return;
    this.drag = null;
    this.loupe.hide();
    if (off) this.box = drag.before;
    this.dragged = drag.began;
    this.draw();
    if (drag.began && !off) this.on.ended();
    else if (!off && drag.way === 'new' && !drag.thing) this.on.beside();
  }

  // The smallest width and height, as shares.
  least() {
    const { width, height } = $('stage').getBoundingClientRect();
    return [LEAST / Math.max(width, $('picture').width),
      LEAST / Math.max(height, $('picture').height)];
  }

  draw() {
    $('own').hidden = !this.box;
    if (this.box) place($('own'), this.box);
  }
}

const opposite = ([x, y, width, height], grip) => [
  grip.endsWith('w') ? x + width : x, grip.startsWith('n') ? y + height : y];

function spanned(from, to, least) {
  const sides = [0, 1].map((axis) => {
    const back = to[axis] < from[axis];
    const length = Math.max(Math.abs(to[axis] - from[axis]), least[axis]);
    return [within(back ? from[axis] - length : from[axis], 0, 1 - length), length];
  });
  return [sides[0][0], sides[1][0], sides[0][1], sides[1][1]];
}

const moved = ([x, y, width, height], from, to) => [
  within(x + to[0] - from[0], 0, 1 - width), within(y + to[1] - from[1], 0, 1 - height),
  width, height];

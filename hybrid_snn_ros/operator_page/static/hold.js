// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The gesture of a button that is held: by a finger, a mouse, a key or a screen reader. For those
// who cannot hold, a tap begins and a tap ends.

import { device } from './store.js';

const KEYS = [' ', 'Enter'];

export class Hold {
  // begin() returns whether it began; end() is called once for it.
  constructor(button, begin, end) {
    Object.assign(this, { begin, end, holder: null });
    button.addEventListener('pointerdown', (event) => {
      if (event.button || this.taps) return;
      // A second finger, or a palm, is not the one that holds.
      if (this.start(event.pointerId)) button.setPointerCapture(event.pointerId);
    });
    for (const kind of ['pointerup', 'pointercancel', 'lostpointercapture']) {
      button.addEventListener(kind, (event) => this.stop(event.pointerId));
    }
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    button.addEventListener('keydown', (event) => {
      if (!KEYS.includes(event.key)) return;
      event.preventDefault(); // no click besides
      if (event.repeat) return;
      if (this.taps) this.toggle();
      else this.start('key');
    });
    button.addEventListener('keyup', (event) => {
      if (!KEYS.includes(event.key)) return;
      event.preventDefault(); // Firefox clicks at the end of a key
      this.stop('key');
    });
    button.addEventListener('blur', () => this.stop('key'));
    button.addEventListener('click', (event) => {
      if (this.taps) this.toggle();
      // A screen reader's click comes without pointer or key: one frame.
      else if (event.detail === 0 && this.start('click')) this.stop('click');
    });
    // Who turns to something else, Undo or another label, has ended what a tap began.
    document.addEventListener('click', ({ target }) => {
      if (this.holder === 'tap' && !button.contains(target)) this.drop();
    }, true);
    addEventListener('blur', () => this.drop());
    document.addEventListener('visibilitychange', () => this.drop());
  }

  get taps() { return device.get('taps') === 'yes'; }

  set taps(on) { this.drop(); device.set('taps', on ? 'yes' : 'no'); }

  get held() { return this.holder !== null; }

  toggle() { if (this.held) this.drop(); else this.start('tap'); }

  start(holder) {
    if (this.held || !this.begin()) return false;
    this.holder = holder;
    return true;
  }

  stop(holder) { if (this.holder === holder) this.drop(); }

  drop() {
    if (!this.held) return;
    this.holder = null;
    this.end();
  }
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// What the Teach button means: a found thing, a box of one's own, or the whole picture.

import { t } from './texts.js';

const FRESH = 700; // ms for which a picture is still what the operator sees

export class Aim {
  constructor(page, things, own) {
    Object.assign(this, { page, things, own, wantsBox: false }); // whether boxes are being drawn
  }

  // The frame, and the box in it, that is taught next; null while there is none.
  get next() {
    const { chosen } = this.things;
    const { still } = this.page.picture;
    if (chosen) {
      const { stamp, box, at, found } = chosen.thing;
      const fresh = still || performance.now() - at < FRESH;
      return fresh && found !== false && !this.lost ? { stamp, box } : null;
    }
    const stamp = still || this.newest()?.stamp;
    return stamp ? { stamp, ...(this.own.box && { box: this.own.box.map(rounded) }) } : null;
  }

  // The newest picture of the screen that the classifier has answered: others it may never have.
  // within: ms since it was shown; test: what else it must be.
  newest(within = FRESH, test = () => true) {
    const { picture, answered } = this.page;
    const since = performance.now() - within;
    return picture.shown.find(({ stamp, at }) => at > since && answered.includes(String(stamp))
      && test(stamp));
  }

  get lost() { return this.things.lost; }

  // Whether it is not the whole picture.
  get pointed() { return Boolean(this.things.chosen || this.own.box); }

  // Whether the next box is to be drawn first: one more tap shall not teach the whole picture.
  get awaited() { return this.wantsBox && !this.pointed; }

  // What is said on the Teach button.
  words(label) {
    if (this.awaited) return t('draw_next');
    if (this.own.box) return t('teach_box', { label });
    if (!this.things.chosen) return t('teach', { label });
    const n = this.things.number;
    return n && this.things.shown.length > 1 ? t('teach_thing', { n, label })
      : t('teach_this', { label });
  }
}

const rounded = (share) => Math.round(1e4 * share) / 1e4;

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Which thing of a frame is which of the frame before, and whether the chosen one is lost.

import { overlap } from './boxes.js';

const LOST = 500; // ms without a thing after which it is lost, unless frames come more slowly
const SAME = 0.3; // overlap from which a box without a track is the one of the frame before
const BACK = 0.5; // overlap from which another track is the thing that was lost

let fresh = 0;

// Gives every thing a key: its track, else that of the thing before that it lies on.
export function keyed(things, before) {
  const taken = new Set();
  return things.map((thing) => {
    let key = thing.track === undefined ? undefined : `track ${thing.track}`;
    if (key === undefined) {
      const [best] = before.filter((each) => !taken.has(each.key))
        .map((each) => [overlap(each.box, thing.box), each.key]).sort((a, b) => b[0] - a[0]);
      key = best && best[0] > SAME ? best[1] : `box ${fresh += 1}`;
    }
    taken.add(key);
    return { ...thing, key };
  });
}

// The chosen thing: as it was seen last, and when it was really found.
export class Chosen {
  constructor(thing) { Object.assign(this, { thing, found: performance.now(), every: 0 }); }

  // every: ms between frames in which things are looked for.
  follow(things, every) {
    this.every = every;
    const now = things.find(({ key }) => key === this.thing.key)
      || (this.lost && things.find(({ box }) => overlap(box, this.thing.box) > BACK));
    if (!now) return;
    this.thing = now;
    if (now.found !== false) this.found = performance.now(); // false: carried from before
  }

  get lost() { return performance.now() - this.found > Math.max(LOST, 2.5 * this.every); }
}

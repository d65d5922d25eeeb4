// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Which thing of a frame is which of the frame before, and which are lost.

import { overlap } from './boxes.js';

const LOST = 500; // ms without a thing after which it is lost, unless frames come more slowly
const SAME = 0.3; // overlap from which a box without a track is the one of the frame before
const BACK = 0.5; // overlap from which another track is the thing that was lost

let fresh = 0;

const long = (since, every) => performance.now() - since > Math.max(LOST, 2.5 * every);

// Gives every thing a key: its track, else that of the thing before that it lies on; and the time
// when it was found last: it may only be carried on from the frame before.
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
    const last = before.find((each) => each.key === key)?.seen;
    const seen = thing.found === false && last !== undefined ? last : performance.now();
    return { ...thing, key, seen };
  });
}

// Carried on for so long that it is where it was no more.
export const gone = ({ found, seen }, every) => found === false && long(seen, every);

// The chosen thing, as it was seen last.
export class Chosen {
  constructor(thing) { Object.assign(this, { thing, every: 0 }); }

  // every: ms between frames in which things are looked for.
  follow(things, every) {
    this.every = every;
    const now = things.find(({ key }) => key === this.thing.key)
      || (this.lost && things.find(({ box }) => overlap(box, this.thing.box) > BACK));
    if (now) this.thing = now;
  }

  get lost() { return long(this.thing.seen, this.every); }
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The live picture, and on it the part that the robot looks at. What else is to lie on the picture
// goes into #stage, which has exactly its size: places on it are shares of width and height.

import { place } from './boxes.js';
import { $ } from './dom.js';

const REMEMBERED = 20; // pictures
const OLD = 1000; // ms after which a picture is not live any more, unless the camera is slower

export class Picture {
  constructor() {
    this.forget();
    this.still = null; // stamp of the picture that stands still
    this.every = 0; // ms between the last two
    new ResizeObserver(() => this.fit()).observe($('stage').parentElement);
  }

  // As large as there is room. Not by style alone: WebKit keeps no aspect ratio within two limits,
  // and with container units it misses media queries while it is resized.
  fit() {
    const { clientWidth: width, clientHeight: height } = $('stage').parentElement;
    const scale = Math.min(width / $('picture').width, height / $('picture').height);
    $('stage').style.width = `${scale * $('picture').width}px`;
    $('stage').style.height = `${scale * $('picture').height}px`;
  }

  forget() { this.shown = []; } // newest first: {stamp, at, blob}

  get stamp() { return this.shown[0]?.stamp; }

  get stale() {
    const [last] = this.shown;
    return !last || performance.now() - last.at > Math.max(OLD, 2.5 * this.every);
  }

  // A picture that was shown before comes back, and stays.
  hold(picture) {
    this.still = picture.stamp;
    this.paint(picture);
  }

  // Who goes on sees at once what may be taught.
  release() {
    this.still = null;
    if (this.shown.length) this.paint(this.shown[0]);
  }

  async draw(stamp, blob) {
    if (!this.still) await this.paint({ stamp, blob });
    const at = performance.now();
    if (this.shown.length) this.every = Math.min(at - this.shown[0].at, 5000);
    this.shown = [{ stamp, at, blob }, ...this.shown].slice(0, REMEMBERED);
  }

  async paint({ stamp, blob }) {
    const bitmap = await createImageBitmap(blob);
    if (this.still && String(this.still) !== String(stamp)) return; // it was on its way
    const canvas = $('picture');
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      document.documentElement.style.setProperty('--aspect', bitmap.width / bitmap.height);
      this.fit();
    }
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    bitmap.close();
  }
}

// The window that the encoder sees, [x, y, width, height] as shares of the picture.
export function drawSeen(seen) {
  const node = $('seen');
  node.hidden = !seen;
  if (!seen) return;
  place(node, seen);
}

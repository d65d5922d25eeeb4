// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// What lies under a finger that draws, twice as large, in the corner of the picture that is away
// from it.

import { $ } from './dom.js';

const SIZE = 96; // pixels on the screen
const ZOOM = 2;

export class Loupe {
  // at: where the finger is, as shares of the picture; from: the corner that stays.
  show([x, y], from) {
    const loupe = $('loupe'), picture = $('picture');
    const scale = picture.width / $('stage').clientWidth; // pixels of the picture for one of these
    loupe.hidden = false;
    loupe.dataset.side = x > 0.5 ? 'left' : 'right';
    const side = SIZE * scale / ZOOM;
    const [left, top] = [x * picture.width - side / 2, y * picture.height - side / 2];
    const brush = loupe.getContext('2d');
    brush.fillStyle = '#000';
    brush.fillRect(0, 0, loupe.width, loupe.height);
    brush.drawImage(picture, left, top, side, side, 0, 0, loupe.width, loupe.height);
    // The two lines of the box that meet here.
    brush.fillStyle = '#fff';
    const middle = loupe.width / 2;
    const across = x > from[0] ? 0 : middle, down = y > from[1] ? 0 : middle;
    brush.fillRect(across, middle - 1, middle, 3);
    brush.fillRect(middle - 1, down, 3, middle);
  }

  hide() { $('loupe').hidden = true; }
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// What became of what was done: a line of words, and a sign on the picture that is seen in the sun.

import { $, write } from './dom.js';

const EDGE = 300; // ms for which the picture's edge is tinted
const STANDS = { saved: 1200, skipped: 4000 }; // ms for which the large words stand

let edge, tally;

// kind: 'quiet', 'saved', 'skipped' (nothing was saved) or 'wrong'.
export function note(kind, words) {
  // A sheet covers the line of the page, and what is behind it is not read out.
  for (const node of ['note', 'picker-note', 'inbox-note', 'label-note', 'changes-note',
    'robots-note'].map($)) {
    node.dataset.kind = kind;
    write(node, words);
  }
}

export function flash(kind, words) {
  clearTimeout(edge);
  clearTimeout(tally);
  $('stage').dataset.flash = $('tally').dataset.kind = kind;
  write($('tally'), words);
  edge = setTimeout(() => { $('stage').dataset.flash = ''; }, EDGE);
  tally = setTimeout(calm, STANDS[kind]);
  if (kind === 'saved') navigator.vibrate?.(15);
}

export function calm() {
  $('stage').dataset.flash = '';
  write($('tally'), '');
}

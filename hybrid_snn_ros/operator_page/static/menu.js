// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Settings of this device.

import { $ } from './dom.js';

// Every switch is a button with an id and {get, set}.
export function menu(switches) {
  $('menu-open').addEventListener('click', () => $('menu').showModal());
  $('menu').addEventListener('click', (event) => { // on the backdrop
    if (event.target === $('menu')) $('menu').close();
  });
  for (const [id, { get, set }] of Object.entries(switches)) {
    const draw = () => $(id).setAttribute('aria-checked', String(get()));
    $(id).addEventListener('click', () => { set(!get()); draw(); });
    draw();
  }
}

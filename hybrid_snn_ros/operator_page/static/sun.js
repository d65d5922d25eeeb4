// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Black on white, whatever the device prefers: what can be read in the sun.

import { device } from './store.js';

const root = document.documentElement;

export const sun = {
  get: () => device.get('sun') === 'yes',
  set(on) {
    device.set('sun', on ? 'yes' : 'no');
    root.toggleAttribute('data-sun', on);
  },
};

root.toggleAttribute('data-sun', sun.get());

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Requests have ids and are sent again until acknowledged, also after a reload of the page.

import { tab } from './store.js';

const AGAIN = 2000; // ms after which an unacknowledged request is sent once more
const client = crypto.getRandomValues(new Uint32Array(2)).reduce((s, n) => s + n.toString(36), '');

export class Requests {
  constructor(link, told) {
    this.link = link;
    this.told = told; // function (result, request), once for each request
    this.pending = new Map(kept());
    this.number = 0;
    setInterval(() => this.resend(AGAIN), 500);
  }

  // A name that no other request or press has.
  name() { this.number += 1; return `${client}.${this.number}`; }

  ask(request, id = `${this.name()}.0`) {
    this.pending.set(id, { request: { ...request, id }, at: performance.now() });
    this.keep();
    this.link.send(this.pending.get(id).request);
    return id;
  }

  waits(test) { return [...this.pending.values()].some(({ request }) => test(request)); }

  keep() { tab.set('pending', JSON.stringify([...this.pending])); }

  resend(after = -Infinity) {
    const now = performance.now();
    for (const entry of this.pending.values()) {
      if (now - entry.at > after && this.link.send(entry.request)) entry.at = now;
    }
  }

  result(result) {
    const entry = this.pending.get(result.id);
    if (!entry) return;
    this.pending.delete(result.id);
    this.keep();
    this.told(result, entry.request);
  }
}

function kept() {
  try { return JSON.parse(tab.get('pending') || '[]'); } catch { return []; }
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// What the browser remembers for this page. Where site data is blocked, only the page remembers it.

class Store {
  constructor(kind) {
    this.kind = kind; // localStorage or sessionStorage; touching a blocked one throws
    this.kept = new Map();
  }

  get(key) {
    try {
      return globalThis[this.kind].getItem(key) ?? this.kept.get(key) ?? null;
    } catch {
      return this.kept.get(key) ?? null;
    }
  }

  set(key, value) {
    this.kept.set(key, value);
    try { globalThis[this.kind].setItem(key, value); } catch { /* then it is kept here alone */ }
  }

  drop(key) {
    this.kept.delete(key);
    try { globalThis[this.kind].removeItem(key); } catch { /* it was never there */ }
  }
}

export const device = new Store('localStorage');
export const tab = new Store('sessionStorage');

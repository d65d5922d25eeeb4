// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Pictures that the robot keeps, of what it asks about and of what it was taught: they come when asked
// for, one by one.

const AGAIN = 4000; // ms after which what has not come is asked for once more

export class Shown {
  // on: {came()}
  constructor(requests, came) {
    Object.assign(this, { requests, came, there: new Map(), asked: new Map(), count: 0 });
  }

  // what: {question} or {label}.
  ask(what) {
    const key = JSON.stringify(what);
    if (performance.now() - (this.asked.get(key) ?? -AGAIN) < AGAIN) return;
    this.asked.set(key, performance.now());
    this.requests.ask({ do: 'pictures', ...what });
  }

  // Whatever was asked for before: it may be another one now.
  askAnew(what) {
    this.asked.delete(JSON.stringify(what));
    this.ask(what);
  }

  heard(name) {
    this.count += 1; // another memory has other pictures by the same name
    this.there.set(name, `picture/${name}?${this.count}`);
    this.came();
  }

  // The address of a picture, '' while it is not there.
  source(name) { return this.there.get(name) || ''; }
}

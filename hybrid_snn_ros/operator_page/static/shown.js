// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Pictures that the robot keeps, of what it asks about and of what it was taught: they come when asked
// for, one by one.

const AGAIN = 4000; // ms after which what has not come is asked for once more
const TRIES = 5; // of a request whose pictures get lost on their way

export class Shown {
  // on: {came()}
  constructor(requests, came) {
    Object.assign(this, { requests, came, there: new Map(), asked: new Map(), tries: new Map(),
      count: 0 });
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
    this.tries.delete(JSON.stringify(what));
    this.ask(what);
  }

  // The robot's answer: the pictures go their own way, on which they can be lost.
  result({ pictures = [] }, { question, label }) {
    const what = label ? { label } : { question }, key = JSON.stringify(what);
    const tries = (this.tries.get(key) || 0) + 1;
    this.tries.set(key, tries);
    if (tries >= TRIES) return;
    setTimeout(() => {
      if (pictures.some((name) => !this.there.has(name))) this.ask(what);
    }, AGAIN);
  }

  heard(name) {
    this.count += 1; // another memory has other pictures by the same name
    this.there.set(name, `picture/${name}?${this.count}`);
    this.came();
  }

  // The address of a picture, '' while it is not there.
  source(name) { return this.there.get(name) || ''; }
}

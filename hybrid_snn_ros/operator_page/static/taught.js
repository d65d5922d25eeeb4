// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The pictures taught last, newest first: one Tab stop, arrow keys between them, a tap shows one
// large, where it can be removed.

import { $, make, write } from './dom.js';
import { clock, t } from './texts.js';

// Another memory counts from 1 again; with the time it is one sample's.
const source = ({ number, at }) => `thumbnail/${number}?${at}`;
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class Taught {
  constructor(page, requests) {
    Object.assign(this, { page, requests, rows: new Map(), current: null, large: null });
    $('taught').addEventListener('keydown', (event) => this.step(event));
    $('look-remove').addEventListener('click', () => this.remove());
    $('look-older').addEventListener('click', () => this.turn(1));
    $('look-newer').addEventListener('click', () => this.turn(-1));
    $('look-close').addEventListener('click', () => $('look').close());
    $('look').addEventListener('keydown', (event) => {
      if (event.key === 'ArrowRight') this.turn(1);
      if (event.key === 'ArrowLeft') this.turn(-1);
    });
    $('look').addEventListener('click', (event) => { // beside it
      if (event.target === $('look')) $('look').close();
    });
    $('look').addEventListener('close', () => {
      const number = this.large?.number;
      this.large = null;
      this.focus(number);
    });
  }

  get items() { return this.page.state.history; }

  place(number) { return this.items.findIndex((item) => item.number === number); }

  focus(number) {
    this.current = number;
    this.draw();
    (this.rows.get(this.current)?.firstChild || $('undo')).focus();
  }

  step(event) {
    const now = this.place(this.current);
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? this.items.length - 1
      : event.key in STEPS ? now + STEPS[event.key] : -1;
    if (!(event.key in STEPS || event.key === 'Home' || event.key === 'End')) return;
    event.preventDefault();
    if (this.items[to]) this.focus(this.items[to].number);
  }

  words(item) {
    const n = this.place(item.number) + 1, { label } = item;
    return item.at ? t('taught_what', { n, of: this.items.length, label, at: clock(item.at) })
      : t('taught_what_no_time', { n, of: this.items.length, label });
  }

  // -- one picture, large -------------------------------------------------------------------

  look(item) {
    this.large = item;
    this.drawLarge();
    if (!$('look').open) $('look').showModal();
  }

  turn(by) {
    const item = this.items[this.place(this.large?.number) + by];
    if (item) this.look(item);
  }

  remove() {
    const item = this.large;
    if (!item || this.removing(item)) return;
    this.requests.ask({ do: 'undo', sample: item.sample });
    this.drawLarge();
  }

  removing(item) { return this.requests.waits((each) => each.sample === item.sample); }

  drawLarge() {
    const item = this.large;
    if (!item) return;
    const place = this.place(item.number);
    if (place < 0) { // it is gone: show the one that took its place
      const next = this.items[Math.min(this.gap, this.items.length - 1)];
      if (next) { this.look(next); return; }
      $('look').close();
      return;
    }
    this.gap = place;
    show($('look-picture'), item);
    write($('look-title'), this.words(item));
    write($('look-label'), item.label);
    $('look-newer').setAttribute('aria-disabled', String(place === 0));
    $('look-older').setAttribute('aria-disabled', String(place === this.items.length - 1));
    $('look-remove').hidden = this.page.hello.view_only;
    $('look-remove').setAttribute('aria-disabled', String(this.removing(item)));
  }

  // -- the row ------------------------------------------------------------------------------

  draw() {
    const { items } = this;
    $('taught-none').hidden = items.length > 0;
    const numbers = new Set(items.map((item) => item.number));
    const active = document.activeElement;
    const lost = [...this.rows.values()].some((row) => row.contains(active)
      && !numbers.has(row.item.number));
    for (const [number, row] of this.rows) {
      if (!numbers.has(number)) { row.remove(); this.rows.delete(number); }
    }
    if (!numbers.has(this.current)) this.current = items[0]?.number;
    items.forEach((item, place) => this.drawRow(item, place));
    if (lost) this.focus(this.current);
    this.drawLarge();
  }

  drawRow(item, place) {
    let row = this.rows.get(item.number);
    if (!row) { row = this.row(); this.rows.set(item.number, row); }
    row.item = item;
    const button = row.firstChild;
    const image = button.firstChild || button.appendChild(make('img'));
    show(image, item); // a sample may be known before its picture is
    image.alt = '';
    button.setAttribute('aria-label', this.words(item));
    button.tabIndex = item.number === this.current ? 0 : -1;
    // The name stands once for a run of pictures of one label, as wide as they are.
    const first = this.items[place - 1]?.label !== item.label;
    let run = 1;
    while (this.items[place + run]?.label === item.label) run += 1;
    write(row.lastChild, first ? item.label : '');
    row.style.setProperty('--run', run);
    if ($('taught').children[place] !== row) {
      $('taught').insertBefore(row, $('taught').children[place] || null);
    }
  }

  row() {
    const row = make('li');
    const button = row.appendChild(make('button'));
    button.setAttribute('aria-haspopup', 'dialog');
    button.addEventListener('click', () => this.look(row.item));
    const name = row.appendChild(make('span', 'name'));
    name.dir = 'auto';
    name.setAttribute('aria-hidden', 'true');
    return row;
  }
}

function show(image, item) {
  image.hidden = !item.picture;
  if (item.picture && image.getAttribute('src') !== source(item)) image.src = source(item);
}

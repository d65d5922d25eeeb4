// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The things that the robot found, as buttons over the picture; one of them may be chosen.

import { inReadingOrder, overlap, place } from './boxes.js';
import { $, make, write } from './dom.js';
import { Chosen, gone, keyed } from './follow.js';
import { t } from './texts.js';

const REMEMBERED = 20; // frames, in case the picture is to stand still
const OLD = 1000; // ms after which boxes are none of the picture any more, unless they come slowly
const COLOURS = 5; // in things.css
const SAME = 0.5; // overlap of a thing and of what was drawn around it
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -1e9, End: 1e9 };

export class Things {
  // on: {changed(), chosen()}
  constructor(page, on) {
    Object.assign(this, { page, on, nodes: new Map(), colours: new Map(), hidden: [] });
    this.forget();
    $('things').addEventListener('keydown', (event) => this.key(event));
  }

  forget() {
    Object.assign(this, { all: [], found: [], recent: [], heard: -Infinity, every: 0, chosen: null });
  }

  // -- what the robot says ------------------------------------------------------------------

  hear({ stamp, things }) {
    const now = performance.now();
    if (now - this.heard < 5 * OLD) this.every = now - this.heard;
    this.heard = now;
    this.recent = [{ stamp, things }, ...this.recent].slice(0, REMEMBERED);
    const { still } = this.page.picture;
    if (!still || String(still) === String(stamp)) this.show(stamp, things);
  }

  show(stamp, things) {
    this.all = keyed(things, this.all).map(
      (thing) => ({ ...thing, stamp, at: performance.now() }));
    this.found = inReadingOrder(this.all.filter((thing) => !gone(thing, this.every)));
    this.chosen?.follow(this.found, this.every);
    this.on.changed();
  }

  // The things of a frame that is to stand still; where none are known, none are shown.
  ofFrame(stamp) { return this.recent.find((each) => String(each.stamp) === String(stamp)); }

  get old() {
    return !this.page.picture.still
      && performance.now() - this.heard > Math.max(OLD, 2.5 * this.every);
  }

  // Whether the boxes, and not the whole picture, say what is there.
  get any() { return this.found.length > 0; }

  // -- which one is meant -------------------------------------------------------------------

  choose(thing) {
    this.chosen = thing && thing.key !== this.chosen?.thing.key ? new Chosen(thing) : null;
    this.on.chosen();
  }

  get lost() { return Boolean(this.chosen && !this.page.picture.still && this.chosen.lost); }

  // Without those that have been drawn in this picture.
  get shown() {
    return this.found.filter(({ box }) => !this.hidden.some((each) => overlap(box, each) > SAME));
  }

  // Which of those that are shown is chosen, from 1 on; 0 for none.
  get number() { return this.shown.findIndex(({ key }) => key === this.chosen?.thing.key) + 1; }

  // One stop of the Tab key, arrow keys between them.
  key(event) {
    const buttons = [...$('things').children];
    const now = buttons.indexOf(document.activeElement);
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    const to = Math.min(Math.max(now + STEPS[event.key], 0), buttons.length - 1);
    this.focus(buttons[to]);
  }

  focus(button) {
    for (const each of $('things').children) each.tabIndex = each === button ? 0 : -1;
    button?.focus();
  }

  // -- drawing ------------------------------------------------------------------------------

  draw() {
    if (this.old && this.any) this.found = [];
    const { shown } = this;
    const lost = this.chosen && !this.number ? [this.chosen.thing] : [];
    const wanted = [...shown, ...lost];
    const keys = wanted.map(({ key }) => key);
    for (const [key, node] of this.nodes) {
      if (!keys.includes(key)) this.drop(key, node);
    }
    wanted.forEach((thing, at) => this.drawOne(thing, at + 1, shown.length));
    this.arrange(keys.map((key) => this.nodes.get(key)));
    $('things').hidden = !wanted.length;
  }

  drop(key, node) {
    this.nodes.delete(key);
    const focused = node === document.activeElement;
    node.remove();
    if (focused) this.focus($('things').firstChild || $('stage'));
  }

  drawOne(thing, n, of) {
    if (!this.nodes.has(thing.key)) this.nodes.set(thing.key, this.button(thing.key));
    const node = this.nodes.get(thing.key);
    const chosen = thing.key === this.chosen?.thing.key;
    const lost = chosen && this.lost;
    const { unknown, label, box } = thing;
    place(node, box);
    node.style.setProperty('--above', Math.round(1e3 * (2 - box[2] * box[3]))); // small ones on top
    node.dataset.kind = lost ? 'lost' : unknown ? 'unknown' : 'known';
    node.dataset.colour = unknown ? '' : this.colour(label);
    node.dataset.tag = box[1] > 0.12 ? 'above' : 'inside';
    node.setAttribute('aria-pressed', String(chosen));
    const number = of > 1 && n <= of ? `${n} ` : '';
    const tag = node.firstChild;
    write(tag, number + (lost ? t('lost_it') : unknown ? '?' : label));
    const room = (1 - box[0]) * $('stage').clientWidth;
    node.dataset.side = tag.offsetWidth > room ? 'right' : 'left';
    const name = lost ? t('lost_it') : unknown ? t('unknown_thing') : label;
    node.setAttribute('aria-label', number ? t('thing_of', { thing: name, n, of }) : name);
  }

  button(key) {
    const node = make('button', 'thing');
    node.tabIndex = -1;
    node.appendChild(make('span', 'tag')).dir = 'auto';
    node.addEventListener('click', () => {
      this.focus(node);
      const thing = [...this.found, this.chosen?.thing].find((each) => each?.key === key);
      if (thing) this.choose(thing);
    });
    return node;
  }

  colour(label) {
    if (!this.colours.has(label)) this.colours.set(label, String(this.colours.size % COLOURS));
    return this.colours.get(label);
  }

  // Elements are moved only where the order is another one, and not under the attention.
  arrange(nodes) {
    const there = [...$('things').children];
    if (nodes.length !== there.length || nodes.some((node, at) => node !== there[at])) {
      if ($('things').contains(document.activeElement)) {
        $('things').append(...nodes.filter((node) => !node.isConnected));
      } else {
        $('things').replaceChildren(...nodes);
      }
    }
    if (!nodes.some(({ tabIndex }) => tabIndex === 0) && nodes.length) nodes[0].tabIndex = 0;
  }
}

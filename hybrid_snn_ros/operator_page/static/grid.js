// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Pictures side by side, each a button that can be pressed: one Tab stop, arrow keys between them.

import { make } from './dom.js';

export class Grid {
  // single: whether at most one is pressed; changed: told when that is another one.
  constructor(node, shown, { single = false, changed }) {
    Object.assign(this, { node, shown, single, changed, items: [], pressed: new Set() });
    node.addEventListener('keydown', (event) => this.key(event));
  }

  // items: [{id, name of the picture, words}]
  fill(items) {
    const focused = this.node.contains(document.activeElement) && document.activeElement.dataset.id;
    this.items = items;
    this.pressed = new Set([...this.pressed].filter((id) => items.some((item) => item.id === id)));
    this.node.replaceChildren(...items.map((item) => this.cell(item)));
    const buttons = this.buttons;
    const stop = buttons.find(({ dataset }) => dataset.id === focused) || buttons[0];
    if (stop) stop.tabIndex = 0;
    if (focused) stop?.focus();
    this.draw();
  }

  get buttons() { return [...this.node.querySelectorAll('button')]; }

  cell({ id, words }) {
    const item = make('li');
    const button = item.appendChild(make('button'));
    Object.assign(button.dataset, { id });
    Object.assign(button, { tabIndex: -1, ariaLabel: words });
    button.appendChild(make('img')).alt = '';
    button.addEventListener('click', () => this.press(id));
    return item;
  }

  press(id) {
    const there = this.pressed.has(id);
    if (this.single) this.pressed.clear();
    if (there) this.pressed.delete(id);
    else this.pressed.add(id);
    this.stop(this.buttons.find(({ dataset }) => dataset.id === id));
    this.draw();
    this.changed();
  }

  stop(button) {
    for (const each of this.buttons) each.tabIndex = each === button ? 0 : -1;
    button.focus();
  }

  key(event) {
    const { buttons } = this;
    const now = buttons.indexOf(document.activeElement);
    const across = buttons.filter(({ offsetTop }) => offsetTop === buttons[0].offsetTop).length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, Home: -1e9,
      End: 1e9 }[event.key];
    if (now < 0 || !step) return;
    event.preventDefault();
    this.stop(buttons[Math.min(Math.max(now + step, 0), buttons.length - 1)]);
  }

  draw() {
    this.buttons.forEach((button, place) => {
      const { id, name } = this.items[place];
      button.setAttribute('aria-pressed', String(this.pressed.has(id)));
      showPicture(button.firstChild, this.shown.source(name));
    });
  }
}

export function showPicture(image, source) {
  image.hidden = !source;
  if (source && image.getAttribute('src') !== source) image.src = source;
}

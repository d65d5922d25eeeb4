// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// A label in the list. Its elements stay the same ones whatever is learned meanwhile: a finger, the
// attention or a screen reader may be on them.

import { make, write } from './dom.js';
import { drawLight } from './light.js';
import { t } from './texts.js';

export class Row {
  constructor(label, { pick, more, look, rename, forget }) {
    this.item = make('li');
    const row = this.item.appendChild(make('div', 'row'));
    this.pick = row.appendChild(make('button', 'pick'));
    this.pick.dataset.focus = `pick ${label}`;
    this.pick.addEventListener('click', pick);
    this.sign = this.pick.appendChild(make('span', 'light'));
    const text = this.pick.appendChild(make('span', 'text'));
    text.appendChild(make('span', 'name', label)).dir = 'auto';
    this.detail = text.appendChild(make('span', 'detail'));
    if (!more) return;
    this.more = row.appendChild(make('button', 'more', '\u22ef'));
    this.more.dataset.focus = `more ${label}`;
    this.more.setAttribute('aria-label', t('more', { label }));
    this.more.addEventListener('click', more);
    this.tools = make('div', 'tools');
    for (const [name, words, work] of [['look', t('look'), look],
      ['rename', t('rename'), rename], ['forget', t('forget'), forget]]) {
      this.tools.appendChild(make('button', name, words)).addEventListener('click', work);
    }
  }

  draw(entry, enough, chosen, open) {
    this.pick.setAttribute('aria-pressed', String(chosen));
    drawLight(this.sign, this.detail, entry, enough);
    if (!this.more) return;
    this.more.setAttribute('aria-expanded', String(open));
    if (!open) this.tools.remove();
    else if (!this.tools.isConnected) this.item.append(this.tools);
  }
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Labels: search, choose, make, rename, forget. A sheet on a phone, a panel on a desktop.

import { t } from './texts.js';

const $ = (id) => document.getElementById(id);
const plain = (text) => text.normalize('NFC').trim().toLocaleLowerCase();
const bytes = (text) => new TextEncoder().encode(text).length;
const MAX_BYTES = 64;

export class Picker {
  constructor(page, teacher, refresh) {
    Object.assign(this, { page, teacher, refresh, more: null, drawn: '' });
    this.wide = matchMedia('(min-width: 900px)');
    this.wide.addEventListener('change', () => this.place());
    addEventListener('resize', () => this.place());
    $('choose').addEventListener('click', () => {
      if (!this.wide.matches) $('picker').showModal();
      $('search').focus();
    });
    $('picker-close').addEventListener('click', () => $('picker').close());
    $('picker').addEventListener('click', (event) => { // on the backdrop
      if (event.target === $('picker') && !this.wide.matches) $('picker').close();
    });
    $('picker').addEventListener('cancel', (event) => {
      if (this.wide.matches) event.preventDefault();
    });
    $('search').addEventListener('input', () => this.draw());
    $('search').addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault(); // or its click would strike the button that has the focus next
      const [first] = this.found();
      if (!$('new').hidden) $('new').click();
      else if (first) this.choose(first.label);
    });
    $('new').addEventListener('click', () => this.choose($('search').value.normalize('NFC').trim()));
    this.place();
  }

  // On a desktop the dialog is a panel between the answers and the buttons.
  place() {
    const picker = $('picker');
    if (picker.open && picker.matches(':modal') === this.wide.matches) picker.close();
    if (!this.wide.matches) { picker.removeAttribute('style'); return; }
    const focused = document.activeElement;
    if (!picker.open) picker.show();
    focused?.focus();
    const above = document.querySelector('.answers').getBoundingClientRect();
    const below = document.querySelector('.actions').getBoundingClientRect();
    Object.assign(picker.style, { left: `${above.left}px`, width: `${above.width}px`,
      top: `${above.bottom + 16}px`, height: `${below.top - above.bottom - 32}px` });
  }

  choose(label) {
    $('search').value = '';
    this.more = null;
    if (!this.wide.matches) $('picker').close();
    this.teacher.choose(label);
    $('teach').focus();
  }

  found() {
    const wanted = plain($('search').value);
    const { labels, recent } = this.page.state;
    const order = new Map(recent.map((label, place) => [label, place]));
    return labels.filter(({ label }) => plain(label).includes(wanted))
      .sort((a, b) => (order.get(a.label) ?? 9) - (order.get(b.label) ?? 9)
        || a.label.localeCompare(b.label));
  }

  detail({ samples, light, with: other }) {
    return `${t(light, { label: other })} · ${t('samples', { n: samples })}`;
  }

  draw() {
    const { labels, recent } = this.page.state;
    const own = labels.find(({ label }) => label === this.teacher.label);
    $('choose').querySelector('.name').textContent = this.teacher.label || t('choose');
    $('choose').querySelector('.detail').textContent = own ? this.detail(own)
      : this.teacher.label ? t('new') : t('choose_detail');
    $('choose').querySelector('.light').dataset.light = own?.light || '';
    const typed = $('search').value.normalize('NFC').trim();
    $('new').hidden = !typed || this.page.hello.view_only
      || labels.some(({ label }) => label === typed);
    $('new').disabled = bytes(typed) > MAX_BYTES;
    $('new').lastElementChild.textContent = bytes(typed) > MAX_BYTES ? t('too_long')
      : t('new_what', { label: typed });
    // Redrawn only when something changed: a tap must not lose its target.
    const drawn = JSON.stringify([labels, recent, typed, this.teacher.label, this.more,
      this.page.hello.view_only]);
    if (drawn !== this.drawn) { this.drawn = drawn; this.drawList(); }
  }

  drawList() {
    const { recent } = this.page.state;
    const found = this.found();
    const focused = document.activeElement?.dataset?.focus;
    const list = $('list');
    list.replaceChildren();
    const groups = [[t('recent'), found.filter(({ label }) => recent.includes(label))],
      [t('all'), found.filter(({ label }) => !recent.includes(label))]];
    for (const [title, entries] of groups) {
      if (!entries.length) continue;
      list.appendChild(make('h3', '', title));
      const rows = list.appendChild(document.createElement('ul'));
      for (const entry of entries) rows.append(this.row(entry));
    }
    if (!found.length && $('new').hidden) list.appendChild(make('p', 'empty', t('no_labels')));
    if (focused) list.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }

  row(entry) {
    const { label } = entry;
    const item = document.createElement('li');
    const row = item.appendChild(make('div', 'row'));
    const pick = row.appendChild(make('button', 'pick'));
    pick.type = 'button';
    pick.dataset.focus = `pick ${label}`;
    pick.setAttribute('aria-pressed', String(label === this.teacher.label));
    pick.appendChild(make('span', 'light')).dataset.light = entry.light;
    const text = pick.appendChild(make('span', 'text'));
    text.appendChild(make('span', 'name', label)).dir = 'auto';
    text.appendChild(make('span', 'detail', this.detail(entry)));
    pick.addEventListener('click', () => this.choose(label));
    if (this.page.hello.view_only) return item;
    const more = row.appendChild(make('button', 'more', '\u22ef'));
    more.type = 'button';
    more.dataset.focus = `more ${label}`;
    more.setAttribute('aria-label', t('more', { label }));
    more.setAttribute('aria-expanded', String(this.more === label));
    more.addEventListener('click', () => {
      this.more = this.more === label ? null : label;
      this.draw();
    });
    if (this.more === label) {
      const tools = item.appendChild(make('div', 'tools'));
      tools.appendChild(make('button', 'rename', t('rename')))
        .addEventListener('click', () => this.rename(label));
      tools.appendChild(make('button', 'forget', t('forget')))
        .addEventListener('click', () => this.forget(entry));
    }
    return item;
  }

  async rename(label) {
    const to = await ask({ title: t('rename_what', { label }), yes: t('rename'), input: label });
    if (to && to !== label) {
      this.teacher.ask({ do: 'rename', id: this.teacher.id(), label, to });
    }
    this.more = null;
    this.refresh();
  }

  async forget({ label, samples }) {
    if (await ask({ title: t('forget_what', { label }), yes: t('forget'), danger: true,
      text: t('forget_text', { n: samples }) })) {
      this.teacher.ask({ do: 'forget', id: this.teacher.id(), label });
    }
    this.more = null;
    this.refresh();
  }
}

// Resolves to the text typed, true, or null when it was called off.
function ask({ title, text = '', yes, input = null, danger = false }) {
  const field = $('ask-input');
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  $('ask-yes').textContent = yes;
  $('ask-yes').classList.toggle('danger', danger);
  field.hidden = input === null;
  field.required = input !== null;
  field.value = input ?? '';
  field.setAttribute('aria-label', title);
  field.onkeydown = (event) => {
    if (event.key === 'Enter') { event.preventDefault(); $('ask-yes').click(); }
  };
  $('ask').returnValue = '';
  $('ask').showModal();
  if (input !== null) field.select();
  return new Promise((resolve) => {
    $('ask').onclose = () => resolve($('ask').returnValue !== 'yes' ? null
      : input === null || field.value.normalize('NFC').trim());
  });
}

function make(kind, name, text) {
  const node = document.createElement(kind);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  if (kind === 'button') node.type = 'button';
  return node;
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The list of labels: search, choose, make a new one. A sheet on a phone, a panel on a desktop.

import { $, make, write } from './dom.js';
import { drawLight } from './light.js';
import { bytes, MAX_BYTES, plain, same, tidy } from './names.js';
import { t } from './texts.js';

export class Picker {
  constructor(page, teacher, editor, refresh) {
    Object.assign(this, { page, teacher, editor, refresh, more: null, drawn: '', heir: '' });
    this.wide = matchMedia('(min-width: 900px) and (min-height: 500px)');
    this.wide.addEventListener('change', () => this.place());
    this.touched = false; // whether a finger opened the sheet
    $('choose').addEventListener('pointerdown', ({ pointerType }) => {
      this.touched = pointerType !== 'mouse';
    });
    $('choose').addEventListener('keydown', () => { this.touched = false; });
    $('choose').addEventListener('click', () => this.open());
    $('picker-close').addEventListener('click', () => $('picker').close());
    $('picker').addEventListener('click', (event) => { // on the backdrop
      if (event.target === $('picker') && !this.wide.matches) $('picker').close();
    });
    $('picker').addEventListener('close', () => this.empty());
    $('search').addEventListener('input', () => this.draw());
    $('search').addEventListener('keydown', (event) => this.key(event));
    $('new').addEventListener('click', () => this.choose(tidy($('search').value)));
    this.place();
  }

  open() {
    if (this.wide.matches) { $('search').focus(); return; }
    this.empty();
    write($('picker-note'), ''); // it is about something else
    $('picker').showModal();
    this.rest();
  }

  empty() {
    $('search').value = '';
    this.more = null;
    this.draw();
  }

  // Where the attention is while nothing is pointed at. A field that has it brings the keyboard of
  // a phone over the list, so a finger must want it first.
  rest() { (this.touched && !this.wide.matches ? $('picker-title') : $('search')).focus(); }

  // On a desktop the dialog is a panel of the page and always open.
  place() {
    if ($('picker').open && $('picker').matches(':modal') === this.wide.matches) {
      $('picker').close();
    }
    if (this.wide.matches) $('picker').open = true;
  }

  key(event) {
    if (event.key === 'Escape' && !$('search').value && !this.wide.matches) {
      event.preventDefault(); // WebKit would only empty the field, which is empty
      $('picker').close();
    }
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault(); // or its click would strike the button that has the focus next
    const typed = $('search').value;
    const exact = typed.trim() && same(this.page.state.labels, typed);
    if (exact) this.choose(exact.label);
    else if (this.found().length) $('list').querySelector('.pick').focus();
    else if (!$('new').hidden) $('new').click();
  }

  choose(label) {
    if (!this.wide.matches) $('picker').close();
    this.empty();
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

  // The attention stays with the label, also when it gets its other name a moment later.
  async edit(label, work) {
    const heir = await work;
    this.more = null;
    this.heir = heir && `more ${heir}`;
    this.refresh();
    this.focus(this.heir, heir && `more ${label}`);
  }

  focus(...names) {
    const [row] = names.map((name) => name && this.target(name)).filter(Boolean);
    if (row) row.focus();
    else this.rest();
  }

  target(name) { return $('list').querySelector(`[data-focus="${CSS.escape(name)}"]`); }

  // -- drawing ------------------------------------------------------------------------------

  draw() {
    const { state: { labels, recent }, hello } = this.page;
    const { label } = this.teacher;
    this.drawChosen(labels.find((each) => each.label === label), label, hello.enough);
    const typed = tidy($('search').value);
    const long = bytes(typed) > MAX_BYTES;
    $('new').hidden = !typed || long || hello.view_only || Boolean(same(labels, typed));
    write($('new').lastElementChild, t('new_what', { label: typed }));
    write($('search-note'), long ? t('too_long', { n: bytes(typed), limit: MAX_BYTES }) : '');
    // Redrawn only when something changed: a tap must not lose its target.
    const drawn = JSON.stringify([labels, recent, typed, label, this.more, hello]);
    if (drawn !== this.drawn) { this.drawn = drawn; this.drawList(); }
  }

  drawChosen(own, label, enough) {
    const [sign, name, detail] = ['.light', '.name', '.detail'].map(
      (part) => $('choose').querySelector(part));
    write(name, label || t('choose'));
    if (own) { drawLight(sign, detail, own, enough); return; }
    sign.dataset.light = '';
    detail.textContent = label ? t('new') : t('choose_detail');
  }

  drawList() {
    const { recent } = this.page.state;
    const found = this.found();
    const list = $('list');
    const focused = list.contains(document.activeElement)
      && document.activeElement.dataset.focus;
    list.replaceChildren();
    const groups = [[t('recent'), found.filter(({ label }) => recent.includes(label))],
      [t('all'), found.filter(({ label }) => !recent.includes(label))]];
    for (const [title, entries] of groups) {
      if (!entries.length) continue;
      list.appendChild(make('h3', '', title));
      const rows = list.appendChild(make('ul'));
      for (const entry of entries) rows.append(this.row(entry));
    }
    if (!found.length && $('new').hidden) {
      list.appendChild(make('p', 'empty', $('search').value ? t('no_match') : t('no_labels')));
    }
    if (focused) this.focus(focused, this.heir);
  }

  row(entry) {
    const { label } = entry;
    const item = make('li');
    const row = item.appendChild(make('div', 'row'));
    const pick = row.appendChild(make('button', 'pick'));
    pick.dataset.focus = `pick ${label}`;
    pick.setAttribute('aria-pressed', String(label === this.teacher.label));
    const sign = pick.appendChild(make('span', 'light'));
    const text = pick.appendChild(make('span', 'text'));
    text.appendChild(make('span', 'name', label)).dir = 'auto';
    drawLight(sign, text.appendChild(make('span', 'detail')), entry, this.page.hello.enough);
    pick.addEventListener('click', () => this.choose(label));
    if (this.page.hello.view_only) return item;
    const more = row.appendChild(make('button', 'more', '\u22ef'));
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
        .addEventListener('click', () => this.edit(label, this.editor.rename(label)));
      tools.appendChild(make('button', 'forget', t('forget')))
        .addEventListener('click', () => this.edit(label, this.editor.forget(entry)));
    }
    return item;
  }
}

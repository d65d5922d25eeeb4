// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The list of labels: search, choose, make a new one. A sheet on a phone, a panel on a desktop.

import { $, make, write } from './dom.js';
import { drawLight } from './light.js';
import { bytes, MAX_BYTES, plain, same, tidy } from './names.js';
import { Row } from './row.js';
import { t } from './texts.js';

export class Picker {
  constructor(page, teacher, editor, refresh) {
    Object.assign(this, { page, teacher, editor, refresh, more: null, drawn: '', heir: '',
      rows: new Map(), order: [], // {label: Row}; what is in the list, from the top
      then: null }); // told of the label, where it is for something else than teaching
    this.wide = matchMedia('(min-width: 900px) and (min-height: 500px)');
    this.wide.addEventListener('change', () => this.place());
    this.touched = false; // whether a finger opened the sheet
    $('choose').addEventListener('pointerdown', (event) => this.touch(event));
    $('choose').addEventListener('keydown', () => { this.touched = false; });
    $('choose').addEventListener('click', () => this.open());
    $('picker-close').addEventListener('click', () => $('picker').close());
    $('picker').addEventListener('click', (event) => { // on the backdrop
      if (event.target === $('picker') && $('picker').matches(':modal')) $('picker').close();
    });
    $('picker').addEventListener('close', () => {
      if ($('picker').matches(':modal')) return; // it was opened anew
      this.then = null;
      $('picker').classList.remove('picking');
      this.empty();
      this.place();
    });
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

  touch({ pointerType }) { this.touched = pointerType !== 'mouse'; }

  // Lets a label be chosen for something else; the attention goes to `after` then.
  pick(then, after) {
    if ($('picker').open) $('picker').close();
    this.empty();
    write($('picker-note'), '');
    this.then = (label) => { after.focus(); then(label); };
    $('picker').classList.add('picking');
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
  rest() { (this.touched && $('picker').matches(':modal') ? $('picker-title') : $('search')).focus(); }

  // On a desktop the dialog is a panel of the page and always open.
  place() {
    if ($('picker').open && $('picker').matches(':modal') === this.wide.matches) {
      $('picker').close();
    }
    if (this.wide.matches) $('picker').open = true;
  }

  key(event) {
    if (event.key === 'Escape' && !$('search').value && $('picker').matches(':modal')) {
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
    const { then } = this;
    if (then) {
      $('picker').close();
      then(label);
      return;
    }
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
    const { state: { recent }, hello } = this.page;
    if (hello !== this.hello) this.rows.clear();
    this.hello = hello;
    const found = this.found();
    for (const entry of found) {
      const { label } = entry;
      if (!this.rows.has(label)) this.rows.set(label, this.row(label));
      this.rows.get(label).draw(entry, hello.enough, label === this.teacher.label,
        label === this.more);
    }
    const groups = [[t('recent'), found.filter(({ label }) => recent.includes(label))],
      [t('all'), found.filter(({ label }) => !recent.includes(label))]]
      .map(([title, entries]) => [title, entries.map(({ label }) => this.rows.get(label).item)])
      .filter(([, items]) => items.length);
    const empty = !found.length && $('new').hidden
      && ($('search').value ? t('no_match') : t('no_labels'));
    this.arrange([...groups, ...(empty ? [[empty, []]] : [])]);
  }

  // Elements are moved only where the order is another one: those under a finger would be lost.
  arrange(groups) {
    const order = groups.flat(2);
    if (order.length === this.order.length
      && order.every((each, place) => each === this.order[place])) return;
    this.order = order;
    const focused = $('list').contains(document.activeElement)
      && document.activeElement.dataset.focus;
    $('list').replaceChildren(...groups.flatMap(([title, items]) => {
      if (!items.length) return [make('p', 'empty', title)];
      const rows = make('ul');
      rows.append(...items);
      return [make('h3', '', title), rows];
    }));
    if (focused) this.focus(focused, this.heir);
  }

  row(label) {
    return new Row(label, {
      pick: () => this.choose(label),
      more: !this.page.hello.view_only && (() => {
        this.more = this.more === label ? null : label;
        this.draw();
      }),
      look: () => this.look(label),
      rename: () => this.edit(label, this.editor.rename(label)),
      forget: () => this.edit(label, this.editor.forget(same(this.page.state.labels, label))),
    });
  }
}

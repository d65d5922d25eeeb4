// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Undo: the robot says what the last change of a person was, wherever it came from, and exactly
// that one is taken back. For a while it can be put back.

import { $, make, write } from './dom.js';
import { note } from './feedback.js';
import { t } from './texts.js';

const OFFERED = 6000; // ms for which "Put back" is offered
// A folder that was taught may hold many labels.
const taught = (values) => (values.label ? t('change_teach', values) : t('change_import', values));
const SHORT = {
  teach: taught,
  answer: taught,
  remove: (values) => t('change_remove', values),
  forget: (values) => t('change_forget', values),
  rename: (values) => t('change_rename', values),
  merge: (values) => t('change_merge', values),
  import: (values) => t('change_import', values),
  relabel: (values) => t('change_relabel', values),
  draw: (values) => t('change_draw', values),
  complete: () => t('change_complete'),
  empty: () => t('change_empty'),
  rollback: (values) => t('change_rollback', values),
  restore: () => t('change_restore'),
};

// What a change did, in a few words: "6 × duck".
export function short({ what, label = '', to = '', samples = 0 }) {
  return (SHORT[what] || (() => t('change_other')))({ n: samples, label, to });
}

export class Undo {
  constructor(page, requests, refresh) {
    Object.assign(this, { page, requests, refresh, offered: null, known: undefined });
    this.asked = new Map(); // id of a request -> the change it is about
    // Each sheet has its own two buttons: those of the page are behind it.
    this.buttons = [$('undo'), ...document.querySelectorAll('.undo-here')];
    this.backs = [$('put-back'), ...document.querySelectorAll('.redo-here')];
    for (const button of this.buttons) button.addEventListener('click', () => this.undo());
    this.backs.forEach((button, place) => {
      button.addEventListener('click', () => this.redo(this.buttons[place]));
    });
  }

  get last() { return this.page.state.undo || null; }

  get waits() { return this.requests.waits((each) => each.change !== undefined); }

  undo() {
    if (!this.page.connected || this.page.hello.view_only || this.waits) return;
    if (!this.last) { note('quiet', t('undo_none')); return; }
    this.ask('undo', this.last);
    note('quiet', t('sending'));
  }

  // The attention goes to the Undo beside it.
  redo(undo) {
    if (this.offered && !this.waits) this.ask('redo', this.offered);
    this.offer(null);
    undo.focus();
  }

  ask(what, change) {
    this.asked.set(this.requests.ask({ do: what, change: change.change }), change);
    this.refresh();
  }

  // The robot's answer to `undo` or `redo` of a change.
  result(result, request) {
    const change = this.asked.get(result.id);
    this.asked.delete(result.id);
    const what = change ? short(change) : result.label;
    if (result.level !== 'ERROR') {
      note('saved', request.do === 'undo' ? t('taken_back', { what }) : t('put_back_done', { what }));
    } else if (this.last && this.last.change !== request.change) {
      note('wrong', t('undo_other', { what: short(this.last) }));
    } else {
      note('wrong', result.message);
    }
  }

  // Called with every new state: an undo that was not there before can be put back for a while.
  follow() {
    const redo = this.page.state.redo || null;
    if (this.known !== undefined && redo && redo.change !== this.known) this.offer(redo);
    else if (redo?.change !== this.offered?.change) this.offer(null);
    this.known = redo?.change ?? null;
  }

  offer(change) {
    clearTimeout(this.timer);
    this.offered = this.page.hello.view_only ? null : change;
    // No one loses the button while it has the focus.
    const end = () => {
      if (this.backs.includes(document.activeElement)) this.timer = setTimeout(end, 1000);
      else { this.offered = null; this.draw(); }
    };
    if (this.offered) this.timer = setTimeout(end, OFFERED);
    this.draw();
  }

  draw() {
    const { page, last } = this;
    const off = !last || !page.connected || page.hello.view_only || this.waits;
    const words = !last ? t('undo_none')
      : ['teach', 'answer'].includes(last.what) && last.label ? t('undo_what', { n: last.samples, label: last.label })
        : t('undo_change', { what: short(last) });
    for (const button of this.buttons) button.setAttribute('aria-disabled', String(Boolean(off)));
    write($('undo-what'), last ? short(last) : t('undo_nothing'));
    $('undo').setAttribute('aria-label', words);
    for (const button of this.buttons.slice(1)) {
      write(button, last ? t('undo_change', { what: short(last) }) : words);
      button.hidden = page.hello.view_only || !last;
    }
    for (const back of this.backs.slice(1)) back.hidden = !this.offered;
    $('offer').hidden = !this.offered;
    document.querySelector('.taught').classList.toggle('covered', Boolean(this.offered));
    if (this.offered) {
      $('offer').firstElementChild.replaceChildren(
        make('span', '', t('taken_back', { what: short(this.offered) })));
    }
  }
}

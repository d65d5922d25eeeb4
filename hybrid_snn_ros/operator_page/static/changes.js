// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// What people did, newest first, by whomever and however long ago: each change can be taken back, and
// put back, on its own.

import { $, make } from './dom.js';
import { note } from './feedback.js';
import { t, when } from './texts.js';
import { short } from './undo.js';

const FRESH = 500; // ms for which rows that have moved take no tap: a finger may be on its way
const BY = { command: () => t('by_page'), cli: () => t('by_cli'), folder: () => t('by_cli'),
  import: () => t('by_cli') };
const WAY = {
  later: ({ by }) => t('way_later', { what: words(by) }),
  earlier: ({ by }) => t('way_earlier', { what: words(by) }),
  named: ({ label }) => t('way_named', { label }),
};

function words(change) {
  return change.what === 'answer' ? t('change_answer', { what: short(change) }) : short(change);
}

export class Changes {
  // named: told that a label has another name again.
  constructor(page, requests, { refresh, named }) {
    Object.assign(this, { page, requests, refresh, named, list: null, drawn: '', order: '', since: 0,
      version: null });
    $('changes-open').addEventListener('click', () => this.open());
    $('changes-close').addEventListener('click', () => $('changes').close());
    $('changes').addEventListener('close', () => $('menu-open').focus());
  }

  open() {
    $('menu').close();
    note('quiet', '');
    this.list = null;
    $('changes').showModal();
    this.ask();
    this.draw();
    $('changes-title').focus();
  }

  ask() {
    this.version = this.page.state.version;
    this.requests.ask({ do: 'changes' });
  }

  // Something was changed, by whoever.
  follow() {
    if ($('changes').open && this.page.state.version !== this.version) this.ask();
  }

  // Until the list is here that says what became of the last tap, a row may offer what it did.
  get waits() {
    return this.requests.waits((each) => each.change !== undefined || each.do === 'changes');
  }

  get ready() {
    return !this.waits && this.page.connected && performance.now() - this.since > FRESH;
  }

  turn(entry) {
    if (!this.ready || entry.obstacle) return;
    this.requests.ask({ do: entry.taken_back ? 'put_back' : 'take_back', change: entry.change });
    note('quiet', t('sending'));
    this.refresh();
  }

  // The robot's answer to any of these requests.
  result(result, request) {
    const wrong = result.level === 'ERROR';
    if (wrong) note('wrong', result.message);
    else if (request.do === 'changes') this.list = result.changes;
    else {
      const change = this.list?.find((each) => each.change === request.change);
      const what = change ? words(change) : result.label;
      note('saved', request.do === 'take_back' ? t('taken_back', { what })
        : t('put_back_done', { what }));
      this.ask();
      if (request.do === 'put_back' && change?.to) this.named(change.label, change.to);
    }
  }

  // -- drawing ------------------------------------------------------------------------------

  draw() {
    if (!$('changes').open) return;
    const { list, page } = this;
    $('changes-none').hidden = !list || list.length > 0;
    const order = String((list || []).map(({ change }) => change));
    if (order !== this.order) {
      Object.assign(this, { order, since: performance.now() });
      setTimeout(() => this.draw(), FRESH + 20);
    }
    const drawn = JSON.stringify([list, page.hello.view_only]);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      const focused = document.activeElement.closest?.('#changes-list li')?.dataset.change;
      $('changes-list').replaceChildren(...(list || []).map((entry) => this.row(entry)));
      if (focused) {
        ($('changes-list').querySelector(`[data-change="${focused}"] button`)
          || $('changes-title')).focus();
      }
    }
    $('changes-list').querySelectorAll('button').forEach((button) => {
      button.setAttribute('aria-disabled', String(!this.ready || 'off' in button.dataset));
    });
  }

  row(entry) {
    const row = make('li', entry.taken_back ? 'gone' : '');
    row.dataset.change = entry.change;
    const what = row.appendChild(make('p', 'what', words(entry)));
    what.id = `change-${entry.change}`;
    what.dir = 'auto';
    row.appendChild(make('p', 'when', [entry.taken_back && t('is_taken_back'), when(entry.time),
      (BY[entry.source] || (() => t('by_topic')))()].filter(Boolean).join(' · ')));
    if (this.page.hello.view_only) return row;
    const button = row.appendChild(make('button', '',
      entry.taken_back ? t('put_back') : t('take_back')));
    button.id = `turn-${entry.change}`;
    button.setAttribute('aria-labelledby', `turn-${entry.change} change-${entry.change}`);
    button.addEventListener('click', () => this.turn(entry));
    if (entry.obstacle) {
      const way = row.appendChild(make('p', 'way',
        (WAY[entry.obstacle.why] || (() => t('way_elsewhere')))(entry.obstacle)));
      way.id = `way-${entry.change}`;
      button.dataset.off = '';
      button.setAttribute('aria-describedby', way.id);
    }
    return row;
  }
}

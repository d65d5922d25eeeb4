// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The robots that know what this one knows: a button that says how they stand, and a sheet of them.

import { $, make, write } from './dom.js';
import { note } from './feedback.js';
import { command, ordered, summary, title, words } from './robots.js';
import { t } from './texts.js';

const MOST = 60; // rows; those that somebody has to look at come first
const SIGNS = { same: 'same', behind: 'busy', ahead: 'busy', twin: 'wrong' }; // the others: trouble

export class Fleet {
  constructor(page) {
    Object.assign(this, { page, drawn: [] });
    $('fleet-open').addEventListener('click', () => this.open());
    $('robots-close').addEventListener('click', () => $('robots').close());
  }

  open() {
    note('quiet', '');
    $('robots').showModal();
    this.draw();
    $('robots').querySelector('.scrolled').scrollTop = 0;
    $('robots-title').focus();
  }

  // Over plain HTTP a browser lets a page copy only what is selected.
  copy(text) {
    getSelection().selectAllChildren(text);
    const copied = document.execCommand('copy');
    if (copied) note('saved', t('copied'));
    else note('quiet', t('copy_by_hand'));
  }

  // -- drawing ------------------------------------------------------------------------------

  draw() {
    const { page: { robots: fleet, connected, status } } = this;
    $('fleet-open').hidden = !fleet;
    if (!fleet) {
      if ($('robots').open) $('robots').close();
      return;
    }
    const [kind, said] = connected && status.classifier ? summary(fleet, status.fleet)
      : ['lost', t('not_live')];
    $('fleet-open').dataset.state = kind;
    write($('fleet-name'), fleet.name || t('this_robot'));
    write($('fleet-word'), said);
    const drawn = [fleet, JSON.stringify(status.fleet)];
    if ($('robots').open && drawn.some((each, place) => each !== this.drawn[place])) {
      this.drawn = drawn;
      this.drawSheet(fleet, status.fleet);
    }
  }

  drawSheet(fleet, part) {
    const wrong = part.problem ? [t('takes_no_part', { why: part.problem })] : [];
    $('robots-wrong').replaceChildren(...[...wrong, ...fleet.errors].map(
      (each) => make('li', '', each)));
    $('robots-wrong').hidden = !$('robots-wrong').children.length;
    const robots = ordered(fleet);
    const focused = document.activeElement.closest?.('#robots-list li')?.dataset.robot;
    const own = row({ robot: '', samples: fleet.samples }, fleet.name || t('this_robot'),
      part.problem ? 'trouble' : 'same', [fleet.name && t('this_robot'),
        fleet.mode === 'listen' && t('only_listens')].filter(Boolean).join(' · '));
    $('robots-list').replaceChildren(own, ...robots.slice(0, MOST).map((one) => {
      const item = row(one, title(one), SIGNS[one.state] || 'trouble', words(one));
      const line = command(one, part);
      if (line) this.addCommand(item, line);
      return item;
    }));
    const left = robots.length - MOST;
    write($('robots-more'), left > 0 ? t('more_robots', { n: left }) : robots.length ? ''
      : t('no_robots'));
    if (focused !== undefined) {
      ($('robots-list').querySelector(`[data-robot="${CSS.escape(focused)}"] button`)
        || $('robots-title')).focus();
    }
  }

  addCommand(item, line) {
    const text = item.appendChild(make('code', '', line));
    const button = item.appendChild(make('button', '', t('copy')));
    text.id = `command-${item.dataset.robot}`;
    button.setAttribute('aria-describedby', text.id);
    button.addEventListener('click', () => this.copy(text));
  }
}

function row({ robot, samples }, name, kind, said) {
  const item = make('li');
  item.dataset.robot = robot;
  item.dataset.state = kind;
  item.appendChild(make('span', 'sign')).setAttribute('aria-hidden', 'true');
  item.appendChild(make('p', 'name', name)).dir = 'auto';
  item.appendChild(make('p', 'samples', t('robot_taught', { n: samples })));
  item.appendChild(make('p', 'said', said));
  return item;
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// A label's page: how well it is recognised, in words, and its pictures, the doubtful ones first.

import { $, make, write } from './dom.js';
import { note } from './feedback.js';
import { Grid, showPicture } from './grid.js';
import { ofLabel } from './robots.js';
import { t } from './texts.js';

const VERDICTS = {
  enough: () => t('verdict_enough'),
  more: () => t('verdict_more'),
  'too few': () => t('verdict_too_few'),
};

export class LabelPage {
  constructor(page, requests, shown, picker) {
    Object.assign(this, { page, requests, shown, picker, label: '', drawn: '',
      samples: null }); // those that have pictures, once the robot has said it
    this.grid = new Grid($('label-pictures'), shown, { single: true, changed: () => this.draw() });
    $('label-close').addEventListener('click', () => $('label').close());
    $('label').addEventListener('close', () => this.grid.pressed.clear());
    $('label-move').addEventListener('pointerdown', (event) => picker.touch(event));
    $('label-move').addEventListener('click', () => {
      const [sample] = this.grid.pressed;
      if (sample) picker.pick((label) => this.move(Number(sample), label), $('label-name'));
    });
    $('label-remove').addEventListener('click', () => this.remove(Number([...this.grid.pressed][0])));
  }

  open(label) {
    Object.assign(this, { label, samples: null, drawn: '' });
    note('quiet', '');
    this.shown.askAnew({ label });
    $('label').showModal();
    this.draw();
    $('label-name').focus();
  }

  // Which pictures there are, newest first.
  result({ pictures = [] }, { label }) {
    if (label !== this.label) return;
    this.samples = pictures.map((name) => Number(name.split('/')[1]));
    this.draw();
  }

  // Something was changed, by whoever.
  follow() { if ($('label').open) this.shown.askAnew({ label: this.label }); }

  waits(sample) { return this.requests.waits((each) => each.sample === sample); }

  move(sample, label) {
    if (!sample || this.waits(sample) || label === this.label) return;
    this.requests.ask({ do: 'relabel', sample, label });
    note('quiet', t('sending'));
  }

  remove(sample) {
    if (!sample || this.waits(sample)) return;
    this.requests.ask({ do: 'undo', sample });
    note('quiet', t('sending'));
  }

  // -- drawing ------------------------------------------------------------------------------

  draw() {
    if (!$('label').open) return;
    const { label, page } = this;
    const found = page.quality?.labels.find((each) => each.label === label);
    const known = page.state.labels.find((each) => each.label === label);
    const doubtful = (page.quality?.doubtful || []).filter((each) => each.label === label
      && each.odds < 1 && this.samples?.includes(each.sample));
    const own = found && found.samples === known?.samples; // else it is about what was there before
    const like = own && found.more_like && found.taken_for ? found : null;
    write($('label-name'), label);
    write($('label-samples'), t('samples', { n: known?.samples ?? 0 }));
    write($('label-quality'), own ? quality(found) : t('not_judged'));
    this.drawFleet(page.robots ? ofLabel(page.robots, label) : []);
    $('label-like').hidden = !like;
    if (like) {
      showPicture($('label-like').firstElementChild, this.shown.source(`sample/${like.more_like}`));
      write($('label-like').lastElementChild, t('more_like', { label: like.taken_for }));
    }
    const doubted = new Set(doubtful.map(({ sample }) => sample));
    const others = (this.samples || []).filter((sample) => !doubted.has(sample));
    const drawn = JSON.stringify([label, doubtful, others]);
    if (drawn !== this.drawn) { this.drawn = drawn; this.fill(doubtful, others); }
    this.grid.draw();
    for (const row of $('label-doubtful').children) {
      showPicture(row.querySelector('img'), this.shown.source(`sample/${row.dataset.sample}`));
    }
    $('label-none').hidden = this.samples?.length !== 0;
    $('label-tools').hidden = page.hello.view_only || !this.grid.pressed.size;
  }

  // sentences: who taught it, what else it is called, who does not know it yet.
  drawFleet(sentences) {
    const drawn = JSON.stringify(sentences);
    if (drawn === this.fleet) return;
    this.fleet = drawn;
    $('label-fleet').replaceChildren(...sentences.map((each) => make('li', '', each)));
    $('label-fleet').hidden = !sentences.length;
  }

  fill(doubtful, others) {
    const focused = $('label-doubtful').contains(document.activeElement);
    $('label-doubtful').replaceChildren(...doubtful.map((each) => this.row(each)));
    $('label-doubtful-title').hidden = !doubtful.length;
    const of = others.length;
    this.grid.fill(others.map((sample, place) => ({ id: String(sample), name: `sample/${sample}`,
      words: t('taught_what_no_time', { n: place + 1, of, label: this.label }) })));
    if (focused) $('label-name').focus();
  }

  row({ sample, better }) {
    const row = make('li');
    row.dataset.sample = sample;
    row.appendChild(make('img')).alt = '';
    row.appendChild(make('p', '', t('looks_like', { label: better })));
    if (this.page.hello.view_only) return row;
    const move = row.appendChild(make('button', '', t('make_it', { label: better })));
    move.addEventListener('click', () => this.move(sample, better));
    const remove = row.appendChild(make('button', 'remove', t('remove')));
    remove.addEventListener('click', () => this.remove(sample));
    return row;
  }
}

// Samples are judged one by one, each as if it had not been taught.
function quality({ accuracy, looks, verdict }) {
  const of = Math.round(looks);
  const right = accuracy === null ? '' : t('right_in', { n: Math.round(accuracy * of), of });
  return [right, VERDICTS[verdict]?.()].filter(Boolean).join(' ');
}

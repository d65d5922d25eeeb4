// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// What the robot asks, one question on the screen: a tap on a picture leaves it out, one tap on a
// label teaches the others.

import { ask } from './ask.js';
import { $, make, write } from './dom.js';
import { note } from './feedback.js';
import { Grid } from './grid.js';
import { clock, t, when } from './texts.js';

const FRESH = 500; // ms for which a new question takes no answer: a finger may still be on the last

export class Inbox {
  constructor(page, requests, shown, picker) {
    Object.assign(this, { page, requests, shown, picker, current: null, since: 0,
      wanted: '' }); // a question that is to come next, once it is there
    this.answered = new Set(); // questions of which the robot has yet to say that they are gone
    this.grid = new Grid($('inbox-members'), shown, { changed: () => this.draw() });
    $('inbox-open').addEventListener('click', () => this.open());
    $('inbox-close').addEventListener('click', () => $('inbox').close());
    $('inbox-other').addEventListener('pointerdown', (event) => picker.touch(event));
    $('inbox-other').addEventListener('click', () => this.other());
    $('inbox-ignore').addEventListener('click', () => this.ignore());
    $('inbox-split').addEventListener('click', () => this.ask({ do: 'split' }));
    $('inbox-later').addEventListener('click', () => this.later());
    $('inbox').addEventListener('close', () => {
      this.current = null;
      if ($('inbox-open').hidden) $('menu-open').focus();
    });
  }

  get questions() {
    const { questions, hello } = this.page;
    return hello.view_only ? [] : (questions?.questions || []).filter(
      ({ id }) => !this.answered.has(id));
  }

  get waits() { return this.requests.waits(({ question, do: what }) => question && what !== 'pictures'); }

  get ready() {
    const { connected, status } = this.page;
    return Boolean(this.current && connected && status?.classifier && !this.waits
      && performance.now() - this.since > FRESH);
  }

  open() {
    note('quiet', '');
    $('inbox').showModal();
    this.show(this.questions[0] || null);
  }

  // What comes to a group while it is looked at is not taught with it: no one has seen it.
  show(question) {
    this.current = question;
    if (question?.id === this.wanted) this.wanted = '';
    this.since = performance.now();
    this.grid.pressed.clear();
    if (question) {
      this.shown.askAnew({ question: question.id });
      const of = question.members.length;
      this.grid.fill(question.members.map(({ id, time }, place) => ({ id,
        name: `${question.id}/${id}`, words: t('leave_out', { n: place + 1, of, at: clock(time) }) })));
      $('inbox-members').scrollTop = $('inbox-members').scrollLeft = 0;
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches) {
        $('inbox-body').animate([{ transform: 'translateX(48px)', opacity: 0.2 }, {}], 160);
      }
      setTimeout(() => this.draw(), FRESH + 20);
    }
    this.draw();
    $('inbox-what').focus();
  }

  place() { return this.questions.findIndex(({ id }) => id === this.current?.id); }

  later() {
    const next = this.questions[this.place() + 1];
    if (this.waits) return;
    note('quiet', '');
    if (next) this.show(next);
    else $('inbox').close();
  }

  // -- answers ------------------------------------------------------------------------------

  answer(label) {
    const { current, grid } = this;
    if (!this.ready) return;
    if (current.kind !== 'unknown') { this.ask({ do: 'answer', label }); return; }
    if (grid.pressed.size === grid.items.length) { note('wrong', t('all_left_out')); return; }
    const newest = this.questions[this.place()]?.members || [];
    const seen = new Set(grid.items.map(({ id }) => id));
    const unseen = newest.map(({ id }) => id).filter((id) => !seen.has(id));
    this.ask({ do: 'answer', label, without: [...grid.pressed, ...unseen] });
  }

  // A label is chosen for the question on the screen: it may be gone by then.
  other() {
    const { current } = this;
    if (!this.ready) return;
    this.picker.pick((label) => {
      if (this.current === current) this.answer(label);
      else note('wrong', t('question_gone'));
    }, $('inbox-what'));
  }

  // That cannot be undone.
  async ignore() {
    const { current } = this;
    if (!this.ready) return;
    const yes = await ask({ title: t('ignore_what'), text: t('ignore_text'), yes: t('ignore') });
    if (!yes) return;
    if (this.current === current) this.ask({ do: 'ignore' });
    else note('wrong', t('question_gone'));
  }

  ask(request) {
    if (!this.ready) return;
    this.requests.ask({ ...request, question: this.current.id });
    note('quiet', t('sending'));
    this.draw();
  }

  result({ level, message, taught, questions = [] }, { do: what, question, label }) {
    const wrong = level === 'ERROR';
    if (wrong) note('wrong', message);
    else if (what === 'split') note('saved', t('is_split'));
    else note('saved', what === 'ignore' ? t('ignored') : t('saved', { n: taught ?? 0, label }));
    const place = this.place();
    if (!wrong) this.answered.add(question);
    if (what === 'split' && !wrong) [this.wanted] = questions;
    if ($('inbox').open && this.current?.id === question && this.place() < 0) this.next(place);
  }

  next(place = 0) {
    const { questions } = this;
    this.show(questions.find(({ id }) => id === this.wanted) || questions[Math.max(place, 0)] || questions[0] || null);
  }

  // Called with what the robot asks now.
  follow() {
    const there = new Set(this.page.questions.questions.map(({ id }) => id));
    this.answered = new Set([...this.answered].filter((id) => there.has(id)));
    const gone = this.current && this.place() < 0 && !this.waits;
    const came = this.wanted && there.has(this.wanted);
    if ($('inbox').open && (gone || came || !this.current && this.questions.length)) this.next();
  }

  // -- drawing ------------------------------------------------------------------------------

  draw() {
    const { questions, current } = this;
    $('inbox-open').hidden = !questions.length;
    write($('inbox-count'), String(questions.length));
    write($('inbox-word'), t('questions_word', { n: questions.length }));
    if (!$('inbox').open) return;
    const n = this.place() + 1;
    write($('inbox-place'), n ? t('question_of', { n, of: questions.length }) : '');
    $('inbox-body').hidden = !current;
    write($('inbox-what'), !current ? t('no_questions') : current.kind === 'unknown'
      ? t('asks_unknown', { n: current.seen, at: when(current.first) }) : t('asks_doubt'));
    if (!current) return;
    this.grid.draw();
    const unknown = current.kind === 'unknown', of = this.grid.items.length;
    $('inbox-members').classList.toggle('one', !unknown);
    write($('inbox-left'), unknown ? t('left_in', { n: of - this.grid.pressed.size, of }) : '');
    $('inbox-split').hidden = !unknown || of < 2;
    this.drawLabels(unknown ? current.nearest.map(([label]) => label) : current.labels);
    for (const button of $('inbox-answers').querySelectorAll('button:not(#inbox-later)')) {
      button.setAttribute('aria-disabled', String(!this.ready));
    }
  }

  drawLabels(labels) {
    const drawn = JSON.stringify([this.current.id, labels]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    $('inbox-labels').replaceChildren(...labels.map((label) => {
      const button = make('button', '', label);
      button.dir = 'auto';
      button.addEventListener('click', () => this.answer(label));
      return button;
    }));
  }
}

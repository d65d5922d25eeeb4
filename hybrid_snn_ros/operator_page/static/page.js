// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The operator's page: what the robot says goes to the parts that draw it.

import { Aim } from './aim.js';
import { Changes } from './changes.js';
import { $, write } from './dom.js';
import { Editor } from './edit.js';
import { note } from './feedback.js';
import { Fleet } from './fleet.js';
import './keyboard.js';
import { Inbox } from './inbox.js';
import { LabelPage } from './label.js';
import { Link } from './link.js';
import { menu } from './menu.js';
import { Own } from './own.js';
import { Picker } from './picker.js';
import { drawSeen, Picture } from './picture.js';
import { Requests } from './requests.js';
import { Shown } from './shown.js';
import { Still } from './still.js';
import { sun } from './sun.js';
import { Surroundings } from './surroundings.js';
import { Taught } from './taught.js';
import { Teacher } from './teach.js';
import { loadTexts, t } from './texts.js';
import { Things } from './things.js';
import { Undo } from './undo.js';
import { drawThings, drawVerdict } from './verdict.js';

const REMEMBERED = 20; // stamps of answers
const DRAW_EVERY = 100; // ms; no one reads faster

const session = await fetch('session').then((r) => r.json()).catch(() => ({}));
await loadTexts(session.language);

const page = {
  connected: false, why: '', status: null, answer: null, picture: new Picture(),
  answered: [], // stamps that the classifier has too, newest first
  state: { version: 0, labels: [], history: [], recent: [], undo: null, redo: null, where: null },
  questions: null, quality: null, // an older classifier says nothing of them
  fleet: null, // what was told of it last
  get robots() { return this.status?.fleet ? this.fleet : null; }, // while it has a part in one
  points: false, // whether the robot finds things, or somebody draws boxes for it
  hello: { teach_rate: 5, view_only: false, enough: 5, classifier: '' },
};

const hear = {
  answer(message) { if (!page.picture.still) page.answer = message; },
  answered({ stamp }) { page.answered = [String(stamp), ...page.answered].slice(0, REMEMBERED); },
  things(message) { things.hear(message); },
  questions(message) { page.questions = message; inbox.follow(); refresh(); },
  quality(message) { page.quality = message; refresh(); },
  fleet(message) { page.fleet = message; refresh(); },
  shown({ name }) { shown.heard(name); },
  result(message) { requests.result(message); refresh(); },
  state(message) { page.state = message; follow(); refresh(); },
  status(message) { page.status = message; refresh(); },
  hello(message) { page.hello = { ...page.hello, ...message }; refresh(); },
};

const link = new Link('ws', {
  up() { page.connected = true; requests.resend(); refresh(); },
  down(why) {
    Object.assign(page, { connected: false, why, answer: null });
    page.picture.forget();
    if (!page.picture.still) things.forget();
    teacher.button.drop();
    refresh();
  },
  async picture(stamp, blob) {
    const first = !page.picture.stamp;
    await page.picture.draw(stamp, blob);
    if (first) refresh();
  },
  message(message) { hear[message.t]?.(message); },
});
const requests = new Requests(link, done);
const things = new Things(page, {
  changed: () => drawLive(),
  chosen() { if (things.chosen) own.clear(); teacher.button.drop(); refresh(); },
});
const own = new Own({
  allowed: () => page.points && !page.hello.view_only && !teacher.holding,
  began() { if (things.chosen) things.choose(null); },
  ended() { note('quiet', t('box_drawn')); refresh(); },
  beside,
});
const aim = new Aim(page, things, own);
const teacher = new Teacher(page, requests, aim, refresh);
const still = new Still(page, requests, aim, refresh);
const surroundings = new Surroundings(page, requests, aim);
const editor = new Editor(page, requests);
const undo = new Undo(page, requests, refresh);
const taught = new Taught(page, requests);
const picker = new Picker(page, teacher, editor, refresh);
const shown = new Shown(requests, () => { inbox.draw(); labelPage.draw(); });
const inbox = new Inbox(page, requests, shown, picker);
const labelPage = new LabelPage(page, requests, shown, picker);
const changes = new Changes(page, requests, {
  refresh,
  named(from, to) { if (teacher.label === from) teacher.choose(to); },
});
const fleet = new Fleet(page);
picker.look = (label) => labelPage.open(label);
menu({
  taps: { get: () => teacher.button.taps, set(on) { teacher.button.taps = on; refresh(); } },
  sun,
});

// The whole picture is meant again.
function beside() {
  if (!aim.pointed) return;
  own.clear();
  things.choose(null);
}

document.addEventListener('keydown', ({ key, target }) => {
  if (key === 'Escape' && !target.closest('dialog')) beside();
});

function done(result, request) {
  const wrong = result.level === 'ERROR';
  if (request.do === 'teach') {
    teacher.result(result);
    if (result.level === 'OK') still.taught(request);
  } else if (request.do === 'hold') {
    if (wrong && still.on) { still.end(); note('wrong', result.message); }
  } else if (['complete', 'empty'].includes(request.do)) {
    if (!wrong && still.on) still.end();
    note(wrong ? 'wrong' : 'saved', wrong ? result.message : surroundings.done(request));
  } else if (['answer', 'ignore', 'split'].includes(request.do)) {
    inbox.result(result, request);
  } else if (request.do === 'pictures') {
    shown.result(result, request);
    if (request.label) labelPage.result(result, request);
  } else if (request.do === 'relabel') {
    note(wrong ? 'wrong' : 'saved', wrong ? result.message : t('done_relabel', request));
  } else if (['changes', 'take_back', 'put_back'].includes(request.do)) {
    changes.result(result, request);
  } else if (request.change !== undefined) {
    undo.result(result, request);
  } else if (wrong) {
    note('wrong', request.do === 'undo' ? t('gone_already') : result.message);
  } else {
    note('saved', editor.done(result, request) || t('removed', { label: result.label }));
  }
}

// The label that is chosen stays the same thing when it gets another name, by whoever.
function follow() {
  const { labels, undo: did, redo: undid } = page.state;
  const news = page.version !== undefined && page.version !== page.state.version;
  page.version = page.state.version;
  undo.follow();
  changes.follow();
  if (!news) return;
  labelPage.follow();
  const there = (name) => labels.some(({ label }) => label === name);
  const now = teacher.label;
  if (now && !there(now)) {
    if (['rename', 'merge'].includes(did?.what) && did.label === now) teacher.choose(did.to);
    else if (undid?.what === 'rename' && undid.to === now) teacher.choose(undid.label);
    else if (did?.what === 'forget' && did.label === now) teacher.choose('');
  } else if (!now && undid?.what === 'forget') {
    teacher.choose(undid.label);
  }
}

function trouble() {
  if (!page.connected) return page.why || t('lost');
  if (!page.status) return '';
  if (!page.status.classifier) return t('no_classifier');
  if (!page.status.camera) return t('no_camera');
  return page.status.trouble;
}

const whole = () => page.connected && page.status?.classifier && page.status.camera;

function refresh() {
  const words = trouble();
  write($('banner'), words);
  $('banner').hidden = !words;
  $('state').dataset.state = !whole() ? 'lost' : words ? 'trouble' : 'live';
  write($('state-name'), page.hello.classifier);
  write($('state-word'), !whole() ? t('not_live')
    : page.hello.view_only ? t('view_only') : still.on ? t('stands_still') : words ? t('trouble') : t('live'));
  if (!whole()) page.answer = null;
  still.draw();
  surroundings.draw();
  teacher.draw();
  undo.draw();
  taught.draw();
  picker.draw();
  inbox.draw();
  labelPage.draw();
  changes.draw();
  fleet.draw();
  drawLive();
}

function drawLive() {
  things.draw();
  if (!page.points && (page.state.where?.on || things.any)) { page.points = true; refresh(); }
  const live = document.querySelector('.live').classList;
  live.toggle('stale', page.picture.stale);
  live.toggle('points', page.points);
  live.toggle('pointing', things.any);
  live.toggle('aimed', aim.pointed);
  if (page.answer?.seen !== page.seen) drawSeen(page.seen = page.answer?.seen);
  const { labels } = page.state;
  const boxes = things.any || things.chosen;
  if (boxes && !own.box) drawThings(things.shown, things.chosen?.thing, labels);
  else drawVerdict(own.box ? null : page.answer, labels);
}

setInterval(drawLive, DRAW_EVERY);

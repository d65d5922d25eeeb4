// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The operator's page: what the robot says goes to the parts that draw it.

import { $, write } from './dom.js';
import { Editor } from './edit.js';
import { note } from './feedback.js';
import './keyboard.js';
import { Link } from './link.js';
import { menu } from './menu.js';
import { Picker } from './picker.js';
import { drawSeen, Picture } from './picture.js';
import { Requests } from './requests.js';
import { sun } from './sun.js';
import { Taught } from './taught.js';
import { Teacher } from './teach.js';
import { loadTexts, t } from './texts.js';
import { Undo } from './undo.js';
import { drawVerdict } from './verdict.js';

const REMEMBERED = 20; // stamps of answers
const DRAW_EVERY = 100; // ms; no one reads faster

const session = await fetch('session').then((r) => r.json()).catch(() => ({}));
await loadTexts(session.language);

const page = {
  connected: false, why: '', status: null, answer: null, picture: new Picture(),
  answered: [], // stamps that the classifier has too, newest first
  state: { labels: [], history: [], recent: [], undo: null, redo: null },
  hello: { teach_rate: 5, view_only: false, enough: 5, classifier: '' },
};

const hear = {
  answer(message) { page.answer = message; },
  answered({ stamp }) { page.answered = [String(stamp), ...page.answered].slice(0, REMEMBERED); },
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
const teacher = new Teacher(page, requests, refresh);
const editor = new Editor(page, requests);
const undo = new Undo(page, requests, refresh);
const taught = new Taught(page, requests);
const picker = new Picker(page, teacher, editor, refresh);
menu({
  taps: { get: () => teacher.button.taps, set(on) { teacher.button.taps = on; refresh(); } },
  sun,
});

function done(result, request) {
  if (request.do === 'teach') teacher.result(result);
  else if (request.change !== undefined) undo.result(result, request);
  else if (result.level === 'ERROR') {
    note('wrong', request.do === 'undo' ? t('gone_already') : result.message);
  } else {
    note('saved', editor.done(result, request) || t('removed', { label: result.label }));
  }
}

// The label that is chosen stays the same thing when it gets another name, by whoever.
function follow() {
  const { labels, undo: did, redo: undid } = page.state;
  const change = `${did?.change} ${undid?.change}`;
  const news = page.change && page.change !== change;
  page.change = change;
  undo.follow();
  if (!news) return;
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
    : page.hello.view_only ? t('view_only') : words ? t('trouble') : t('live'));
  if (!whole()) page.answer = null;
  teacher.draw();
  undo.draw();
  taught.draw();
  picker.draw();
  drawLive();
}

function drawLive() {
  document.querySelector('.live').classList.toggle('stale', page.picture.stale);
  if (page.answer?.seen !== page.seen) drawSeen(page.seen = page.answer?.seen);
  drawVerdict(page.answer, page.state.labels);
}

setInterval(drawLive, DRAW_EVERY);

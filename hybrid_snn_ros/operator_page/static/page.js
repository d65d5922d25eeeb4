// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The operator's page: what is seen, what it is called, what is wrong.

import { Link } from './link.js';
import { Picker } from './picker.js';
import { Teacher } from './teach.js';
import { loadTexts, percent, t } from './texts.js';

const $ = (id) => document.getElementById(id);
const REMEMBERED = 20; // pictures
const ANSWER_EVERY = 100; // ms; nobody reads faster

const session = await fetch('session').then((r) => r.json()).catch(() => ({}));
await loadTexts(session.language);

const page = {
  connected: false, status: null, answer: null, seen: null,
  shown: [], answered: [], // newest first: what was on the screen, what the classifier has too
  state: { labels: [], history: [], recent: [] }, hello: { teach_rate: 5, view_only: false },
};

const link = new Link('ws', {
  up: () => { page.connected = true; teacher.resend(); refresh(); },
  down: () => { page.connected = false; page.seen = null; page.shown = []; teacher.release(); refresh(); },
  picture: draw,
  message(message) {
    if (message.t === 'answer') page.answer = message;
    else if (message.t === 'answered') {
      page.answered = [String(message.stamp), ...page.answered].slice(0, REMEMBERED);
    } else if (message.t === 'result') teacher.result(message);
    else if (message.t === 'state') { page.state = message; refresh(); }
    else if (message.t === 'status') { page.status = message; refresh(); }
    else if (message.t === 'hello') { page.hello = message; refresh(); }
  },
});
const teacher = new Teacher(page, link, refresh);
const picker = new Picker(page, teacher, refresh);

async function draw(stamp, blob) {
  const bitmap = await createImageBitmap(blob);
  const canvas = $('picture');
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
  }
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
  bitmap.close();
  const first = !page.seen;
  page.seen = stamp;
  page.shown = [{ stamp, at: performance.now() }, ...page.shown].slice(0, REMEMBERED);
  if (first) refresh();
}

setInterval(() => {
  const answer = page.answer;
  if (!answer || answer === page.drawn) return;
  page.drawn = answer;
  $('verdict').dataset.kind = answer.unknown ? 'unknown' : 'known';
  $('verdict-label').textContent = answer.unknown ? t('unknown') : answer.label;
  $('verdict-score').textContent = percent(answer.score);
  const rows = answer.ranked.slice(0, 3).map(([label, score]) => [label, score, false]);
  if (answer.unknown) rows.unshift([t('unknown'), answer.score, true]);
  [...$('answers').children].forEach((row, place) => {
    const [label, score, unknown] = rows[place] || ['', 0, false];
    row.classList.toggle('unknown', unknown);
    row.querySelector('.name').textContent = label;
    row.querySelector('.percent').textContent = label && percent(score);
    row.querySelector('.bar').firstChild.style.width = `${100 * score}%`;
  });
}, ANSWER_EVERY);

function trouble() {
  if (!page.connected) return t('lost');
  if (!page.status) return '';
  if (!page.status.classifier) return t('no_classifier');
  if (!page.status.camera) return t('no_camera');
  return page.status.trouble;
}

function refresh() {
  const words = trouble();
  if ($('banner').textContent !== words) $('banner').textContent = words;
  $('banner').hidden = !words;
  document.querySelector('.live').classList.toggle(
    'stale', !page.connected || !page.status?.camera);
  if (words && !(page.connected && page.status?.classifier && page.status.camera)) {
    $('verdict').dataset.kind = 'none';
    page.answer = null;
  }
  $('viewing').hidden = !page.hello.view_only;
  teacher.draw();
  picker.draw();
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Hold to teach. Every frame is a request with an id and the stamp of the picture that was on the
// screen; it is sent again until acknowledged, and the robot counts it once.

import { t } from './texts.js';

const $ = (id) => document.getElementById(id);
const HOLD = 350; // ms after which a tap is a hold
const FRESH = 700; // ms for which a picture is still what the operator sees
const PATIENCE = 2000; // ms a tap waits for a picture that can be taught
const AGAIN = 2000; // ms after which an unacknowledged request is sent once more
const ARMED = 3000; // ms in which the second tap removes a thumbnail
const client = crypto.getRandomValues(new Uint32Array(2)).reduce((s, n) => s + n.toString(36), '');

export class Teacher {
  constructor(page, link, refresh) {
    Object.assign(this, { page, link, refresh, label: localStorage.getItem('label') || '' });
    this.pending = new Map(JSON.parse(sessionStorage.getItem('pending') || '[]'));
    this.number = 0;
    this.press = null; // {name, label, sent, saved, skipped, failed, since, last}
    this.holding = false;
    this.thumbs = new Map();
    const button = $('teach');
    button.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      button.setPointerCapture(event.pointerId);
      this.hold();
    });
    for (const kind of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur']) {
      button.addEventListener(kind, () => this.release());
    }
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    button.addEventListener('keydown', (event) => {
      if (event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      if (!event.repeat) this.hold();
    });
    button.addEventListener('keyup', (event) => {
      if (event.key === ' ' || event.key === 'Enter') this.release();
    });
    // A screen reader's click comes without pointer or key: one frame.
    button.addEventListener('click', (event) => {
      if (event.detail === 0 && !this.holding) { this.hold(); this.release(); }
    });
    document.addEventListener('visibilitychange', () => this.release());
    $('undo').addEventListener('click', () => this.undo());
    setInterval(() => this.step(), 40);
    setInterval(() => this.resend(AGAIN), 500);
  }

  get ready() {
    const { connected, status, seen, hello } = this.page;
    return connected && status?.classifier && status.camera && seen && !hello.view_only;
  }

  choose(label) {
    this.label = label;
    localStorage.setItem('label', label);
    this.refresh();
  }

  // -- hold and release ---------------------------------------------------------------------

  hold() {
    if (this.page.hello.view_only) return;
    if (!this.label) { $('choose').click(); return; }
    if (!this.ready) { this.note('wrong', t('not_now')); return; }
    this.number += 1;
    this.press = { name: `${client}.${this.number}`, label: this.label, sent: 0, saved: 0,
      skipped: 0, failed: '', since: performance.now(), last: '', next: 0 };
    this.holding = true;
    this.step();
  }

  release() {
    if (!this.holding) return;
    this.holding = false;
    this.draw();
  }

  // The newest picture of the screen that the classifier has answered: others it may never have.
  get teachable() {
    const { shown, answered } = this.page;
    const found = shown.find(({ stamp }) => answered.includes(String(stamp)));
    return found && performance.now() - found.at < FRESH ? found.stamp : null;
  }

  // One frame at once, more only while it is held; never the same picture twice.
  step() {
    const press = this.press;
    if (!press || !this.ready || (!this.holding && press.sent)) return;
    const now = performance.now();
    if (!this.holding && now > press.since + PATIENCE) {
      press.sent = -1;
      this.note('wrong', t('not_now'));
      return;
    }
    const stamp = this.teachable;
    if (press.sent && (now < press.since + HOLD || now < press.next)) return;
    if (!stamp || String(stamp) === press.last) return;
    press.last = String(stamp);
    press.next = now + 1000 / this.page.hello.teach_rate;
    this.ask({ do: 'teach', id: `${press.name}.${press.sent}`, label: press.label, stamp });
    press.sent += 1;
    this.draw();
  }

  // -- requests ---------------------------------------------------------------------------------

  ask(request) {
    this.pending.set(request.id, { request, at: performance.now() });
    this.keep();
    this.link.send(request);
  }

  id() { this.number += 1; return `${client}.${this.number}.0`; }

  keep() { sessionStorage.setItem('pending', JSON.stringify([...this.pending])); }

  resend(after = -Infinity) {
    const now = performance.now();
    for (const entry of this.pending.values()) {
      if (now - entry.at > after && this.link.send(entry.request)) entry.at = now;
    }
  }

  result(result) {
    const entry = this.pending.get(result.id);
    if (!entry) return;
    this.pending.delete(result.id);
    this.keep();
    const press = this.press;
    if (press && result.id.startsWith(`${press.name}.`)) {
      if (result.level === 'OK') press.saved += 1;
      else if (result.level === 'WARN') press.skipped += 1;
      else press.failed = result.message;
      this.tellPress();
      if (result.level === 'OK') navigator.vibrate?.(15);
    } else if (result.level === 'ERROR') {
      this.note('wrong', result.message);
    } else if (entry.request.do !== 'teach') {
      const { label = result.label, to = '' } = entry.request;
      if (entry.request.do === 'rename' && this.label === label) this.choose(to);
      if (entry.request.do === 'forget' && this.label === label) this.choose('');
      this.note('saved', t(`done_${entry.request.do}`, { label, to }));
    }
    this.draw();
  }

  tellPress() {
    const { label, sent, saved, skipped, failed } = this.press;
    const parts = [];
    if (saved) parts.push(t('saved', { n: saved, label }));
    if (skipped) parts.push(t('skipped', { n: skipped }));
    if (failed) { this.note('wrong', [...parts, failed].join(' · ')); return; }
    const waiting = sent - saved - skipped;
    if (waiting > 0) parts.push(t('waiting', { n: waiting }));
    this.note(waiting > 0 || !saved ? 'quiet' : 'saved', parts.join(' · '));
  }

  note(kind, words) {
    $('note').dataset.kind = kind;
    if ($('note').textContent !== words) $('note').textContent = words;
  }

  // -- taking back ------------------------------------------------------------------------------

  // The last press as a whole, whichever phone it came from; without one, the last change.
  undo() {
    const { history } = this.page.state;
    if (!history.length) { this.ask({ do: 'undo', id: this.id() }); return; }
    for (const item of history.filter((each) => each.press === history[0].press)) {
      this.remove(item);
    }
  }

  remove(item) { this.ask({ do: 'undo', id: this.id(), sample: item.sample }); }

  // -- drawing ----------------------------------------------------------------------------------

  draw() {
    const { state, hello } = this.page;
    const button = $('teach');
    button.classList.toggle('on', this.holding);
    button.setAttribute('aria-disabled', String(!this.ready));
    button.disabled = hello.view_only;
    button.querySelector('.big').textContent = this.holding ? this.press.sent
      : this.label ? t('teach', { label: this.label }) : t('choose_first');
    button.querySelector('.small').textContent = this.holding ? this.press.label
      : this.label ? t('teach_help') : t('choose_help');
    if (this.press?.sent > 0 && (this.holding || this.press.sent > this.press.saved + this.press.skipped)) {
      this.tellPress();
    }
    const last = state.history[0];
    const count = last ? state.history.filter((each) => each.press === last.press).length : 0;
    $('undo').setAttribute('aria-label', last
      ? t('undo_what', { n: count, label: last.label }) : t('undo_last'));
    $('undo').title = $('undo').getAttribute('aria-label');
    $('undo').disabled = hello.view_only || !this.page.connected;
    this.drawTaught(state.history, hello.view_only);
  }

  drawTaught(history, viewOnly) {
    $('taught-none').hidden = history.length > 0;
    const numbers = new Set(history.map((item) => item.number));
    for (const [number, row] of this.thumbs) {
      if (!numbers.has(number)) { row.remove(); this.thumbs.delete(number); }
    }
    history.forEach((item, place) => {
      let row = this.thumbs.get(item.number);
      if (!row) { row = this.thumb(item); this.thumbs.set(item.number, row); }
      row.item = item;
      const button = row.firstChild;
      button.disabled = viewOnly;
      button.setAttribute('aria-label', t('remove_what', { label: item.label }));
      button.querySelector('.name').textContent = item.label;
      if ($('taught').children[place] !== row) {
        $('taught').insertBefore(row, $('taught').children[place] || null);
      }
    });
  }

  thumb(item) {
    const row = document.createElement('li');
    const button = row.appendChild(document.createElement('button'));
    button.type = 'button';
    button.dataset.armed = t('remove');
    if (item.picture) {
      const image = button.appendChild(document.createElement('img'));
      image.alt = '';
      image.src = `thumbnail/${item.number}`;
    }
    const name = button.appendChild(document.createElement('span'));
    name.className = 'name';
    name.dir = 'auto';
    button.append(cross());
    button.addEventListener('click', () => {
      if (button.classList.contains('armed')) { this.remove(row.item); return; }
      button.classList.add('armed');
      this.note('quiet', t('remove_again', { label: row.item.label }));
      setTimeout(() => button.classList.remove('armed'), ARMED);
    });
    return row;
  }
}

function cross() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'cross');
  svg.setAttribute('aria-hidden', 'true');
  svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'path'))
    .setAttribute('d', 'M5 5l14 14M19 5L5 19');
  return svg;
}

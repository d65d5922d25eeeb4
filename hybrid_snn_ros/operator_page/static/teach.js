// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Teaching: every frame is a request with an id and the stamp of the picture that was on the
// screen; the robot counts it once. All frames of one press are one change.

import { $, write } from './dom.js';
import { calm, flash, note } from './feedback.js';
import { Hold } from './hold.js';
import { device } from './store.js';
import { t } from './texts.js';

const HOLD = 350; // ms after which a tap is a hold
const PATIENCE = 2000; // ms a tap waits for a picture that can be taught

export class Teacher {
  constructor(page, requests, aim, refresh) {
    Object.assign(this, { page, requests, aim, refresh, label: device.get('label') || '' });
    // {name, label, sent, saved, skipped, failed, since, last, next, lost}
    this.press = null;
    this.button = new Hold($('teach'), () => this.begin(), () => this.draw());
    setInterval(() => this.step(), 40);
  }

  get ready() {
    const { connected, status, picture, hello } = this.page;
    return Boolean(connected && status?.classifier && status.camera && picture.stamp
      && !hello.view_only);
  }

  get holding() { return this.button.held; }

  choose(label) {
    if (label !== this.label) this.button.drop();
    this.label = label;
    device.set('label', label);
    this.refresh();
  }

  begin() {
    if (this.page.hello.view_only) return false;
    if (!this.label) { $('choose').click(); return false; }
    calm();
    if (!this.ready) { note('wrong', t('not_now')); return false; }
    if (this.aim.awaited) { note('wrong', t('draw_first')); return false; }
    this.press = { name: this.requests.name(), label: this.label, sent: 0, saved: 0,
      skipped: 0, failed: '', since: performance.now(), last: '', next: 0, lost: false };
    note('quiet', t('sending'));
    setTimeout(() => { this.draw(); this.step(); }); // the button knows by then that it is held
    return true;
  }

  // One frame at once, more only while it is held; never the same picture twice.
  step() {
    const press = this.press;
    if (!press || !this.ready || (!this.holding && press.sent)) return;
    const now = performance.now();
    if (!this.holding && now > press.since + PATIENCE) {
      press.sent = -1;
      note('wrong', this.aim.lost ? t('lost_long') : t('not_now'));
      return;
    }
    this.pause();
    const aim = this.aim.next;
    if (press.sent && (now < press.since + HOLD || now < press.next)) return;
    if (!aim || String(aim.stamp) === press.last) return;
    press.last = String(aim.stamp);
    press.next = now + 1000 / this.page.hello.teach_rate;
    this.requests.ask({ do: 'teach', label: press.label, ...aim, press: press.name },
      `${press.name}.${press.sent}`);
    press.sent += 1;
    this.tell();
    this.draw();
  }

  // The thing that is being taught is out of sight, or there again.
  pause() {
    const { press } = this;
    if (press.lost === this.aim.lost) return;
    press.lost = this.aim.lost;
    if (press.lost) flash('skipped', t('lost_it'));
    else calm();
  }

  result(result) {
    const press = this.press;
    if (!press || !result.id.startsWith(`${press.name}.`)) return;
    if (result.level === 'OK') {
      press.saved += 1;
      flash('saved', `+${press.saved}`);
    } else if (result.level === 'WARN') {
      press.skipped += 1;
      flash('skipped', t('too_alike'));
    } else {
      press.failed = result.message;
    }
    this.tell();
    this.draw();
  }

  tell() {
    const { label, sent, saved, skipped, failed } = this.press;
    const parts = [];
    if (saved) parts.push(t('saved', { n: saved, label }));
    if (skipped) parts.push(saved ? t('skipped', { n: skipped }) : t('nothing_saved'));
    const waiting = sent - saved - skipped;
    if (failed) note('wrong', [...parts, failed].join(' · '));
    else if (waiting > 0) note('quiet', [...parts, t('waiting', { n: waiting })].join(' · '));
    else note(saved ? 'saved' : 'skipped', parts.join(' · '));
  }

  get help() {
    if (this.aim.awaited && this.page.state.where?.on) return t('teach_help_drawn');
    if (this.page.picture.still) return t('teach_help_still');
    return this.button.taps ? t('teach_help_taps') : t('teach_help');
  }

  draw() {
    const { view_only: viewOnly } = this.page.hello;
    const { press } = this;
    const button = $('teach');
    button.classList.toggle('on', this.holding);
    button.setAttribute('aria-disabled', String(!this.ready));
    button.disabled = viewOnly;
    const [big, small] = this.holding ? [press.saved, t('holding', { label: press.label })]
      : this.label ? [this.aim.words(this.label), this.help]
        : [t('choose_first'), t('choose_help')];
    write($('teach-big'), String(big));
    write($('teach-help'), small);
  }
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The connection to the robot: PIN, WebSocket, recovery. It says what happens by calling `on`.

import { t } from './texts.js';

const SILENCE = 4000; // ms without a sign of life after which the connection counts as gone
const $ = (id) => document.getElementById(id);

export class Link {
  constructor(path, on) {
    this.path = path;
    this.on = on; // {message, picture, up, down}
    this.wait = 250;
    this.heard = 0;
    document.addEventListener('visibilitychange', () => this.watch());
    addEventListener('online', () => this.connect());
    setInterval(() => {
      if (this.socket && performance.now() - this.heard > SILENCE) this.lost();
    }, 500);
    this.connect();
  }

  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  get open() { return this.socket?.readyState === WebSocket.OPEN; }

  // Nobody looks at a hidden page: the robot need not make pictures for it.
  watch() { this.send({ do: document.hidden ? 'rest' : 'watch' }); }

  async connect() {
    if (this.socket || this.connecting) return;
    this.connecting = true;
    clearTimeout(this.timer);
    try {
      const session = await (await fetch('session', { signal: AbortSignal.timeout(5000) })).json();
      if (!session.open) await this.login();
      this.start();
    } catch {
      this.again();
    } finally {
      this.connecting = false;
    }
  }

  start() {
    // Relative to this page, as every path is: a proxy may have put a prefix before it.
    const url = new URL(this.path, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.heard = performance.now();
    socket.onopen = () => { this.wait = 250; this.watch(); this.on.up(); };
    socket.onclose = () => { if (this.socket === socket) this.lost(); };
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.heard = performance.now();
      if (typeof event.data === 'string') this.on.message(JSON.parse(event.data));
      else this.picture(event.data);
    };
  }

  async picture(data) {
    const view = new DataView(data);
    const stamp = [view.getUint32(0), view.getUint32(4)];
    try {
      await this.on.picture?.(stamp, new Blob([new Uint8Array(data, 8)], { type: 'image/jpeg' }));
    } finally {
      this.send({ do: 'drawn' });
    }
  }

  lost() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.on.down();
    this.again();
  }

  again() {
    this.on.down();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 1.7, 3000);
  }

  // Ends when the robot has let us in.
  async login() {
    const given = new URLSearchParams(location.hash.slice(1)).get('pin');
    if (given) {
      history.replaceState(null, '', location.pathname + location.search);
      sessionStorage.setItem('pin', given); // for the next start of the robot's page
    }
    const kept = sessionStorage.getItem('pin');
    if (kept && (await this.enter(kept)).ok) return;
    sessionStorage.removeItem('pin');
    const dialog = $('login');
    if (!dialog.open) dialog.showModal();
    dialog.oncancel = (event) => event.preventDefault();
    await new Promise((resolve) => {
      $('login-form').onsubmit = async (event) => {
        event.preventDefault();
        const pin = $('pin').value.trim();
        const answer = await this.enter(pin);
        if (answer.ok) {
          sessionStorage.setItem('pin', pin);
          dialog.close();
          resolve();
        } else {
          $('login-note').textContent = answer.offline ? t('lost')
            : answer.wait ? t('pin_wait', { n: answer.wait }) : t('pin_wrong');
          $('pin').select();
        }
      };
    });
  }

  async enter(pin) {
    try {
      const response = await fetch('login', { method: 'POST', body: JSON.stringify({ pin }) });
      if (response.ok) return { ok: true };
      return { ok: false, wait: (await response.json()).wait };
    } catch {
      return { ok: false, offline: true };
    }
  }
}

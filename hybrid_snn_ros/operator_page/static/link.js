// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The connection to the robot: WebSocket, recovery. It says what happens by calling `on`.

import { login } from './login.js';
import { t } from './texts.js';

const SILENCE = 4000; // ms without a sign of life after which the connection counts as gone

export class Link {
  constructor(path, on) {
    this.path = path;
    this.on = on; // {message, picture, up, down}; down takes the reason, in words
    this.wait = 250;
    this.closed = 0; // times in a row that the robot answered and the WebSocket did not open
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

  // No one looks at a hidden page: the robot need not make pictures for it.
  watch() { this.send({ do: document.hidden ? 'rest' : 'watch' }); }

  async connect() {
    if (this.socket || this.connecting) return;
    this.connecting = true;
    clearTimeout(this.timer);
    try {
      // By POST, with which a browser says whose page asks.
      const answer = await fetch('session', { method: 'POST', signal: AbortSignal.timeout(5000) });
      if (answer.status === 403) {
        this.again(t('foreign', { url: location.origin + location.pathname.replace(/[^/]*$/, '') }));
        return;
      }
      const session = await answer.json();
      if (!session.open) await login(session);
      if (session.full) this.again(t('full', { n: session.full }));
      else this.start();
    } catch {
      this.closed = 0;
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
    this.closed += 1;
    socket.onopen = () => { this.wait = 250; this.closed = 0; this.watch(); this.on.up(); };
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
    this.again(this.closed > 2 ? t('no_socket') : t('lost'));
  }

  again(why = t('lost')) {
    this.on.down(why);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 1.7, 3000);
  }
}

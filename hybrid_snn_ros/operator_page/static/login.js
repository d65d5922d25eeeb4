// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The PIN: out of the address bar, kept in the tab, asked for when there is none or a wrong one.

import { $ } from './dom.js';
import { tab } from './store.js';
import { t } from './texts.js';

// The first thing that happens on the page, whether a PIN is wanted or not.
function take() {
  const hash = new URLSearchParams(location.hash.slice(1));
  if (!hash.has('pin')) return false;
  history.replaceState(null, '', location.pathname + location.search);
  if (hash.get('pin')) tab.set('pin', hash.get('pin')); // also for the next start of the robot
  return true;
}
take();
addEventListener('hashchange', () => { if (take()) location.reload(); });

// Ends when the robot has let us in; throws where there is no connection.
export async function login({ digits }) {
  const kept = tab.get('pin');
  if (kept) {
    const answer = await enter(kept);
    if (answer.ok) return;
    if (answer.offline) throw new Error('offline');
    $('login-note').textContent = words(answer);
    tab.drop('pin');
  }
  const dialog = $('login');
  let done = false;
  $('pin').inputMode = digits ? 'numeric' : 'text';
  // Without a PIN there is nothing behind this question, so neither Escape nor "back" closes it.
  dialog.oncancel = (event) => event.preventDefault();
  dialog.onclose = () => { if (!done) dialog.showModal(); };
  if (!dialog.open) dialog.showModal();
  await new Promise((resolve) => {
    $('login-form').onsubmit = async (event) => {
      event.preventDefault();
      const pin = $('pin').value.trim();
      const answer = await enter(pin);
      if (answer.ok) {
        tab.set('pin', pin);
        done = true;
        dialog.close();
        resolve();
      } else {
        $('login-note').textContent = words(answer);
        $('pin').select();
      }
    };
  });
}

function words(answer) {
  if (answer.offline) return t('lost');
  if (answer.forgotten) return t('no_cookies');
  return answer.wait ? t('pin_wait', { n: answer.wait }) : t('pin_wrong');
}

async function enter(pin) {
  try {
    const response = await fetch('login', { method: 'POST', body: JSON.stringify({ pin }) });
    if (!response.ok) return { wait: (await response.json()).wait };
    // A browser that keeps no cookie was let in and is out again.
    return (await (await fetch('session')).json()).open ? { ok: true } : { forgotten: true };
  } catch {
    return { offline: true };
  }
}

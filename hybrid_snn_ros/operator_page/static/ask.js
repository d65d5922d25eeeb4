// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// One question before something is done.

import { $, write } from './dom.js';
import { bytes, MAX_BYTES, tidy } from './names.js';
import { t } from './texts.js';

// Resolves to the text typed, true, or null when it was called off.
export function ask({ title, text = '', yes, input = null, danger = false }) {
  const field = $('ask-input');
  const check = () => {
    const size = bytes(tidy(field.value));
    write($('ask-note'), input !== null && size > MAX_BYTES
      ? t('too_long', { n: size, limit: MAX_BYTES }) : '');
    return !$('ask-note').textContent && (input === null || tidy(field.value));
  };
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  $('ask-yes').textContent = yes;
  $('ask-yes').classList.toggle('danger', danger);
  field.hidden = input === null;
  field.value = input ?? '';
  field.setAttribute('aria-label', title);
  field.oninput = check;
  field.onkeydown = (event) => {
    if (event.key === 'Enter') { event.preventDefault(); $('ask-yes').click(); }
  };
  $('ask-yes').onclick = (event) => { if (!check()) event.preventDefault(); };
  check();
  $('ask').returnValue = '';
  $('ask').showModal();
  if (input !== null) field.select();
  return new Promise((resolve) => {
    $('ask').onclose = () => resolve($('ask').returnValue !== 'yes' ? null
      : input === null || tidy(field.value));
  });
}

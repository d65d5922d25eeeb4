// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// How well a label is known: a sign with a form of its own, and words that say what to do.

import { make } from './dom.js';
import { t } from './texts.js';

const WORDS = {
  few: ({ samples, enough }) => t('few', { n: samples, enough }),
  unjudged: ({ samples }) => `${t('samples', { n: samples })} · ${t('unjudged')}`,
  enough: ({ samples }) => `${t('enough')} · ${t('samples', { n: samples })}`,
  confused: ({ with: label }) => t('confused', { label }),
};

// Writes the sign and the words of an entry of the state's labels into two nodes.
export function drawLight(sign, detail, entry, enough) {
  sign.dataset.light = entry.light;
  const words = make('span', '', (WORDS[entry.light] || WORDS.unjudged)({ ...entry, enough }));
  detail.replaceChildren(...(entry.light === 'few' ? [dots(entry.samples, enough)] : []), words);
}

// One dot for each sample that is wanted, the ones that are there filled.
function dots(samples, enough) {
  const row = make('span', 'dots');
  row.setAttribute('aria-hidden', 'true');
  for (let dot = 0; dot < enough; dot += 1) {
    row.appendChild(make('i', dot < samples ? 'full' : ''));
  }
  return row;
}

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// What the robot says of the picture: its name in large letters, and what else it might be.

import { $, write } from './dom.js';
import { percent, t } from './texts.js';

const SETTLED = 1000; // ms for which a verdict must stand before it is spoken
const WORTH_SAYING = 0.005; // less is "0 %"

const FEWEST = 3; // samples of labels with several, by which strangers can be told
const NAMELESS = ['other', 'nothing'];

let drawn = null, since = 0, spoken = '';

// labels: [{label, samples}], as which things are known.
export function drawVerdict(answer, labels) {
  if (answer === drawn) { speak(sees()); return; }
  drawn = answer;
  if (!answer) {
    $('verdict').dataset.kind = 'none';
    drawOthers([]);
    return;
  }
  const name = answer.unknown ? t('unknown') : answer.label;
  if ($('verdict-label').textContent !== name) since = performance.now();
  $('verdict').dataset.kind = answer.unknown ? 'unknown' : 'known';
  write($('verdict-label'), name);
  // How little it is known is no figure that can be set beside the scores of labels.
  write($('verdict-score'), answer.unknown ? '' : percent(answer.score));
  drawOthers(answer.unknown ? why(answer) : others(answer, labels));
  speak(sees());
}

const sees = () => drawn && t('sees', { label: $('verdict-label').textContent });

// The boxes have their names, and large letters would cover some of them: a line below says the rest.
// That is of the chosen thing what else it might be, or of all things what they are.
export function drawThings(things, chosen, labels) {
  const unknown = things.filter((thing) => thing.unknown).length;
  const known = things.filter((thing) => !thing.unknown).map(({ label }) => label);
  const words = !chosen
    ? [...known, ...(unknown ? [t('so_many_unknown', { n: unknown })] : [])].join(', ')
    : chosen.unknown ? t('unknown_thing') : chosen.label;
  if ($('verdict-label').textContent !== words) since = performance.now();
  $('verdict').dataset.kind = 'none';
  write($('verdict-label'), words);
  drawn = undefined;
  if (!chosen) drawOthers([[words, null]]);
  else if (chosen.unknown) drawOthers(why(chosen));
  else drawOthers([[chosen.label, chosen.score], ...others(chosen, labels)].slice(0, 2));
  speak(t('sees', { label: words }));
}

function why({ reason, ranked }) {
  if (reason === 'other') return [[t('as_other'), null]];
  if (reason === 'nothing') return [[t('as_nothing'), null]];
  return ranked.slice(0, 1).map(([label]) => [t('nearest', { label }), null]);
}

function others({ label: said, ranked }, labels) {
  const rows = ranked.filter(([label, score]) => label !== said && score > WORTH_SAYING);
  if (rows.length) return rows.slice(0, 2);
  const telling = labels.filter(({ label, samples }) => samples > 1 && !NAMELESS.includes(label))
    .reduce((sum, { samples }) => sum + samples, 0);
  return [[telling < FEWEST ? t('no_strangers_yet') : t('nothing_near'), null]];
}

function drawOthers(rows) {
  [...$('answers').children].forEach((row, place) => {
    const [label, score] = rows[place] || ['', null];
    row.hidden = place > 0 && !label;
    row.classList.toggle('words', score === null);
    write(row.querySelector('.name'), label);
    write(row.querySelector('.percent'), score === null ? '' : percent(score));
    row.querySelector('.bar').hidden = score === null;
    row.querySelector('.bar').firstElementChild.style.width = `${100 * (score || 0)}%`;
  });
}

// A quiet status for those who do not see the picture, once the verdict stands.
function speak(words) {
  if (!words || words === spoken || performance.now() - since < SETTLED) return;
  spoken = words;
  write($('spoken'), words);
}

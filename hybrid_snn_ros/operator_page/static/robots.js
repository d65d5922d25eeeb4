// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// What is said of the robots of a fleet, in words. fleet: what ~/fleet tells (operator_page/fleet.py).

import { t, when } from './texts.js';

const FEW = 3; // labels that are named of what a robot lacks
const SOME = 5; // robots that are named of those that taught or lack a label
const OUTSIDE = ['denied', 'stranger', 'twin', 'unlike']; // states of robots that are not of the fleet
const AWAY = ['away', 'unheard'];
// What somebody has to look at comes first.
const ORDER = ['twin', 'unlike', 'stranger', ...AWAY, 'behind', 'ahead', 'denied', 'same'];

const rank = ({ state }) => ORDER.indexOf(state);
const sum = (counts) => Object.values(counts).reduce((all, n) => all + n, 0);

const short = (robot) => robot.slice(0, 8);

// What people call a robot, else the first digits of its key.
export function called(fleet, robot) {
  if (robot === fleet.robot) return fleet.name || t('this_robot');
  return fleet.robots.find((one) => one.robot === robot)?.name || short(robot);
}

export const title = (one) => (one.state === 'twin' ? t('another_robot') : one.name || short(one.robot));

export const ordered = ({ robots }) => [...robots].sort((a, b) => rank(a) - rank(b)
  || title(a).localeCompare(title(b)));

// How the fleet stands: what it counts as, and a word or two. part: {problem}.
export function summary({ robots, errors }, { problem }) {
  const count = (...states) => robots.filter(({ state }) => states.includes(state)).length;
  if (errors.length || count('twin')) return ['wrong', t('fleet_wrong')];
  if (problem) return ['trouble', t('fleet_out')];
  const away = count(...AWAY), strangers = count('stranger'), unlike = count('unlike');
  if (away) return ['trouble', t('fleet_away', { n: away })];
  if (strangers) return ['trouble', t('fleet_stranger', { n: strangers })];
  if (unlike) return ['trouble', t('fleet_unlike', { n: unlike })];
  const others = robots.length - count(...OUTSIDE);
  const busy = others - count('same');
  if (busy) return ['busy', t('fleet_busy', { n: busy })];
  return others ? ['same', t('fleet_same', { n: others + 1 })] : ['busy', t('fleet_alone')];
}

function lacks(counts) {
  const labels = Object.keys(counts);
  if (!labels.length) return '';
  const named = labels.slice(0, FEW).join(', ') + (labels.length > FEW ? ' …' : '');
  return t('robot_lacks', { n: sum(counts), labels: named });
}

const silent = ({ heard }) => t('robot_away', { at: when(heard ?? 0) });

const STATES = {
  same: () => t('robot_same'),
  behind: (one) => lacks(one.lacks) || t('robot_behind'),
  ahead: (one) => [t('robot_ahead'), lacks(one.lacks)].filter(Boolean).join('; '),
  away: (one) => [silent(one), lacks(one.lacks)].filter(Boolean).join('; '),
  unheard: () => t('robot_unheard'),
  unlike: ({ why }) => t('robot_unlike', { why }),
  denied: () => t('robot_denied'),
  stranger: () => t('robot_stranger'),
  twin: () => t('robot_twin'),
};

export const words = (one) => (STATES[one.state] ? STATES[one.state](one) : one.state);

// What is to be run on the robot's computer, '' where nothing is.
export function command({ state, robot }, { memory }) {
  if (state === 'stranger') return `hybrid-snn fleet allow ${robot} -m ${memory}`;
  return state === 'twin' ? `hybrid-snn fleet key --new -m ${memory}` : '';
}

// What a fleet knows of a label, in sentences.
export function ofLabel(fleet, label) {
  const found = [];
  const own = (counts) => (Object.hasOwn(counts, label) ? counts[label] : null);
  const authors = Object.entries(own(fleet.taught) ?? {}).sort((a, b) => b[1] - a[1]);
  if (authors.length) {
    const who = authors.slice(0, SOME).map(([robot, n]) => `${called(fleet, robot)} ${n}`);
    if (authors.length > SOME) who.push(t('more_robots', { n: authors.length - SOME }));
    found.push(t('taught_by', { who: who.join(', ') }));
  }
  const names = own(fleet.also_called) ?? [];
  if (names.length) found.push(t('also_called', { names: names.map((label) => t('quoted', { label })).join(', ') }));
  const lacking = ordered(fleet).filter((one) => own(one.lacks));
  for (const one of lacking.slice(0, SOME)) {
    const missing = t('lacks_label', { robot: title(one), n: own(one.lacks) });
    found.push(one.state === 'away' ? `${missing}; ${silent(one)}` : missing);
  }
  if (lacking.length > SOME) found.push(t('more_robots', { n: lacking.length - SOME }));
  return found;
}

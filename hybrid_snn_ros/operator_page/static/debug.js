// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The developer's view: reads ~/debug and /diagnostics, changes nothing.

import { $ } from './dom.js';
import { Link } from './link.js';
import { loadTexts, t } from './texts.js';

const session = await fetch('session').then((r) => r.json()).catch(() => ({}));
await loadTexts(session.language);
$('state').textContent = t('lab_waiting');

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const HUES = [210, 28, 140, 330, 265, 55, 180, 0];

new Link('ws?view=debug', {
  up() { $('state').textContent = t('lab_waiting'); },
  down(why) { $('state').textContent = why; },
  message(message) {
    if (message.t === 'diagnostics') drawDiagnostics(message.values);
    else if (message.t === 'debug') drawDebug(message);
    else if (message.t === 'answer') {
      $('state').textContent = `${message.label} ${message.score.toFixed(3)} · `
        + `${message.latency_ms.toFixed(1)} ms`;
    }
  },
});

function table(body, rows) {
  body.replaceChildren(...rows.map((cells) => {
    const row = document.createElement('tr');
    for (const cell of cells) row.appendChild(document.createElement('td')).textContent = cell;
    return row;
  }));
}

function drawDiagnostics(values) {
  const stages = [], counters = [];
  for (const [key, value] of Object.entries(values)) {
    const figures = /^p50 (\S+) p95 (\S+) p99 (\S+) max (\S+)$/.exec(value);
    if (figures) stages.push([key.replace(/_ms$/, ''), ...figures.slice(1)]);
    else counters.push([key, value]);
  }
  table($('stages'), stages);
  table($('counters'), counters);
}

function drawDebug({ spikes = {}, evidence = {}, trains = [], membranes = {}, records = [] }) {
  const labels = Object.keys({ ...spikes, ...evidence, ...membranes });
  const number = (value) => (typeof value === 'number' ? value.toFixed(3) : '');
  table($('columns'), labels.map((label) => [label, spikes[label] ?? '', number(evidence[label]),
    membranes[label]?.length ? number(Math.max(...membranes[label]) - 1) : '']));
  $('records').textContent = records.join('\n');
  const steps = Math.max(1, ...Object.values(membranes).map((u) => u.length),
    ...trains.map((train) => 1 + Math.max(-1, ...train)));
  $('spikes-help').textContent = t('lab_spikes_help', { n: trains.length, steps });
  drawRaster(trains, steps);
  drawMembranes(labels.map((label) => [label, membranes[label] || []]), steps);
}

function fresh(id, height) {
  const canvas = $(id), scale = devicePixelRatio || 1, width = canvas.clientWidth;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  return [pen, width];
}

function drawRaster(trains, steps) {
  const line = Math.max(2, Math.min(6, 320 / Math.max(1, trains.length)));
  const [pen, width] = fresh('spikes', Math.max(60, line * trains.length + 12));
  const column = (width - 12) / steps;
  pen.fillStyle = colour('--act');
  trains.forEach((train, row) => {
    for (const step of train) {
      pen.fillRect(6 + step * column + column * .3, 6 + row * line, Math.max(2, column * .4),
        Math.max(1, line - 1));
    }
  });
}

function drawMembranes(columns, steps) {
  const height = 240;
  const [pen, width] = fresh('membranes', height);
  const all = columns.flatMap(([, u]) => u);
  const top = Math.max(1.2, ...all), bottom = Math.min(0, ...all);
  const y = (u) => 8 + (top - u) / (top - bottom) * (height - 16);
  const x = (step) => 8 + step * (width - 110) / Math.max(1, steps - 1);
  pen.font = '12px system-ui, sans-serif';
  pen.strokeStyle = colour('--soft');
  pen.setLineDash([5, 4]);
  pen.beginPath();
  pen.moveTo(8, y(1));
  pen.lineTo(width - 100, y(1));
  pen.stroke();
  pen.setLineDash([]);
  pen.lineWidth = 2;
  const light = matchMedia('(prefers-color-scheme: dark)').matches ? 68 : 38;
  columns.forEach(([label, u], place) => {
    if (!u.length) return;
    pen.strokeStyle = pen.fillStyle = `hsl(${HUES[place % HUES.length]} 75% ${light}%)`;
    pen.beginPath();
    u.forEach((value, step) => (step ? pen.lineTo : pen.moveTo).call(pen, x(step), y(value)));
    pen.stroke();
    if (place < 14) pen.fillText(label.slice(0, 14), width - 96, 18 + place * 16);
  });
}

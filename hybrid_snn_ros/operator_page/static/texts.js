// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// The words of the page: one file per language, placeholders in braces.

let words = {};

export function t(key, values = {}) {
  const one = values.n === 1 && words[`${key}_one`];
  return (one || words[key] || key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const percent = (value) => new Intl.NumberFormat(document.documentElement.lang,
  { style: 'percent', maximumFractionDigits: 0 }).format(value);

// Seconds since 1970 as the time of day.
export const clock = (seconds) => new Intl.DateTimeFormat(document.documentElement.lang,
  { hour: '2-digit', minute: '2-digit' }).format(new Date(1000 * seconds));

// The same, with the day where that is another one.
export const when = (seconds) => (new Date(1000 * seconds).toDateString() === new Date().toDateString()
  ? clock(seconds) : new Intl.DateTimeFormat(document.documentElement.lang, { day: 'numeric',
    month: 'short', hour: '2-digit', minute: '2-digit' }).format(new Date(1000 * seconds)));

export async function loadTexts(wanted) {
  const asked = new URLSearchParams(location.search).get('lang');
  const languages = [asked, wanted, ...(navigator.languages || []), 'en'].filter(Boolean);
  for (const language of languages.map((name) => name.slice(0, 2).toLowerCase())) {
    if (!/^[a-z]{2}$/.test(language)) continue;
    const response = await fetch(`texts/${language}.json`);
    if (!response.ok) continue;
    words = await response.json();
    document.documentElement.lang = language;
    break;
  }
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll('[data-label]')) {
    node.setAttribute('aria-label', t(node.dataset.label));
  }
  for (const node of document.querySelectorAll('[data-placeholder]')) {
    node.placeholder = t(node.dataset.placeholder);
  }
  document.title = t('title');
}

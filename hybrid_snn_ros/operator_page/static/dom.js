// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Short words for making and finding parts of the page.

export const $ = (id) => document.getElementById(id);

export function make(kind, name = '', text = undefined) {
  const node = document.createElement(kind);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  if (kind === 'button') node.type = 'button';
  return node;
}

// A live region says again whatever is written to it, so only what is new is written.
export function write(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

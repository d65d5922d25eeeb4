// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Labels as texts: when two are the same to a person, and how long one may be.

export const MAX_BYTES = 64;
export const bytes = (text) => new TextEncoder().encode(text).length;
export const tidy = (text) => text.normalize('NFC').trim();

// Case, width, doubled spaces and signs that no one sees make no other name.
export const plain = (text) => text.normalize('NFKC').replace(/\p{Cf}/gu, '')
  .replace(/\s+/gu, ' ').trim().toUpperCase().toLowerCase();

// The label of a list that a text means: the very same, else one that looks the same.
export function same(labels, text) {
  return labels.find(({ label }) => label === tidy(text))
    || labels.find(({ label }) => plain(label) === plain(text));
}

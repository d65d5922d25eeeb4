// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Renaming, putting two labels together, forgetting: each asks first.

import { ask } from './ask.js';
import { same } from './names.js';
import { t } from './texts.js';

export class Editor {
  constructor(page, requests) { Object.assign(this, { page, requests }); }

  // Each resolves to the label where the attention goes next, '' for none.
  async rename(label) {
    const to = await ask({ title: t('rename_what', { label }), yes: t('rename'), input: label });
    if (!to || to === label) return label;
    const { labels } = this.page.state;
    const other = same(labels.filter((each) => each.label !== label), to);
    if (other) return this.merge(label, other);
    this.requests.ask({ do: 'rename', label, to });
    return to;
  }

  async merge(label, { label: to, samples }) {
    const n = this.page.state.labels.find((each) => each.label === label)?.samples ?? 0;
    const yes = await ask({ title: t('merge_what', { to, m: samples }), yes: t('merge'),
      text: t('merge_text', { n, label }) });
    if (!yes) return label;
    this.requests.ask({ do: 'merge', label, to });
    return to;
  }

  async forget({ label, samples }) {
    const yes = await ask({ title: t('forget_what', { label }), yes: t('forget'), danger: true,
      text: t('forget_text', { n: samples }) });
    if (!yes) return label;
    this.requests.ask({ do: 'forget', label });
    return '';
  }

  // The words for what is done, null for requests that are not of here.
  done({ label: said }, { do: what, label = said, to }) {
    if (what === 'rename') return t('done_rename', { label, to });
    if (what === 'merge') return t('done_merge', { label, to });
    if (what === 'forget') return t('done_forget', { label });
    return null;
  }
}

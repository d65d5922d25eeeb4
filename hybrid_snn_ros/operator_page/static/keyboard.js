// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Where the keyboard of a phone lies over the page instead of making it smaller (iOS), the sheets
// know how much of it is left.

const view = window.visualViewport;
const root = document.documentElement;
const KEYBOARD = 100; // pixels; less is a bar of the browser

function fit() {
  const zoomed = view.scale > 1.01;
  const hidden = zoomed ? 0 : Math.max(0, innerHeight - view.height - view.offsetTop);
  root.toggleAttribute('data-keyboard', hidden > KEYBOARD);
  root.style.setProperty('--keyboard', `${hidden}px`);
  root.style.setProperty('--left', `${view.height}px`);
}

view?.addEventListener('resize', fit);
view?.addEventListener('scroll', fit);

// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Teaching surroundings: where things are is learned from pictures in which all of them are drawn,
// and from pictures in which there is nothing. Shown while the robot finds things itself.

import { $, write } from './dom.js';
import { note } from './feedback.js';
import { t } from './texts.js';

const PATIENCE = 2000; // ms, for a robot that answers few pictures
const ABOUT = 10; // pictures that do

export class Surroundings {
  constructor(page, requests, aim) {
    Object.assign(this, { page, requests, aim });
    $('all-drawn').addEventListener('click', () => {
      if (this.page.picture.still) this.ask('complete');
    });
    $('nothing-here').addEventListener('click', () => this.ask('empty'));
  }

  get where() { return this.page.state.where?.on ? this.page.state.where : null; }

  ask(what) {
    $('menu').close();
    const stamp = this.page.picture.still || this.aim.newest(PATIENCE)?.stamp;
    if (!stamp) { note('wrong', t('not_now')); return; }
    this.requests.ask({ do: what, stamp });
    note('quiet', t('sending'));
  }

  // What is said when the robot has done it.
  done(request) {
    return request.do === 'complete' ? t('complete_done') : t('empty_done');
  }

  draw() {
    const { where } = this;
    $('surroundings').hidden = !where || this.page.hello.view_only;
    if (!where) return;
    write($('surroundings-count'), where.frames < ABOUT
      ? t('pictures_of', { n: where.frames, about: ABOUT }) : t('pictures_drawn', { n: where.frames }));
    $('all-drawn').setAttribute('aria-disabled', String(!this.page.picture.still));
  }
}

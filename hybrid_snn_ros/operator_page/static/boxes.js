// Copyright 2026 The hybrid_snn_ros developers. SPDX-License-Identifier: Apache-2.0
// Boxes on the picture: [x, y, width, height] as shares of its width and height.

// Places an element of #stage.
export function place(node, box) {
  ['left', 'top', 'width', 'height'].forEach((side, part) => {
    node.style[side] = `${100 * box[part]}%`;
  });
}

// How much of two boxes is common to them: intersection over union.
export function overlap([ax, ay, aw, ah], [bx, by, bw, bh]) {
  const across = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  const down = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  const both = Math.max(0, across) * Math.max(0, down);
  return both / (aw * ah + bw * bh - both);
}

// Things as one reads: by rows from above, each from the left. A row is what lies no lower than the
// lower edge of its first thing, by the middle.
export function inReadingOrder(things) {
  const middle = ({ box }) => box[1] + box[3] / 2;
  const rows = [];
  for (const thing of [...things].sort((a, b) => middle(a) - middle(b))) {
    const row = rows.at(-1);
    if (row && middle(thing) < row[0].box[1] + row[0].box[3]) row.push(thing);
    else rows.push([thing]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.box[0] - b.box[0]));
}

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Where things are: a linear read-out of the encoder's middle, taught by the boxes people draw.

Of every cell of the cut encoder (vision.cell_encoder) five numbers are read: how much it is the
middle of a thing, and how far the four edges of that thing are. The read-out is a ridge
regression; its sums are exact, so that it depends on the set of what was drawn alone. It knows
nothing of labels: each box it finds is cropped, encoded and named like any other picture.

The node follows it with `where: on` (ros.thing_finder, taught_readout).
"""

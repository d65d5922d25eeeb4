# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
From camera frames to embedding codes.

`frames` turns message fields into an RGB crop, `encoder` turns the crop into 1280 codes,
`efficientnet` builds the encoder's model file. Knows numpy, cv2 and the TFLite runtime; knows
neither ROS nor spikes.
"""

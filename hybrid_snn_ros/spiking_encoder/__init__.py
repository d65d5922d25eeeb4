# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The encoder as spikes: for research, slower than the TFLite runtime.

`graph` reads the int8 network from the encoder's file, `integer` computes it in whole numbers as
LiteRT does, `radix` and `rate` run it as spikes, `video` sends only what changes, `operations`
counts what it costs, `nir_graph` hands it to neuromorphic tool chains.
"""

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A ROS node beside a test, which listens in a thread of its own."""

import threading

import rclpy
from rclpy.executors import SingleThreadedExecutor


class SpinningNode:
    """A context manager; what it hears is handled as soon as it is entered."""

    def __init__(self, domain, name):
        """Make the node; publishers and subscriptions may follow."""
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node(name, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._executor.spin)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()
        self._context.try_shutdown()

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What byte arrays of messages may be from ROS 2 Lyrical on, where Lyrical is not installed.

There ``sensor_msgs/Image.data`` is a ``rosidl::Buffer``. A subscription that does not ask for
more gets it as ``array.array('B')``, as before; one that accepts the memory of a vendor (a GPU's)
gets a ``rosidl_buffer.Buffer``, whose public names are these and no more (ros2/rosidl,
rosidl_buffer_py): neither the buffer protocol nor a sequence.
"""

import array


class Buffer:
    """Bytes in the memory of a vendor's backend."""

    def __init__(self, content, backend_type='cuda'):
        self._content = bytes(content)
        self.backend_type = backend_type

    def to_bytes(self):
        """Copy to bytes."""
        return self._content

    def to_array(self):
        """Copy to what rclpy has for bytes in the computer's memory."""
        return array.array('B', self._content)

    def __len__(self):
        return len(self._content)


class Lost(Buffer):
    """One whose memory cannot be copied any more."""

    def to_array(self):
        """Fail as a vendor's copy does."""
        raise RuntimeError('cudaErrorIllegalAddress\nand more of it')


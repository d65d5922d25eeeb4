# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether a parameter file speaks to a node: as rcl itself has it."""

import pytest
import rclpy

from hybrid_snn_ros import parameter_files

SECTIONS = (
    '/**', '**', '/*', '*', '/*/*', '/**/*', '/**/classifier', '/*/classifier', 'classifier',
    '/classifier', 'cell/classifier', '/cell/classifier', '/cell/*', '/cell/**', '/cell', 'cell',
    '/cell/**/classifier', '/**/cell/classifier', '/**/cla', '/Cell/classifier', '/cell/camera',
    '/cell/arm/classifier', '/*/arm/*', 'clasifier', 'classifier_node', 'Classifier')
NESTED = ('cell: {classifier: %s}', '/cell: {classifier: %s}', '/**: {classifier: %s}',
          'cell: {"*": %s}', 'cell: {arm: {classifier: %s}}', 'cell: {camera: %s}')
NODES = ('/classifier', '/cell/classifier', '/cell/arm/classifier')


@pytest.mark.parametrize('text', [*(f'"{section}": %s' for section in SECTIONS), *NESTED])
def test_a_section_is_for_whom_rcl_gives_it(tmp_path, text, monkeypatch):
    """Asked of rcl itself, with a node of each name."""
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    path = tmp_path / 'mine.yaml'
    path.write_text(text % '{ros__parameters: {given: 1}}')
    for node in NODES:
        context = rclpy.Context()
        namespace, name = node.rsplit('/', 1)
        rclpy.init(args=['x', '--ros-args', '--params-file', str(path)], context=context)
        try:
            made = rclpy.create_node(name, namespace=namespace, context=context,
                                     allow_undeclared_parameters=True,
                                     automatically_declare_parameters_from_overrides=True)
            heeded = made.has_parameter('given')
            made.destroy_node()
        finally:
            rclpy.shutdown(context=context)
        if heeded:
            parameter_files.check(path, node)
        else:
            with pytest.raises(ValueError, match=f'nothing in .* applies to this node, {node}:'):
                parameter_files.check(path, node)

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Starts a simulated turntable camera and the classifier that looks through it."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    """Declare the arguments, then the classifier (with the DDS profile), then the camera."""
    shared = FindPackageShare('hybrid_snn_ros')
    arguments = [
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of both nodes.'),
        DeclareLaunchArgument(
            'object', default_value='duck',
            description='What stands on the turntable; change it live by topic '
                        'turntable_camera/object.'),
        DeclareLaunchArgument(
            'condition', default_value='jitter',
            description='What changes between views: plain, jitter or varied.'),
        DeclareLaunchArgument(
            'rate', default_value='15.0', description='Frames a second.'),
        DeclareLaunchArgument(
            'page', default_value='true', description="Whether the operator's page is started."),
    ]
    classifier = IncludeLaunchDescription(
        PathJoinSubstitution([shared, 'launch', 'classifier.launch.py']),
        launch_arguments={'namespace': LaunchConfiguration('namespace'),
                          'image': 'image_raw', 'initial_memory': 'none',
                          'page': LaunchConfiguration('page')}.items())
    camera = Node(
        package='hybrid_snn_ros', executable='turntable_camera', name='turntable_camera',
        namespace=LaunchConfiguration('namespace'),
        parameters=[{
            'object': ParameterValue(LaunchConfiguration('object'), value_type=str),
            'condition': ParameterValue(LaunchConfiguration('condition'), value_type=str),
            'rate': ParameterValue(LaunchConfiguration('rate'), value_type=float)}],
        output='screen')
    return LaunchDescription([*arguments, classifier, camera])

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Starts a simulated camera (turntable or scene) and the classifier that looks through it."""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    OpaqueFunction,
)
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

from hybrid_snn_ros import launch_arguments


def names(context):
    """Refuse arguments that were given on the command line and that nobody here has."""
    launch_arguments.refuse_unknown(context, __file__)


def generate_launch_description():
    """Declare the arguments, then the classifier with the turntable and the page."""
    arguments = [
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of all nodes.'),
        DeclareLaunchArgument(
            'object', default_value='duck',
            description='What stands on the turntable; change it live with the topic '
                        'turntable_camera/object.'),
        DeclareLaunchArgument(
            'condition', default_value='jitter',
            description='What changes between views: plain, jitter or varied.'),
        DeclareLaunchArgument(
            'scene', default_value='0',
            description='Things on a swaying table in place of the turntable, 1 to 5; 0 for the '
                        'turntable.'),
        DeclareLaunchArgument(
            'objects', default_value='',
            description='Names of those things, e.g. duck,mug; what is missing is dealt.'),
        DeclareLaunchArgument(
            'arrangement', default_value='0',
            description='Number of one of the endless arrangements of the things.'),
        DeclareLaunchArgument(
            'floor', default_value='varied',
            description='What the things stand on: plain or varied.'),
        DeclareLaunchArgument(
            'rate', default_value='15.0', description='Frames a second.'),
        DeclareLaunchArgument(
            'page', default_value='true', description="Whether to start the operator's page."),
    ]
    classifier = IncludeLaunchDescription(
        PathJoinSubstitution(
            [FindPackageShare('hybrid_snn_ros'), 'launch', 'classifier.launch.py']),
        launch_arguments={'camera': 'turntable', 'camera_rate': LaunchConfiguration('rate'),
                          'initial_memory': 'none'}.items())
    return LaunchDescription([GroupAction(
        [*arguments, OpaqueFunction(function=names), classifier], scoped=True)])

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Starts a classifier for each of several cameras, in a namespace of its own.

    ros2 launch hybrid_snn_ros cameras.launch.py cameras:=front,rear
    ros2 launch hybrid_snn_ros cameras.launch.py cameras_file:=mine.yaml log_level:=debug

Cameras that are given the same memory share it: each of them can be taught, and all know half a
second later.
"""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    OpaqueFunction,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackagePrefix, FindPackageShare

from hybrid_snn_ros import launch_arguments, launching

OURS = PathJoinSubstitution([FindPackageShare('hybrid_snn_ros'), 'config', 'fastdds.xml'])


def classifiers(context):
    """Return an include of classifier.launch.py for each camera, without traces of the others."""
    path = PathJoinSubstitution(
        [FindPackageShare('hybrid_snn_ros'), 'launch', 'classifier.launch.py']).perform(context)
    known = launch_arguments.defaults(
        context, PythonLaunchDescriptionSource(path).get_launch_description(context))
    launch_arguments.refuse_unknown(context, __file__, known)
    given, actions = context.launch_configurations, []
    places = launching.cameras(given, known.keys() - {'namespace'})
    for place in places:  # all of them before the first is started
        launching.check(
            {**known, **given, **place.arguments, 'namespace': place.namespace},
            OURS.perform(context), context.environment,
            lambda package: FindPackagePrefix(package).perform(context))
    for place in places:
        actions.append(GroupAction([IncludeLaunchDescription(
            PythonLaunchDescriptionSource(path), launch_arguments={
                'namespace': place.namespace, **place.arguments}.items())], scoped=True))
    return actions


def generate_launch_description():
    """Declare the arguments, then start the nodes; nothing is left behind for other files."""
    arguments = [
        DeclareLaunchArgument(
            'cameras', default_value='',
            description='Names separated by commas, e.g. front,rear; empty takes them from '
                        'cameras_file.'),
        DeclareLaunchArgument(
            'cameras_file', default_value=PathJoinSubstitution(
                [FindPackageShare('hybrid_snn_ros'), 'config', 'cameras.yaml']),
            description='YAML file with the cameras and any launch arguments of '
                        'classifier.launch.py for each.'),
        DeclareLaunchArgument(
            'namespace', default_value='',
            description="Namespace in front of the cameras' names."),
        DeclareLaunchArgument(
            'image', default_value='image_raw',
            description="Topic of the frames, relative to each camera's namespace."),
        DeclareLaunchArgument(
            'memory', default_value='',
            description='One memory for all cameras; empty gives each its own, in '
                        '~/.ros/hybrid_snn_ros/<namespace>/classifier. You may give any other '
                        'argument of classifier.launch.py here too; it holds for all cameras.'),
    ]
    return LaunchDescription([
        GroupAction([*arguments, OpaqueFunction(function=classifiers)], scoped=True)])

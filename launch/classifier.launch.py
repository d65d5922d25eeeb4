# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Starts the classifier on a camera: ros2 launch hybrid_snn_ros classifier.launch.py."""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    SetEnvironmentVariable,
)
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare


def truth(text):
    """Read a launch argument as a truth value."""
    if text.lower() not in ('true', 'false'):
        raise ValueError(f"a launch argument must be 'true' or 'false', not {text!r}")
    return text.lower() == 'true'


# Launch arguments that are parameters of the node: name -> how its text becomes a value.
# An empty one leaves the value of the parameter file alone.
OVERRIDES = {'image_transport': str, 'memory': str, 'use_sim_time': truth, 'autostart': truth}


def classifier_node(context):
    """Return the actions that start the node with the arguments as they were given."""
    overrides = {name: to_value(context.launch_configurations[name])
                 for name, to_value in OVERRIDES.items()
                 if context.launch_configurations[name] != ''}
    initial = context.launch_configurations['initial_memory']
    overrides['initial_memory'] = '' if initial == 'none' else initial
    profile = context.launch_configurations['dds_profile']
    environment = [SetEnvironmentVariable('FASTDDS_DEFAULT_PROFILES_FILE', profile)]
    node = Node(
        package='hybrid_snn_ros', executable='classifier_node', name='classifier',
        namespace=LaunchConfiguration('namespace'),
        # Both the file and the overrides speak to /**: the later one wins.
        parameters=[LaunchConfiguration('params_file'), overrides],
        remappings=[('image', LaunchConfiguration('image'))],
        arguments=['--ros-args', '--log-level', LaunchConfiguration('log_level')],
        output='screen')
    return [*(environment if profile != 'none' else []), node]


def generate_launch_description():
    """Declare the arguments, then start the node."""
    shared = FindPackageShare('hybrid_snn_ros')
    arguments = [
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the node and its topics.'),
        DeclareLaunchArgument(
            'params_file',
            default_value=PathJoinSubstitution([shared, 'config', 'classifier.yaml']),
            description='YAML file with the parameters of the node.'),
        DeclareLaunchArgument(
            'image', default_value='image', description='Topic of the camera frames.'),
        DeclareLaunchArgument(
            'image_transport', default_value='',
            description='raw or compressed; empty takes it from params_file.'),
        DeclareLaunchArgument(
            'memory', default_value='',
            description='Directory of what was taught; empty takes it from params_file.'),
        DeclareLaunchArgument(
            'initial_memory',
            default_value=PathJoinSubstitution([shared, 'models', 'everyday.memory']),
            description='File that an empty memory begins with: some sixty everyday objects, a '
                        'file of your own, or none.'),
        DeclareLaunchArgument(
            'use_sim_time', default_value='',
            description='Whether time comes from /clock; empty takes it from params_file.'),
        DeclareLaunchArgument(
            'autostart', default_value='',
            description='Whether the node configures and activates itself; empty takes it from '
                        'params_file, false leaves that to a lifecycle manager.'),
        DeclareLaunchArgument(
            'page', default_value='false',
            description="Whether the operator's page is started too (see teach_page.launch.py)."),
        DeclareLaunchArgument(
            'log_level', default_value='info', description='debug, info, warn, error or fatal.'),
        DeclareLaunchArgument(
            'dds_profile', default_value=PathJoinSubstitution([shared, 'config', 'fastdds.xml']),
            description='Fast DDS profile with room for raw images, none to leave Fast DDS alone. '
                        'Start the camera with the same one.'),
    ]
    page = IncludeLaunchDescription(
        PathJoinSubstitution([shared, 'launch', 'teach_page.launch.py']),
        launch_arguments={'namespace': LaunchConfiguration('namespace'),
                          'image': LaunchConfiguration('image')}.items(),
        condition=IfCondition(LaunchConfiguration('page')))
    return LaunchDescription([*arguments, OpaqueFunction(function=classifier_node), page])

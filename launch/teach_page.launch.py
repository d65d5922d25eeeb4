# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Starts the operator's page, also on another computer than the classifier's."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from hybrid_snn_ros import launch_arguments, launching


def names(context):
    """Refuse arguments that were given on the command line and that nobody here has."""
    launch_arguments.refuse_unknown(context, __file__)


def page_node(context):
    """Return the node with the arguments as they were given."""
    given = context.launch_configurations
    # Typed, because a PIN of digits alone would be read as a number.
    overrides = {name: ParameterValue(value, value_type=type(value))
                 for name, value in launching.overrides(given, launching.PAGE).items()}
    return [Node(
        package='hybrid_snn_ros', executable='teach_page', name='teach_page',
        namespace=LaunchConfiguration('namespace'),
        parameters=[launching.parameter_file(given, 'page_params_file', 'teach_page'), overrides],
        remappings=[('image', LaunchConfiguration('image'))], output='screen',
        **launching.respawn(given))]


def generate_launch_description():
    """Declare the arguments, then start the node; nothing is left behind for other files."""
    arguments = [
        DeclareLaunchArgument(
            'namespace', default_value='', description="The classifier's namespace."),
        DeclareLaunchArgument(
            'page_params_file',
            default_value=PathJoinSubstitution(
                [FindPackageShare('hybrid_snn_ros'), 'config', 'teach_page.yaml']),
            description='YAML file with the parameters of the page.'),
        DeclareLaunchArgument(
            'image', default_value='image', description='Topic of the camera frames.'),
        DeclareLaunchArgument(
            'host', default_value='',
            description='Address to listen on, 0.0.0.0 for every network, :: for those of IPv6 '
                        'too; empty as in the file.'),
        DeclareLaunchArgument(
            'port', default_value='',
            description='Port to listen on; empty as in the file.'),
        DeclareLaunchArgument(
            'pin', default_value='', description='PIN of the page; empty as in the file.'),
        DeclareLaunchArgument(
            'view_only', default_value='',
            description='true to look without teaching; empty as in the file.'),
        DeclareLaunchArgument(
            'image_transport', default_value='',
            description='raw or compressed; empty as in the file.'),
        DeclareLaunchArgument(
            'classifier', default_value='',
            description='Name of the classifier node; empty as in the file.'),
        DeclareLaunchArgument(
            'certificate', default_value='',
            description='PEM file for TLS; empty as in the file.'),
        DeclareLaunchArgument(
            'key', default_value='',
            description='PEM file of its private key; empty as in the file.'),
        DeclareLaunchArgument(
            'public_host', default_value='',
            description='Name or address that phones reach it by; empty as in the file.'),
        DeclareLaunchArgument(
            'public_url', default_value='',
            description='Where browsers find it behind a proxy; empty as in the file.'),
        DeclareLaunchArgument(
            'use_respawn', default_value='false',
            description='Whether the page is started again when it has died.'),
        DeclareLaunchArgument(
            'respawn_delay', default_value='2.0',
            description='Seconds before it is started again.'),
    ]
    return LaunchDescription([
        GroupAction([*arguments, OpaqueFunction(function=names),
                     OpaqueFunction(function=page_node)], scoped=True)])

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
            description='Address to listen on: 0.0.0.0 for every IPv4 network, :: for IPv6 too; '
                        'empty takes it from page_params_file.'),
        DeclareLaunchArgument(
            'port', default_value='',
            description='Port to listen on; empty takes it from page_params_file.'),
        DeclareLaunchArgument(
            'pin', default_value='',
            description='PIN of the page; empty takes it from page_params_file.'),
        DeclareLaunchArgument(
            'view_only', default_value='',
            description='true to look without teaching; empty takes it from page_params_file.'),
        DeclareLaunchArgument(
            'image_transport', default_value='',
            description='raw or compressed; empty takes it from page_params_file.'),
        DeclareLaunchArgument(
            'classifier', default_value='',
            description='Name of the classifier node; empty takes it from page_params_file.'),
        DeclareLaunchArgument(
            'certificate', default_value='',
            description='PEM file with the TLS certificate; empty takes it from '
                        'page_params_file.'),
        DeclareLaunchArgument(
            'key', default_value='',
            description="PEM file of the certificate's private key; empty takes it from "
                        "page_params_file."),
        DeclareLaunchArgument(
            'public_host', default_value='',
            description='Name or address at which phones reach the page; empty takes it from '
                        'page_params_file.'),
        DeclareLaunchArgument(
            'public_url', default_value='',
            description='Where browsers find the page behind a proxy; empty takes it from '
                        'page_params_file.'),
        DeclareLaunchArgument(
            'use_respawn', default_value='false',
            description='Whether to restart the page if it died.'),
        DeclareLaunchArgument(
            'respawn_delay', default_value='2.0',
            description='Seconds before the restart.'),
    ]
    return LaunchDescription([
        GroupAction([*arguments, OpaqueFunction(function=names),
                     OpaqueFunction(function=page_node)], scoped=True)])

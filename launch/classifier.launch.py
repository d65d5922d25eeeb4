# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Starts the classifier on a camera: ros2 launch hybrid_snn_ros classifier.launch.py."""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueFunction,
    SetEnvironmentVariable,
    SetLaunchConfiguration,
)
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackagePrefix, FindPackageShare

from hybrid_snn_ros import launch_arguments, launching

OURS = PathJoinSubstitution([FindPackageShare('hybrid_snn_ros'), 'config', 'fastdds.xml'])


def check(context):
    """Refuse what is wrong with any argument, before anything is started."""
    launch_arguments.refuse_unknown(context, __file__)
    launching.check(
        {**launch_arguments.defaults(context, generate_launch_description()),
         **context.launch_configurations}, OURS.perform(context), context.environment,
        lambda package: FindPackagePrefix(package).perform(context))


def surroundings(context):
    """Return the actions that settle what camera, classifier and page have in common."""
    given = context.launch_configurations
    actions = []
    if not given['image']:
        actions.append(SetLaunchConfiguration(
            'image', 'image' if given['camera'] == launching.NONE else 'image_raw'))
    variables, profile, remark = launching.dds_profile(
        given, OURS.perform(context), context.environment)
    actions += [SetEnvironmentVariable(*pair) for pair in variables.items()]
    actions.append(SetLaunchConfiguration('dds_profile', profile))  # settled for the camera, too
    return actions + [LogInfo(msg=remark)] * bool(remark)


def classifier_node(context):
    """Return the node with the arguments as they were given."""
    given = context.launch_configurations
    overrides = launching.overrides(given, launching.CLASSIFIER)
    initial = launching.initial_memory(given, PathJoinSubstitution(
        [FindPackageShare('hybrid_snn_ros'), 'models', 'everyday.memory']).perform(context))
    if initial is not None:
        overrides['initial_memory'] = initial
    return [Node(
        package='hybrid_snn_ros', executable='classifier_node', name='classifier',
        namespace=LaunchConfiguration('namespace'),
        # The later one wins where both speak to /**, as our file does.
        parameters=[launching.parameter_file(given, 'params_file', 'classifier'), {
            name: ParameterValue(value, value_type=type(value))  # a directory may be called 8
            for name, value in overrides.items()}],
        remappings=[*launching.remappings(given), ('image', LaunchConfiguration('image'))],
        arguments=['--ros-args', '--log-level', LaunchConfiguration('log_level')],
        output='screen', **launching.respawn(given))]


def generate_launch_description():
    """Declare the arguments, then start the nodes; nothing is left behind for other files."""
    shared = FindPackageShare('hybrid_snn_ros')
    arguments = [
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the node and its topics.'),
        DeclareLaunchArgument(
            'params_file',
            default_value=PathJoinSubstitution([shared, 'config', 'classifier.yaml']),
            description='YAML file with the parameters of the node.'),
        DeclareLaunchArgument(
            'image', default_value='',
            description='Topic of the camera frames; empty means image, or image_raw if the '
                        'launch file starts a camera.'),
        DeclareLaunchArgument(
            'image_transport', default_value='',
            description='raw or compressed; empty takes it from params_file.'),
        DeclareLaunchArgument(
            'remaps', default_value='',
            description='More names to remap, e.g. "~/label:=/label ~/teach:=/teach".'),
        DeclareLaunchArgument(
            'memory', default_value='',
            description='Directory that keeps what was taught; empty takes it from params_file.'),
        DeclareLaunchArgument(
            'initial_memory', default_value='',
            description='File that an empty memory starts from, or none; empty takes it from '
                        'params_file, or everyday.memory (some sixty everyday objects) if '
                        'params_file names none and changes neither model, crop nor roi.'),
        DeclareLaunchArgument(
            'learning', default_value='',
            description='Whether to accept teaching; empty takes it from params_file, false '
                        'only reads the memory and follows its writer.'),
        DeclareLaunchArgument(
            'where', default_value='',
            description='on finds the things in each frame, off does not; empty takes it from '
                        'params_file.'),
        DeclareLaunchArgument(
            'fleet', default_value='',
            description='share what is taught with other robots, listen to them only, or off; '
                        'empty takes it from params_file.'),
        DeclareLaunchArgument(
            'use_sim_time', default_value='',
            description='Whether to take the time from /clock; empty takes it from params_file.'),
        DeclareLaunchArgument(
            'autostart', default_value='',
            description='Whether the node configures and activates itself; empty takes it from '
                        'params_file, false leaves that to a lifecycle manager.'),
        DeclareLaunchArgument(
            'use_respawn', default_value='false',
            description='Whether to restart a node that died.'),
        DeclareLaunchArgument(
            'respawn_delay', default_value='2.0',
            description='Seconds before the restart.'),
        DeclareLaunchArgument(
            'camera', default_value='none',
            description='Camera to start with the node: none, usb_cam, v4l2_camera or turntable '
                        '(see camera.launch.py).'),
        DeclareLaunchArgument(
            'page', default_value='false',
            description="Whether to start the operator's page too (see teach_page.launch.py)."),
        DeclareLaunchArgument(
            'log_level', default_value='info', description='debug, info, warn, error or fatal.'),
        DeclareLaunchArgument(
            'dds_profile', default_value='',
            description='Fast DDS profile, or none to leave Fast DDS alone; empty keeps your '
                        'own if FASTDDS_DEFAULT_PROFILES_FILE or FASTDDS_BUILTIN_TRANSPORTS is '
                        'set, else sets config/fastdds.xml, which has room for raw images. '
                        'Start the camera with the same profile.'),
    ]
    camera = IncludeLaunchDescription(
        PathJoinSubstitution([shared, 'launch', 'camera.launch.py']))
    page = IncludeLaunchDescription(
        PathJoinSubstitution([shared, 'launch', 'teach_page.launch.py']),
        condition=IfCondition(LaunchConfiguration('page')))
    return LaunchDescription([GroupAction([
        *arguments, OpaqueFunction(function=check), OpaqueFunction(function=surroundings), camera,
        OpaqueFunction(function=classifier_node), page], scoped=True)])

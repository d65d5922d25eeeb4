# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Starts a camera: a driver from apt (usb_cam, v4l2_camera), or the simulated turntable."""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    LogInfo,
    OpaqueFunction,
    SetEnvironmentVariable,
)
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackagePrefix, FindPackageShare

from hybrid_snn_ros import launch_arguments, launching

OURS = PathJoinSubstitution([FindPackageShare('hybrid_snn_ros'), 'config', 'fastdds.xml'])


def names(context):
    """Refuse arguments that were given on the command line and that nobody here has."""
    launch_arguments.refuse_unknown(context, __file__)


def camera_node(context):
    """Return the actions that start the camera, none for none."""
    given = context.launch_configurations
    camera = launching.camera(given)
    if camera is None:
        return []
    launching.installed(camera, lambda package: FindPackagePrefix(package).perform(context),
                        context.environment)
    variables, _, remark = launching.dds_profile(given, OURS.perform(context), context.environment)
    files = [launching.parameter_file(given, 'camera_params_file', camera.name)] if (
        given['camera_params_file']) else []
    actions = [SetEnvironmentVariable(*pair) for pair in variables.items()]
    actions += [LogInfo(msg=remark)] * bool(remark)
    return [*actions, Node(
        package=camera.package, executable=camera.executable, name=camera.name,
        namespace=LaunchConfiguration('namespace'),
        # Texts are typed, because an object or a device may be called 8.
        parameters=[*files, {
            name: ParameterValue(value, value_type=str) if isinstance(value, str) else value
            for name, value in camera.parameters.items()}],
        # image_transport makes the name of the compressed pictures before it is remapped.
        remappings=[('image_raw', given['image']),
                    ('image_raw/compressed', f"{given['image']}/compressed")],
        output='screen', **launching.respawn(given))]


def generate_launch_description():
    """Declare the arguments, then start the camera; nothing is left behind for other files."""
    arguments = [
        DeclareLaunchArgument(
            'camera', default_value='turntable',
            description='usb_cam, v4l2_camera (both from apt), turntable (simulated), or none.'),
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the camera.'),
        DeclareLaunchArgument(
            'image', default_value='image_raw', description='Topic of the camera frames.'),
        DeclareLaunchArgument(
            'camera_device', default_value='',
            description="Device of usb_cam or v4l2_camera, e.g. /dev/video2; empty for the "
                        "driver's default."),
        DeclareLaunchArgument(
            'camera_width', default_value='',
            description="Width of the picture in pixels; empty for the driver's default."),
        DeclareLaunchArgument(
            'camera_height', default_value='',
            description="Height of the picture in pixels; empty for the driver's default."),
        DeclareLaunchArgument(
            'camera_rate', default_value='',
            description="Frames a second; empty for the driver's default."),
        DeclareLaunchArgument(
            'camera_params_file', default_value='',
            description='YAML file with more parameters of the driver, e.g. pixel_format; the '
                        'arguments win over it.'),
        DeclareLaunchArgument(
            'object', default_value='',
            description='What stands on the turntable; empty for a duck.'),
        DeclareLaunchArgument(
            'condition', default_value='',
            description='What changes between views of the turntable: plain, jitter or varied; '
                        'empty for varied.'),
        DeclareLaunchArgument(
            'scene', default_value='',
            description='Things on a swaying table in place of the turntable, 1 to 5; empty for '
                        'the turntable.'),
        DeclareLaunchArgument(
            'objects', default_value='',
            description='Names of those things, e.g. duck,mug; what is missing is dealt.'),
        DeclareLaunchArgument(
            'arrangement', default_value='',
            description='Number of one of the endless arrangements of the things; empty for 0.'),
        DeclareLaunchArgument(
            'floor', default_value='',
            description='What the things stand on, plain or varied; empty for varied.'),
        DeclareLaunchArgument(
            'use_respawn', default_value='false',
            description='Whether to restart the camera if it died.'),
        DeclareLaunchArgument(
            'respawn_delay', default_value='2.0',
            description='Seconds before the restart.'),
        DeclareLaunchArgument(
            'dds_profile', default_value='',
            description='Fast DDS profile, or none to leave Fast DDS alone; empty keeps your '
                        'own if FASTDDS_DEFAULT_PROFILES_FILE or FASTDDS_BUILTIN_TRANSPORTS is '
                        'set, else sets config/fastdds.xml, which has room for raw images.'),
    ]
    return LaunchDescription([
        GroupAction([*arguments, OpaqueFunction(function=names),
                     OpaqueFunction(function=camera_node)], scoped=True)])

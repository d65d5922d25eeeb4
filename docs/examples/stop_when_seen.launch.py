# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Starts the classifier and what stops the robot: ros2 launch ./stop_when_seen.launch.py."""

from pathlib import Path
import sys

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, IncludeLaunchDescription
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

NODE = str(Path(__file__).with_name('stop_when_seen.py'))


def generate_launch_description():
    """Return the classifier on a camera, and the node between controller and robot."""
    return LaunchDescription([
        DeclareLaunchArgument('label', default_value='person', description='What stops the robot'),
        DeclareLaunchArgument('image', default_value='image_raw', description="Camera's topic"),
        DeclareLaunchArgument('controller', default_value='cmd_vel_nav',
                              description='Topic on which the controller speaks'),
        IncludeLaunchDescription(PathJoinSubstitution([
            FindPackageShare('hybrid_snn_ros'), 'launch', 'classifier.launch.py']),
            launch_arguments={'image': LaunchConfiguration('image')}.items()),
        ExecuteProcess(cmd=[
            sys.executable, NODE, '--ros-args', '-p', ['label:=', LaunchConfiguration('label')],
            '-r', ['cmd_vel_in:=', LaunchConfiguration('controller')]], output='screen')])

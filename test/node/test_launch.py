# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The launch files, started by the real ``ros2 launch``: every argument arrives, SIGINT ends with 0.

launch, launch_ros and ros2cli are not on PyPI: these tests run where a ROS installation (or a
colcon workspace with this package) is sourced, and skip elsewhere.
"""

import ast
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time

from declared import launch_arguments, LAUNCH_FILES
from domains import fresh_domain
import pytest
import yaml

pytest.importorskip('launch_ros', reason='launch_ros is not installed (it comes with apt)')
pytest.importorskip('ros2launch', reason='ros2 launch is not installed (it comes with apt)')
ament = pytest.importorskip('ament_index_python')

try:
    ament.get_package_share_directory('hybrid_snn_ros')
except (LookupError, OSError):
    pytest.skip('hybrid_snn_ros is not in the ament index: colcon build and source it first',
                allow_module_level=True)


@pytest.fixture
def environment(tmp_path):
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith(('FASTDDS_', 'FASTRTPS_', 'RMW_'))}
    return {**inherited, 'ROS_DOMAIN_ID': str(fresh_domain()), 'PYTHONUNBUFFERED': '1',
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', 'HOME': str(tmp_path)}


class Launched:
    """A launch file started in a session of its own."""

    def __init__(self, environment, log, file, *arguments):
        self.log = log
        self.home = environment['HOME']
        self._environment = environment
        with open(log, 'wb') as output:
            place = [str(file)] if isinstance(file, Path) else ['hybrid_snn_ros', file]
            self._process = subprocess.Popen(
                [_ros2(), 'launch', *place, *arguments], env=environment,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def text(self):
        return self.log.read_text(errors='replace')

    def wait_for(self, words, seconds=30.0):
        end = time.monotonic() + seconds
        while words not in self.text():
            assert self._process.poll() is None and time.monotonic() < end, self.text()
            time.sleep(0.1)

    def pids(self, executable, count=1):
        """Return the process ids under which an executable was started so far."""
        end = time.monotonic() + 30
        while len(found := re.findall(rf'\[{executable}-\d+\]: process started with pid '
                                      r'\[(\d+)\]', self.text())) < count:
            assert time.monotonic() < end, self.text()
            time.sleep(0.1)
        return [int(pid) for pid in found]

    def end(self):
        """Wait for the end that the launch finds by itself and return its exit code."""
        return self._process.wait(60)

    def ask(self, *words, wanted, seconds=40.0):
        """Run a ros2 command until its output holds what is wanted."""
        end = time.monotonic() + seconds
        output = ''
        while time.monotonic() < end:
            done = subprocess.run([_ros2(), *words], env=self._environment, timeout=30,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            output = done.stdout
            if wanted in output:
                return output
        raise AssertionError(f'{words}: no {wanted!r} in {output!r}\n{self.text()}')

    def interrupt(self):
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(15)
        finally:
            self.kill()

    def kill(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()


def _ros2():
    return os.path.join(os.path.dirname(sys.executable), 'ros2') if os.path.exists(
        os.path.join(os.path.dirname(sys.executable), 'ros2')) else 'ros2'


@pytest.fixture
def start(environment, tmp_path):
    started = []

    def launch(file, *arguments):
        started.append(Launched(environment, tmp_path / f'{len(started)}.log', file, *arguments))
        return started[-1]
    yield launch
    for one in started:
        one.kill()
    subprocess.run([_ros2(), 'daemon', 'stop'], env=environment, timeout=30, check=False,
                   stdout=subprocess.DEVNULL)


def parameters(launched, node):
    """Return all parameters of a node by `ros2 param dump`, once it is there."""
    found = yaml.safe_load(launched.ask('param', 'dump', node, wanted='ros__parameters'))
    return found[node]['ros__parameters']


def environment_of(pid):
    """Return the environment a process was started with."""
    pairs = Path(f'/proc/{pid}/environ').read_bytes().split(b'\0')
    return dict(pair.decode().split('=', 1) for pair in pairs if b'=' in pair)


def test_every_argument_of_the_classifier_arrives(start, tmp_path):
    """Also past a parameter file that speaks to the node by its name; a killed node comes back."""
    params = tmp_path / 'mine.yaml'
    params.write_text('/cell/classifier:\n  ros__parameters:\n    top_k: 3\n'
                      '    image_transport: raw\n    autostart: true\n    learning: true\n')
    launched = start(
        'classifier.launch.py', 'namespace:=cell', f'params_file:={params}',
        'image:=/front/image_raw', 'image_transport:=compressed', f'memory:={tmp_path}/known',
        'where:=on', 'initial_memory:=none', 'remaps:=~/label:=/said ~/teach:=hear',
        'learning:=false', 'use_sim_time:=true', 'autostart:=false', 'log_level:=debug',
        'dds_profile:=none', 'use_respawn:=true', 'respawn_delay:=0.2')
    node = '/cell/classifier'
    found = parameters(launched, node)
    wanted = {'top_k': 3, 'image_transport': 'compressed', 'memory': f'{tmp_path}/known',
              'initial_memory': '', 'learning': False, 'use_sim_time': True, 'autostart': False,
              'where': 'on'}
    assert {name: found[name] for name in wanted} == wanted
    [first] = launched.pids('classifier_node')
    assert 'FASTDDS_DEFAULT_PROFILES_FILE' not in environment_of(first)
    launched.ask('lifecycle', 'set', node, 'configure', wanted='Transitioning successful')
    launched.ask('lifecycle', 'set', node, 'activate', wanted='Transitioning successful')
    info = launched.ask('node', 'info', node, wanted='/front/image_raw/compressed')
    assert '/said: std_msgs/msg/String' in info and '/cell/hear: std_msgs/msg/String' in info
    assert '[DEBUG]' in launched.text()
    os.kill(first, signal.SIGKILL)
    assert launched.pids('classifier_node', 2)[1] != first
    launched.ask('lifecycle', 'get', node, wanted='unconfigured')
    assert launched.interrupt() == 0, launched.text()
    assert 'process has finished cleanly' in launched.text()


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda path: path.name)
def test_every_argument_is_shown(path):
    shown = subprocess.run([_ros2(), 'launch', str(path), '--show-args'], timeout=60,
                           stdout=subprocess.PIPE, text=True, check=True).stdout
    for name, keywords in launch_arguments(path):
        assert f"'{name}':\n        {ast.literal_eval(keywords['description'])}\n" in shown


DRIVER = """#!{python}
import sys, rclpy
from sensor_msgs.msg import CompressedImage, Image
rclpy.init()
node = rclpy.create_node('driver', automatically_declare_parameters_from_overrides=True)
raw = node.create_publisher(Image, 'image_raw', 1)
node.create_publisher(CompressedImage, 'image_raw/compressed', 1)
picture = Image(height=48, width=64, step=192, encoding='rgb8', data=bytes(range(96)) * 96)
node.create_timer(0.1, lambda: raw.publish(picture))
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
"""


@pytest.fixture
def drivers(tmp_path, environment):
    """Make nodes that are called like the drivers from apt, and take any parameters."""
    for package, executable in (('usb_cam', 'usb_cam_node_exe'),
                                ('v4l2_camera', 'v4l2_camera_node')):
        marker = tmp_path / 'apt/share/ament_index/resource_index/packages' / package
        script = tmp_path / 'apt/lib' / package / executable
        for path, text in ((marker, ''), (script, DRIVER.format(python=sys.executable))):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        script.chmod(0o755)
    environment['AMENT_PREFIX_PATH'] = f"{tmp_path / 'apt'}:{environment['AMENT_PREFIX_PATH']}"


def test_a_camera_is_started_along_with_what_it_calls_the_arguments(start, drivers, tmp_path):
    """And the classifier answers it."""
    more = tmp_path / 'driver.yaml'
    more.write_text('/**:\n  ros__parameters:\n    pixel_format: mjpeg2rgb\n'
                    '    framerate: 30.0\n')
    common = ('namespace:=cell', 'camera_device:=/dev/video2', 'camera_width:=320',
              'camera_height:=240', 'camera_rate:=7.5', 'initial_memory:=none')
    launched = start('classifier.launch.py', 'camera:=usb_cam', 'image:=front',
                     f'camera_params_file:={more}', *common)
    found = parameters(launched, '/cell/usb_cam')
    wanted = {'video_device': '/dev/video2', 'image_width': 320, 'image_height': 240,
              'framerate': 7.5, 'pixel_format': 'mjpeg2rgb'}
    assert {name: found.get(name) for name in wanted} == wanted
    launched.ask('topic', 'echo', '--once', '/cell/classifier/label', 'std_msgs/msg/String',
                 wanted='unknown')
    info = launched.ask('node', 'info', '/cell/usb_cam', wanted='/cell/front: sensor_msgs')
    assert '/cell/front/compressed: sensor_msgs' in info
    assert 'FASTDDS_DEFAULT_PROFILES_FILE' in environment_of(
        launched.pids('usb_cam_node_exe')[0])
    assert launched.interrupt() == 0, launched.text()

    launched = start('classifier.launch.py', 'camera:=v4l2_camera', 'use_respawn:=true',
                     'respawn_delay:=0.2', *common)
    found = parameters(launched, '/cell/v4l2_camera')
    assert (found['image_size'], found['time_per_frame']) == ([320, 240], [2, 15])
    launched.ask('topic', 'echo', '--once', '/cell/classifier/label', 'std_msgs/msg/String',
                 wanted='unknown')
    os.kill(launched.pids('v4l2_camera_node')[0], signal.SIGKILL)
    assert len(launched.pids('v4l2_camera_node', 2)) == 2
    assert launched.interrupt() == 0, launched.text()


def test_the_turntable_is_a_camera_too(start):
    launched = start('camera.launch.py', 'namespace:=shop', 'object:=mug', 'condition:=plain',
                     'camera_rate:=12', 'camera_width:=160', 'camera_height:=120',
                     'image:=/seen')
    found = parameters(launched, '/shop/turntable_camera')
    wanted = {'object': 'mug', 'condition': 'plain', 'rate': 12.0, 'width': 160, 'height': 120}
    assert {name: found[name] for name in wanted} == wanted
    launched.ask('topic', 'echo', '--once', '--field', 'width', '/seen', 'sensor_msgs/msg/Image',
                 wanted='160')
    assert launched.interrupt() == 0, launched.text()


def fails(launched):
    """Return the one line with which a launch that starts nothing ends."""
    assert launched.end() == 1
    [line] = [line for line in launched.text().splitlines() if 'ERROR' in line]
    assert 'Traceback' not in launched.text() and 'process started' not in launched.text()
    # 'process started' may come too late to be read: the environment tells who is left.
    mark = f'HOME={launched.home}'.encode()
    for place in Path('/proc').glob('[0-9]*/environ'):
        try:
            left = mark in place.read_bytes().split(b'\0')
        except OSError:
            continue  # gone, or somebody else's
        assert not left, f'{place} is left of {launched.text()}'
    return line


@pytest.mark.parametrize('file, arguments, sentence', [
    ('classifier', ('imge:=/eye',), 'classifier.launch.py has no argument imge; did you mean '
                                    'image? (ros2 launch ... --show-args lists them)'),
    ('classifier', ('parms_file:=/x', 'ports:=0'), 'parms_file, ports; did you mean params_file, '
                                                   'port?'),
    ('classifier', ('page:=false', 'Memory:=/x'), 'no argument Memory; did you mean memory?'),
    ('camera', ('camra:=none',), 'camera.launch.py has no argument camra; did you mean camera?'),
    ('cameras', ('cameras:=a', 'learnig:=false'), 'learnig; did you mean learning?'),
    ('demo', ('objct:=mug',), 'demo.launch.py has no argument objct; did you mean object?'),
    ('teach_page', ('params_file:=/x',), 'params_file; did you mean page_params_file?'),
    ('teach_page', ('zzz:=1',), 'teach_page.launch.py has no argument zzz (ros2 launch')])
def test_a_misspelt_argument_is_named_with_the_nearest_one(start, file, arguments, sentence):
    assert sentence in fails(start(f'{file}.launch.py', *arguments))


@pytest.mark.parametrize('file, argument, section, node', [
    ('classifier', 'params_file', 'clasifier', '/classifier'),
    ('classifier', 'params_file', '/robot/classifier', '/classifier'),
    ('camera', 'camera_params_file', 'turntable', '/turntable_camera'),
    ('teach_page', 'page_params_file', 'classifier', '/teach_page'),
    ('demo', 'page_params_file', 'page', '/teach_page'),
    ('cameras', 'params_file', 'classifier', '/front/classifier')])
def test_a_parameter_file_for_others_or_for_nobody_is_refused(start, tmp_path, file, argument,
                                                              section, node):
    mine = tmp_path / 'mine.yaml'
    mine.write_text(f'{section}: {{ros__parameters: {{a: 1}}}}')
    more = {'cameras': ('cameras:=front',), 'demo': ('port:=0',)}.get(file, ())
    line = fails(start(f'{file}.launch.py', f'{argument}:=~/mine.yaml', *more))
    assert f'{argument}: nothing in {mine} applies to this node, {node}' in line
    if file == 'classifier':
        for path, sentence in ((mine.with_name('mime.yaml'), f'did you mean {mine}?'),
                               ('$HOME/mine.yaml', 'is not expanded here: write ~/mine.yaml')):
            assert sentence in fails(start(f'{file}.launch.py', f'{argument}:={path}'))


@pytest.mark.parametrize('file, arguments, sentence', [
    ('classifier', ('camera:=turntable', 'params_file:=/no.yaml'), 'no parameter file /no.yaml'),
    ('classifier', ('camera:=turntable', 'learning:=perhaps'), 'learning must be'),
    ('classifier', ('camera:=turntable', 'remaps:=a'), 'remaps must be pairs'),
    ('classifier', ('page:=true', 'port:=80a'), 'port must be a whole number'),
    ('classifier', ('page:=1', 'page_params_file:=/no.yaml'), 'no parameter file /no.yaml'),
    ('classifier', ('page:=perhaps',), "page must be 'true' or 'false', not 'perhaps'"),
    ('demo', ('view_only:=perhaps',), 'view_only must be'),
    ('cameras', ('cameras_file:={file}',), 'no parameter file {home}/no.yaml')])
def test_all_is_checked_before_the_first_process_is_there(start, tmp_path, file, arguments,
                                                          sentence):
    """A launch that fails behind its first process leaves that running."""
    several = tmp_path / 'several.yaml'
    several.write_text('front: {camera: turntable}\nrear: {params_file: ~/no.yaml}')
    line = fails(start(f'{file}.launch.py', *(word.format(file=several) for word in arguments)))
    assert sentence.format(home=tmp_path) in line


def test_a_parameter_file_may_lie_at_home_and_speak_to_a_pushed_namespace(start, tmp_path):
    (tmp_path / 'mine.yaml').write_text(
        '/robot/two/classifier: {ros__parameters: {top_k: 3, memory: ~/known}}')
    outer = tmp_path / 'outer.launch.py'
    begin = 'def generate_launch_description():\n'
    outer.write_text(OUTER.split(begin)[0] + begin + """    return LaunchDescription([
        GroupAction([PushRosNamespace('robot'), include(
            namespace='two', params_file='~/mine.yaml')])])
""")
    launched = start(outer, 'speed:=3')  # of the outer file, for all we know
    node = '/robot/two/classifier'
    assert parameters(launched, node)['top_k'] == 3
    launched.wait_for(f'memory {tmp_path}/known: 0 labels')
    assert launched.interrupt() == 0, launched.text()


@pytest.mark.parametrize('own', [
    {'FASTDDS_DEFAULT_PROFILES_FILE': '{home}/mine.xml'},
    {'FASTRTPS_DEFAULT_PROFILES_FILE': '{home}/mine.xml'},
    {'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'}])
def test_a_users_own_set_up_of_fast_dds_is_kept_and_that_is_told_once(start, environment, tmp_path,
                                                                      own):
    (tmp_path / 'mine.xml').write_text(
        '<profiles xmlns="http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"/>')
    own = {name: value.format(home=tmp_path) for name, value in own.items()}
    environment.update(own)
    launched = start('classifier.launch.py', 'camera:=turntable', 'initial_memory:=none')
    for executable in ('turntable_camera', 'classifier_node'):
        found = environment_of(launched.pids(executable)[0])
        assert {name: value for name, value in found.items() if name.startswith('FAST')} == own
    assert [line.count(next(iter(own.values()))) for line in launched.text().splitlines()
            if 'is kept' in line] == [1]
    launched.wait_for('0 labels')
    assert launched.interrupt() == 0, launched.text()


@pytest.mark.parametrize('arguments, sentence', [
    (('memory:=$HOME/robot',), '$HOME in $HOME/robot is not expanded here: write ~/robot'),
    (('memory:=~nobody_is_called_so',), 'there is no user nobody_is_called_so'),
    (('initial_memory:=~nobody_is_called_so/x',), 'there is no user nobody_is_called_so'),
    (('dds_profile:=/no/x.xml',), 'there is no dds_profile /no/x.xml, not even the directory'),
    (('camera:=v4l2_camera',), 'camera:=v4l2_camera needs the package v4l2_camera, which is not '
                               'installed: sudo apt install ros-'),
    (('use_respawn:=maybe',), "use_respawn must be 'true' or 'false', not 'maybe'")])
def test_a_wrong_argument_ends_with_one_sentence(start, arguments, sentence):
    assert sentence in fails(start('classifier.launch.py', *arguments))


OUTER = """
from launch import LaunchDescription
from launch.actions import GroupAction, IncludeLaunchDescription, LogInfo
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import PushRosNamespace, SetRemap
from launch_ros.substitutions import FindPackageShare


def include(file='classifier.launch.py', **arguments):
    return IncludeLaunchDescription(
        PathJoinSubstitution([FindPackageShare('hybrid_snn_ros'), 'launch', file]),
        launch_arguments={'initial_memory': 'none', **arguments}.items())


def left():
    return LogInfo(msg=['left: ', *(
        part for name in ('namespace', 'log_level', 'image', 'camera', 'object', 'memory')
        for part in (LaunchConfiguration(name, default='-'), ' ')),
        EnvironmentVariable('FASTDDS_DEFAULT_PROFILES_FILE', default_value='-')])


def generate_launch_description():
    return LaunchDescription([
        GroupAction([SetRemap('~/label', '/one/sees'), include(
            namespace='one', memory='MEMORY', image='/eye', log_level='debug')]),
        left(),
        GroupAction([PushRosNamespace('robot'), include(namespace='two', dds_profile='none')]),
        left(),
        include('camera.launch.py', camera='none'),
        include('demo.launch.py', page='false', namespace='three')])
"""


def test_the_launch_files_may_be_included_often_and_leave_nothing_behind(start, tmp_path):
    outer = tmp_path / 'outer.launch.py'
    outer.write_text(OUTER.replace('MEMORY', str(tmp_path / 'known')))
    launched = start(outer)
    one, two = (parameters(launched, node) for node in ('/one/classifier',
                                                       '/robot/two/classifier'))
    assert (one['memory'], two['memory']) == (str(tmp_path / 'known'), '')
    info = launched.ask('node', 'info', '/one/classifier', wanted='/eye: sensor_msgs')
    assert '/one/sees: std_msgs' in info
    info = launched.ask('node', 'info', '/robot/two/classifier',
                        wanted='/robot/two/image: sensor_msgs')
    assert '/robot/two/classifier/label: std_msgs' in info
    launched.ask('topic', 'echo', '--once', '/three/classifier/label', 'std_msgs/msg/String',
                 wanted='unknown')
    has = ['FASTDDS_DEFAULT_PROFILES_FILE' in environment_of(pid)
           for pid in launched.pids('classifier_node', 3)]
    assert has == [True, False, True]
    assert launched.text().count('left: - - - - - - -') == 2, launched.text()
    assert launched.interrupt() == 0, launched.text()


def test_several_cameras_share_a_memory_and_what_is_taught_at_any_of_them(start, tmp_path):
    launched = start('cameras.launch.py', 'namespace:=robot', 'cameras:=front,rear',
                     f'memory:={tmp_path}/common', 'camera:=turntable', 'object:=mug',
                     'camera_rate:=5', 'initial_memory:=none')
    for side in ('front', 'rear'):
        found = parameters(launched, f'/robot/{side}/classifier')
        assert (found['learning'], found['memory']) == (True, f'{tmp_path}/common')
        launched.ask('topic', 'echo', '--once', f'/robot/{side}/classifier/label',
                     'std_msgs/msg/String', wanted='unknown')
    launched.ask('topic', 'pub', '-w', '1', '--once', '/robot/rear/classifier/teach',
                 'std_msgs/msg/String', 'data: mug', wanted='publishing')
    launched.ask('topic', 'echo', '--once', '/robot/front/classifier/label',
                 'std_msgs/msg/String', wanted='mug')
    assert launched.interrupt() == 0, launched.text()


def test_the_defaults_come_from_the_parameter_file(start):
    launched = start('classifier.launch.py')
    launched.ask('lifecycle', 'get', '/classifier', wanted='active')
    launched.ask('param', 'get', '/classifier', 'image_transport', wanted='raw')
    launched.ask('param', 'get', '/classifier', 'initial_memory', wanted='everyday.memory')
    launched.ask('topic', 'echo', '--once', '--full-length', '--qos-durability',
                 'transient_local', '--qos-reliability', 'reliable', '/classifier/labels',
                 'std_msgs/msg/String', wanted='accordion')
    assert launched.interrupt() == 0, launched.text()


def test_a_parameter_file_that_looks_otherwise_begins_with_nothing_it_cannot_use(start, tmp_path):
    params = tmp_path / 'mine.yaml'
    params.write_text('/**:\n  ros__parameters:\n    roi: [0.0, 0.0, 0.5, 1.0]\n')
    launched = start('classifier.launch.py', f'params_file:={params}')
    launched.ask('lifecycle', 'get', '/classifier', wanted='active')
    launched.ask('param', 'get', '/classifier', 'initial_memory', wanted='String value is:')
    assert '0 labels, 0 samples' in launched.text()
    assert launched.interrupt() == 0, launched.text()


def test_a_profile_is_handed_to_fast_dds(start, tmp_path):
    broken = tmp_path / 'broken.xml'
    broken.write_text('<profiles><nonsense/></profiles>')
    launched = start('classifier.launch.py', f'dds_profile:={broken}')
    launched.wait_for('XMLPARSER')  # Fast DDS complains of the file: so it was read
    launched.interrupt()


def test_the_demo_launches_camera_classifier_and_page(start):
    launched = start('demo.launch.py', 'namespace:=shop', 'object:=mug', 'condition:=plain',
                     'rate:=7.5', 'port:=0')  # the last one is the page's
    launched.ask('lifecycle', 'get', '/shop/classifier', wanted='active')
    found = parameters(launched, '/shop/turntable_camera')
    assert (found['object'], found['condition'], found['rate']) == ('mug', 'plain', 7.5)
    launched.ask('topic', 'echo', '--once', '/shop/classifier/label', 'std_msgs/msg/String',
                 wanted='unknown')
    launched.wait_for('the page is at http://127.0.0.1:')
    assert launched.interrupt() == 0, launched.text()
    assert launched.text().count('process has finished cleanly') == 3


def test_the_demo_shows_a_scene_in_which_things_can_be_found(start):
    """Arguments of the files it includes are taken, too."""
    launched = start('demo.launch.py', 'scene:=4', 'objects:=mug,duck', 'arrangement:=2',
                     'floor:=plain', 'where:=on', 'page:=false')
    launched.ask('lifecycle', 'get', '/classifier', wanted='active')
    found = parameters(launched, '/turntable_camera')
    wanted = {'scene': 4, 'objects': 'mug,duck', 'arrangement': 2, 'floor': 'plain'}
    assert {name: found[name] for name in wanted} == wanted
    assert parameters(launched, '/classifier')['where'] == 'on'
    launched.ask('topic', 'echo', '--once', '/turntable_camera/view', 'std_msgs/msg/String',
                 wanted='things')
    assert launched.interrupt() == 0, launched.text()
    assert launched.text().count('process has finished cleanly') == 2


def test_every_argument_of_the_page_arrives(start, tmp_path):
    params = tmp_path / 'page.yaml'
    params.write_text('/**:\n  ros__parameters:\n    quality: 60\n    port: 8080\n')
    launched = start(
        'teach_page.launch.py', 'namespace:=cell', f'page_params_file:={params}', 'image:=/eye',
        'host:=127.0.0.1', 'port:=0', 'pin:=123456', 'view_only:=true', 'use_respawn:=true',
        'respawn_delay:=0.2', 'image_transport:=compressed', 'classifier:=mind')
    found = parameters(launched, '/cell/teach_page')
    wanted = {'quality': 60, 'host': '127.0.0.1', 'port': 0, 'pin': '123456', 'view_only': True,
              'image_transport': 'compressed', 'classifier': 'mind'}
    assert {name: found[name] for name in wanted} == wanted
    os.kill(launched.pids('teach_page')[0], signal.SIGKILL)
    assert len(launched.pids('teach_page', 2)) == 2
    assert launched.interrupt() == 0, launched.text()
    launched = start('teach_page.launch.py', 'certificate:=/none.pem', 'key:=/none.key')
    launched.wait_for('/none.pem')

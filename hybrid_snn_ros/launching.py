# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What the arguments of our launch files mean: texts in, checked values out.

The launch files themselves (``launch/``) only declare arguments and start nodes.  All functions
take ``given``, the launch configurations as {name: text}, and raise ValueError with a sentence
that names the argument.
"""

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from pathlib import Path
import re
from typing import Any, NamedTuple, overload

from hybrid_snn_ros import parameter_files
from hybrid_snn_ros.dds_profile import choose, NONE, variable
from hybrid_snn_ros.launch_arguments import check_names
from hybrid_snn_ros.paths import PathError, user_path

_Table = Mapping[str, Callable[[dict[str, str], str], Any]]
# What everyday.memory was taught with; through anything else it says nothing.
EVERYDAY = {'model': '', 'roi': [0.0, 0.0, 1.0, 1.0], 'crop': 0.875}


def truth(given: dict[str, str], name: str) -> bool:
    """Read an argument as true or false."""
    if given[name].lower() not in ('true', 'false'):
        raise ValueError(f"{name} must be 'true' or 'false', not {given[name]!r}")
    return given[name].lower() == 'true'


@overload
def number(given: dict[str, str], name: str) -> Fraction | None: ...


@overload
def number(given: dict[str, str], name: str, kind: type[int]) -> int | None: ...


def number(given: dict[str, str], name: str,
           kind: type[Fraction] | type[int] = Fraction) -> Fraction | int | None:
    """Read an argument as a number above 0, None where it is empty."""
    if given[name] == '':
        return None
    try:
        value = kind(given[name])
    except (ValueError, ZeroDivisionError):
        value = 0
    if value <= 0:
        what = 'a whole number' if kind is int else 'a number'
        raise ValueError(f'{name} must be {what} above 0, not {given[name]!r}')
    return value


def whole(given: dict[str, str], name: str) -> int:
    """Read an argument as a whole number."""
    if not given[name].isdecimal():
        raise ValueError(f'{name} must be a whole number, not {given[name]!r}')
    return int(given[name])


def path(given: dict[str, str], name: str) -> str:
    """Read an argument as a path, whose ~ is replaced."""
    try:
        return str(user_path(given[name]))
    except PathError as error:
        raise ValueError(f'{name}: {error}') from None


# Launch arguments that are parameters of a node: name -> how its text becomes a value.
CLASSIFIER: _Table = {'image_transport': dict.get, 'memory': path, 'learning': truth,
                      'where': dict.get, 'fleet': dict.get, 'use_sim_time': truth,
                      'autostart': truth}
PAGE: _Table = {
    'host': dict.get, 'port': whole, 'pin': dict.get, 'view_only': truth,
    'image_transport': dict.get, 'public_host': dict.get, 'public_url': dict.get,
    'classifier': dict.get, 'certificate': path, 'key': path}
TURNTABLE: _Table = {'object': dict.get, 'condition': dict.get, 'scene': whole,
                     'objects': dict.get, 'arrangement': whole, 'floor': dict.get}


def overrides(given: dict[str, str], table: _Table) -> dict[str, Any]:
    """Return {parameter: value}; what is empty leaves the value of the parameter file alone."""
    return {name: value_of(given, name) for name, value_of in table.items() if given[name] != ''}


def respawn(given: dict[str, str]) -> dict[str, Any]:
    """Return the keywords with which a node is started again when it has died."""
    return {'respawn': truth(given, 'use_respawn'),
            'respawn_delay': float(number(given, 'respawn_delay') or 0)}


def remappings(given: dict[str, str]) -> list[tuple[str, ...]]:
    """Read the pairs of `remaps`, like '~/label:=/label ~/teach:=/teach'."""
    pairs = [tuple(word.split(':=')) for word in given['remaps'].split()]
    for pair in pairs:
        if len(pair) != 2 or not all(pair):
            raise ValueError("remaps must be pairs from:=to with spaces between them, not "
                             f"'{':='.join(pair)}'")
    return pairs


def initial_memory(given: dict[str, str], everyday: str) -> str | None:
    """
    Return what an empty memory begins with, '' for nothing; None leaves it to the parameter file.

    :param everyday: path of the file for those who neither choose one nor look otherwise.
    """
    chosen = given['initial_memory']
    if chosen:
        return '' if chosen == NONE else path(given, 'initial_memory')
    try:
        named = _of_classifier(parameter_files.load(given['params_file']))
    except ValueError:
        named = {}  # parameter_file says what is wrong with it
    fits = all(named.get(name, value) == value for name, value in EVERYDAY.items())
    return everyday if fits and not named.get('initial_memory') else None


def _of_classifier(tree: Any) -> dict[str, Any]:
    """Return the parameters that a parameter file gives the classifier, in any namespace."""
    found: dict[str, Any] = {}
    for name, values in parameter_files.sections(tree):
        if isinstance(values, dict) and name.split('/')[-1] in ('classifier', '*', '**'):
            found.update(values)
    return found


def dds_profile(given: dict[str, str], ours: Path | str,
                environment: Mapping[str, str]) -> tuple[dict[str, str], str, str]:
    """
    Return ({environment variable: profile of Fast DDS}, `dds_profile` for included files, remark).

    :param ours: path of the profile that is shipped.
    :param environment: of the nodes.
    """
    path, remark = choose(given['dds_profile'], ours, environment)
    return ({variable(environment.get('ROS_DISTRO')): path} if path else {}), path or NONE, remark


# -- files and names -----------------------------------------------------------------------------


def parameter_file(given: dict[str, str], argument: str, node: str) -> str:
    """
    Return the path of a parameter file that speaks to a node.

    :param argument: which launch argument names the file.
    :param node: name of the node, which `namespace` and pushed namespaces come before.
    """
    above, below = given.get('ros_namespace', ''), given['namespace']
    namespace = below if below.startswith('/') else f'{above}/{below}'
    file = path(given, argument)
    if not re.search(r'(^|\s)([\w*]+:)?__(ns|node|name):=', given.get('remaps', '')):
        name = parameter_files.remapped(node, namespace, [])
        try:
            parameter_files.check(file, name)
        except ValueError as error:
            raise ValueError(f'{argument}: {error}') from None
    return file


def check(given: dict[str, str], ours: Path | str, environment: Mapping[str, str],
          find: Callable[[str], object]) -> None:
    """
    Raise ValueError for whatever is wrong with the arguments of classifier.launch.py.

    All at once, before the first process is there: a launch that fails later leaves it behind.

    :param given: all launch configurations, also those of the included files.
    :param ours, environment: as for `dds_profile`.
    :param find: function of a package, which raises LookupError where it is not installed.
    """
    dds_profile(given, ours, environment)
    remappings(given)
    respawn(given)
    overrides(given, CLASSIFIER)
    initial_memory(given, '')
    parameter_file(given, 'params_file', 'classifier')
    driver = camera(given)
    if driver is not None:
        installed(driver, find, environment)
        if given['camera_params_file']:
            parameter_file(given, 'camera_params_file', driver.name)
    page = {'1': 'true', '0': 'false'}.get(given['page'], given['page'])  # as IfCondition has it
    if truth({'page': page}, 'page'):
        overrides(given, PAGE)
        parameter_file(given, 'page_params_file', 'teach_page')


# -- one camera ----------------------------------------------------------------------------------


class Camera(NamedTuple):
    """A node that publishes pictures."""

    package: str
    executable: str
    name: str
    parameters: dict[str, Any]

    def missing(self, distribution: str | None) -> str:
        """Return the sentence that tells how to get it."""
        return (f'camera:={self.package} needs the package {self.package}, which is not '
                f"installed: sudo apt install ros-{distribution or '<distribution>'}-"
                f"{self.package.replace('_', '-')}")


def camera(given: dict[str, str]) -> Camera | None:
    """Return the Camera of `camera` with the parameters it calls the arguments; None for none."""
    choice = given['camera']
    if choice == NONE:
        return None
    makers = {'usb_cam': _usb_cam, 'v4l2_camera': _v4l2_camera, 'turntable': _turntable}
    if choice not in makers:
        raise ValueError(f"camera must be none, {', '.join(makers)}, not {choice!r}")
    found = makers[choice](given, number(given, 'camera_width', int),
                           number(given, 'camera_height', int), number(given, 'camera_rate'))
    return found._replace(parameters={
        name: value for name, value in found.parameters.items() if value not in (None, '')})


def installed(camera: Camera, find: Callable[[str], object],
              environment: Mapping[str, str]) -> None:
    """Raise ValueError where the package of a camera cannot be found."""
    try:
        find(camera.package)
    except LookupError:
        raise ValueError(camera.missing(environment.get('ROS_DISTRO'))) from None


def _usb_cam(given: dict[str, str], width: int | None, height: int | None,
             rate: Fraction | None) -> Camera:
    return Camera('usb_cam', 'usb_cam_node_exe', 'usb_cam', {
        'video_device': given['camera_device'], 'image_width': width, 'image_height': height,
        'framerate': rate and float(rate)})


def _v4l2_camera(given: dict[str, str], width: int | None, height: int | None,
                 rate: Fraction | None) -> Camera:
    if (width is None) != (height is None):
        raise ValueError('v4l2_camera needs camera_width and camera_height, or neither')
    period = rate and 1 / rate.limit_denominator(1001)  # seconds as numerator, denominator
    return Camera('v4l2_camera', 'v4l2_camera_node', 'v4l2_camera', {
        'video_device': given['camera_device'], 'image_size': width and [width, height],
        'time_per_frame': period and [period.numerator, period.denominator]})


def _turntable(given: dict[str, str], width: int | None, height: int | None,
               rate: Fraction | None) -> Camera:
    return Camera('hybrid_snn_ros', 'turntable_camera', 'turntable_camera', {
        **overrides(given, TURNTABLE), 'width': width, 'height': height,
        'rate': rate and float(rate)})


# -- several cameras -----------------------------------------------------------------------------


class Place(NamedTuple):
    """One of several cameras."""

    namespace: str
    arguments: dict[str, str]  # of classifier.launch.py, name -> text


def cameras(given: dict[str, str], known: Collection[str]) -> list[Place]:
    """
    Return the Places of `cameras`, or of `cameras_file`.

    Those with the same memory share it: each of them may be taught, and all know it.

    :param known: names of the arguments that classifier.launch.py has.
    """
    places: list[Place] = []
    for name, own in _chosen(given).items():
        arguments = {'image': given['image'], 'memory': given['memory'],
                     **_checked(name, own, known)}
        above = given['namespace']
        namespace = f"{above.rstrip('/')}/{name}" if above else name
        places.append(Place(namespace, arguments))
    return places


def _chosen(given: dict[str, str]) -> dict[str, Any]:
    """Return {name: {launch argument: value}}."""
    if given['cameras']:
        names = [name.strip() for name in given['cameras'].split(',')]
        if len(set(names)) < len(names):
            raise ValueError(f"cameras names one camera twice: {given['cameras']}")
        return dict.fromkeys(names)
    file = user_path(given['cameras_file'])
    _, found = parameter_files.read(file, 'cameras_file')
    if not isinstance(found, dict) or not found:
        raise ValueError(f'cameras_file {file} must name cameras, each with its launch arguments')
    return found


def _checked(name: str, own: Any, known: Collection[str]) -> dict[str, str]:
    """Return the launch arguments of one camera as text, without those that are left empty."""
    own = {} if own is None else own
    if not re.fullmatch('[A-Za-z][A-Za-z0-9_]*', str(name)):
        raise ValueError(f'a camera is named by its namespace, and {str(name)!r} cannot be one')
    if not isinstance(own, dict):
        raise ValueError(f'the camera {name} needs launch arguments, not {own!r}')
    check_names(sorted(map(str, own)), known, f'the camera {name}: classifier.launch.py')
    for key, value in own.items():
        if isinstance(value, (dict, list)):
            raise ValueError(f'the camera {name}: {key} takes one value, not {value!r}')
    return {key: str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in own.items() if value is not None}

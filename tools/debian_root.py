# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A Debian in a directory, to try the package in: made by debootstrap, entered by chroot."""

from importlib import metadata
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import time

SUITE = 'bookworm'
# Whatever is run or mounted behind this ends with the program that started it.
APART = ('unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child')
ENTER = """
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
mount --rbind /sys "$ROOT/sys"
if [ -n "$CPUINFO" ]; then mount --bind "$CPUINFO" "$ROOT/proc/cpuinfo"; fi
exec env -i HOME=/srv LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \\
    PATH=/srv/venv/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin QEMU_CPU="$CPU" \\
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \\
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt chroot "$ROOT" bash -euc "$1"
"""


class Missing(RuntimeError):
    """What this needs is not here; the message says what to do."""


def check():
    """Raise Missing if no Debian can be made here."""
    if os.geteuid() != 0:
        raise Missing('debootstrap and chroot need root: run it with sudo')
    for program, package in (('debootstrap', 'debootstrap'), ('unshare', 'util-linux'),
                             ('git', 'git')):
        if shutil.which(program) is None:
            raise Missing(f'{program} is not here: apt install {package}')


def step(text, command, **options):
    """Do one step, its output shown; raise CalledProcessError if it fails."""
    print(f'\n== {text}', flush=True)
    begin = time.monotonic()
    subprocess.run(command, check=True, **options)
    print(f'== done in {time.monotonic() - begin:.0f} s', flush=True)


class DebianRoot:
    """A Debian of its own; what runs in it has mounts and processes of its own."""

    def __init__(self, directory, packages, architecture='', cpu='', cpuinfo=''):
        """
        Make it, unless it is there already.

        :param directory: where it goes, as ``root``; see ``path``.
        :param packages: names of Debian packages that are in it from the start.
        :param architecture: of dpkg, '' for that of this computer.
        :param cpu, cpuinfo: the emulated processor, and what its /proc/cpuinfo says.
        """
        self.path = directory / 'root'
        self.home = self.path / 'srv'  # where everything is done
        self._variables = {'ROOT': str(self.path), 'CPU': cpu, 'CPUINFO': ''}
        ready = directory / 'root.ready'
        if not ready.exists():
            shutil.rmtree(self.path, ignore_errors=True)  # of a run that was broken off
            options = [f'--arch={architecture}'] if architecture else []
            step(f'a Debian ({SUITE}) in {self.path}, a few minutes', [
                *APART, 'debootstrap', *options, '--variant=minbase',
                f"--include={','.join(('ca-certificates', *packages))}", SUITE, str(self.path)],
                stdout=subprocess.DEVNULL)
            ready.touch()
        if cpuinfo:
            (directory / 'cpuinfo').write_text(cpuinfo)
            self._variables['CPUINFO'] = str(directory / 'cpuinfo')
        for path in ('/etc/resolv.conf', '/etc/hosts', '/etc/pip.conf',
                     '/etc/ssl/certs/ca-certificates.crt'):
            if Path(path).exists():
                shutil.copyfile(path, self.path / path[1:])

    def put_sources(self, project):
        """Put what is committed of a project into `home`/project."""
        place = self.home / 'project'
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        archive = subprocess.run(['git', '-C', str(project), 'archive', 'HEAD'], check=True,
                                 capture_output=True).stdout
        subprocess.run(['tar', '-x', '-C', str(place)], input=archive, check=True)
        return place

    def run(self, text, command):
        """Do one step in it: lines for bash -eu, in `home`."""
        step(text, [*APART, 'bash', '-euc', ENTER, 'enter', f'cd /srv\n{command}'],
             env={**os.environ, **self._variables})


def commit_of(project):
    """Return what the committed sources are called."""
    return subprocess.run(['git', '-C', str(project), 'describe', '--always', '--dirty'],
                          check=True, capture_output=True, text=True).stdout.strip()


def run_tool(name, text, check_all, main):
    """
    Run a program whose one argument is a directory, a temporary one where it is left out.

    :param name: of the program, as it complains.
    :param text: its help.
    :param check_all: function that raises Missing if it cannot do its work.
    :param main: function of the directory; returns the exit code.
    """
    if len(sys.argv) > 2 or sys.argv[1:2] in (['-h'], ['--help']):
        print(text)
        sys.exit(2 if len(sys.argv) > 2 else 0)
    try:
        check_all()
        if len(sys.argv) == 2:
            place = Path(sys.argv[1]).resolve()
            place.mkdir(parents=True, exist_ok=True)
            sys.exit(main(place))
        with tempfile.TemporaryDirectory(prefix=f'{name}_') as temporary:
            sys.exit(main(Path(temporary)))
    except (Missing, OSError, metadata.PackageNotFoundError) as error:
        sys.exit(f'{name}: {error}')
    except subprocess.CalledProcessError as error:
        sys.exit(f'{name}: this step failed with code {error.returncode}')
    except KeyboardInterrupt:
        sys.exit(f'{name}: broken off; what it had started has ended')

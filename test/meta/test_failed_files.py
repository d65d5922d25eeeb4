# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``make test-failed``: which files are run again."""

import subprocess
import sys

from checkout import ROOT


def test_what_failed_is_run_again_by_whole_files_and_none_is_an_error(tmp_path):
    (tmp_path / 'test_good.py').write_text('def test_it():\n    pass\n')
    bad = ('import pytest\n\n\ndef test_first():\n    pass\n\n\n'
           '@pytest.mark.parametrize("name", ("a::b", "c d"))\n'
           'def test_second(name):\n    assert not name\n')
    (tmp_path / 'test_bad.py').write_text(bad)
    (tmp_path / 'test_broken.py').write_text('import no_module_of_this_name\n')

    def failed_files():
        return subprocess.run([sys.executable, str(ROOT / 'tools' / 'failed_files.py')],
                              cwd=tmp_path, check=False, capture_output=True, text=True)
    none = failed_files()
    assert none.returncode == 1 and 'no test that failed' in none.stderr, none
    subprocess.run([sys.executable, '-m', 'pytest', '-q', '--continue-on-collection-errors'],
                   cwd=tmp_path, check=False, capture_output=True)
    some = failed_files()
    assert (some.returncode, some.stdout) == (0, 'test_bad.py test_broken.py\n'), some
    (tmp_path / 'test_bad.py').write_text(bad.replace('not name', 'name'))
    (tmp_path / 'test_broken.py').write_text('def test_it():\n    pass\n')
    subprocess.run([sys.executable, '-m', 'pytest', '-q'], cwd=tmp_path, check=True,
                   capture_output=True)
    assert failed_files().returncode == 1

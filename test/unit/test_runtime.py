# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Opening a model: which delegate really computes, which CPUs threads really use, refusals."""

import os
from pathlib import Path
import shutil
import subprocess
import threading

from checkout import MODEL
import numpy as np
import pytest

from hybrid_snn_ros.vision.encoder import Encoder
from hybrid_snn_ros.vision.probe import load_probed
from hybrid_snn_ros.vision.runtime import EncoderError, load_runtime, read_cpus

GREY = np.full((224, 224, 3), 90, np.uint8)
on_linux = pytest.mark.skipif(not hasattr(os, 'sched_setaffinity'), reason='binding is Linux only')

# A real delegate library over the C interface of TFLite (core/c/common.h), written out as far as
# it is used. It takes over every operator, or none, and computes nothing.
LIBRARY = r"""
#include <stddef.h>
#include <stdint.h>
typedef struct Context Context;
typedef struct Delegate { void *data; int (*prepare)(Context *, struct Delegate *);
    void *unused[3]; int64_t flags; void *opaque; } Delegate;
typedef struct { void *init, *free; int (*prepare)(Context *, void *);
    int (*invoke)(Context *, void *); void *profile; int32_t code; const char *name; int version;
    void *external, *async; uint64_t inplace; } Kernel;
struct Context { size_t count; int (*plan)(Context *, void **); void *tensors, *impl, *resize,
    *report, *add, *node; int (*replace)(Context *, Kernel, const void *, Delegate *); };
static int nothing(Context *context, void *node) { return 0; }
static int prepare(Context *context, Delegate *delegate) {
    Kernel kernel = {0};
    void *all;
    kernel.prepare = kernel.invoke = nothing;
    kernel.name = "Nothing";
    kernel.version = 1;
    return TAKES && (context->plan(context, &all) || context->replace(context, kernel, all,
                                                                      delegate));
}
static Delegate delegate = {.prepare = prepare};
void *tflite_plugin_create_delegate(char **keys, char **values, size_t count,
                                    void (*report)(const char *)) {
    if (FAILS) report("no accelerator\nis plugged in");
    return FAILS ? NULL : &delegate;
}
void tflite_plugin_destroy_delegate(void *delegate) {}
"""


@pytest.fixture
def library(tmp_path):
    """Return a function that compiles the delegate."""
    if shutil.which('cc') is None:
        pytest.skip('needs a C compiler')

    def make(takes, fails=False):
        path = tmp_path / f'libdelegate{takes:d}{fails:d}.so'
        subprocess.run(['cc', '-shared', '-fPIC', f'-DTAKES={takes:d}', f'-DFAILS={fails:d}', '-x',
                        'c', '-', '-o', str(path)], input=LIBRARY.encode(), check=True, timeout=60)
        return str(path)
    return make


@pytest.mark.parametrize('delegate', ['auto', 'xnnpack', 'none'])
def test_the_delegate_that_computes_is_named(delegate):
    pytest.importorskip('ai_edge_litert', reason='tflite-runtime has no XNNPACK for int8 on x86')
    encoder = Encoder(MODEL, delegate=delegate)
    plain = delegate == 'none'
    assert encoder.delegate == ('none' if plain else 'XNNPACK')
    assert ('without delegate' in encoder.runtime) == plain
    assert ('(XNNPACK)' in encoder.describe()) != plain
    assert encoder.codes(GREY).any()


@pytest.mark.filterwarnings('ignore::RuntimeWarning')  # what no one writes may be no number
def test_an_external_delegate_computes_and_is_named(library):
    path = library(takes=True)
    encoder = load_probed(None, delegate=path)
    assert encoder.delegate == path and Path(path).name in encoder.runtime
    assert path in encoder.describe()
    # It computes nothing, and no one else does: whatever is seen, the answer stays what it was.
    noise = np.random.default_rng(0).integers(0, 256, GREY.shape, np.uint8)
    np.testing.assert_array_equal(encoder.codes(GREY), encoder.codes(noise))


def test_a_delegate_that_is_of_no_use_is_refused_in_a_sentence(library):
    for path, words in ((library(takes=False), 'takes over no part of'),
                        (library(takes=True, fails=True), 'no accelerator is plugged in'),
                        ('/nowhere/libedgetpu.so.1', 'cannot be loaded: .*No such file'),
                        ('libc.so.6', 'is no TFLite delegate')):
        with pytest.raises(EncoderError, match=words) as caught:
            load_probed(None, delegate=path)
        assert path in str(caught.value) and '\n' not in str(caught.value)


@on_linux
def test_every_thread_of_the_encoder_keeps_to_its_cpus():
    usable = sorted(os.sched_getaffinity(0))
    chosen = usable[-1]
    before = {int(name) for name in os.listdir('/proc/self/task')}
    encoder = Encoder(MODEL, threads=2, cpus=str(chosen))
    assert encoder.cpus == (chosen,) and f'on CPU {chosen}' in encoder.describe()
    pool = {int(name) for name in os.listdir('/proc/self/task')} - before
    assert pool and all(os.sched_getaffinity(thread) == {chosen} for thread in pool)
    assert sorted(os.sched_getaffinity(0)) == usable  # this thread is as free as it was
    found = []

    def work():
        encoder.pin_thread()
        found.append((os.sched_getaffinity(0), encoder.codes(GREY).any()))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert found == [({chosen}, True)]
    assert sorted(os.sched_getaffinity(0)) == usable


def test_a_runtime_that_does_not_tell_what_computes_is_unknown_and_works(monkeypatch):
    """The call is not official: a runtime to come may lack it, or answer it otherwise."""
    module, _ = load_runtime()
    usual = module.Interpreter._get_ops_details
    monkeypatch.delattr(module.Interpreter, '_get_ops_details')
    encoder = Encoder(MODEL)
    assert (encoder.delegate, encoder.codes(GREY).any()) == ('unknown', True)
    assert Encoder(MODEL, delegate='xnnpack').delegate == 'unknown'
    monkeypatch.setattr(module.Interpreter, '_get_ops_details', lambda self: [{}], raising=False)
    assert Encoder(MODEL).delegate == 'unknown'
    monkeypatch.setattr(module.Interpreter, '_get_ops_details', usual)
    assert Encoder(MODEL).delegate != 'unknown'


@on_linux
@pytest.mark.parametrize('text, words', [
    ('0-', "'0-'"), ('a', "'a'"), ('-1', "'-1'"), (',', "','"), ('3-1', 'lower end'),
    ('0;1', "'0;1'"), (0, 'not 0'), (None, 'None'), ('9999', 'CPU 9999 is not among'),
    ('0-9999', 'is not among'), ('\u0660', 'not'), ('0' * 999, 'not')])
def test_cpus_that_cannot_be_used_are_refused_in_a_sentence(text, words):
    with pytest.raises(EncoderError, match=words) as caught:
        Encoder(MODEL, cpus=text)
    assert '\n' not in str(caught.value) and len(str(caught.value)) < 5000


@on_linux
def test_cpus_are_numbers_and_ranges():
    cpus = sorted(os.sched_getaffinity(0))
    assert read_cpus('') == frozenset()
    assert read_cpus(f' {cpus[0]}, {cpus[-1]}') == {cpus[0], cpus[-1]}
    assert read_cpus(f'{cpus[0]}-{cpus[0]}') == {cpus[0]}

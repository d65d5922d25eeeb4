# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""`hybrid-snn build-encoder`: write the encoder's TFLite file, whole or cut in its middle."""

import argparse
from pathlib import Path

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain, printable

DEFAULT_OUTPUT = 'models/efficientnet_{variant}_{kind}.tflite'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's options to `parser`."""
    parser.add_argument('--variant', default='lite0', choices=('lite0', 'lite1', 'lite2'),
                        help='size of the network: larger networks see more and take longer '
                             '(default: %(default)s)')
    parser.add_argument('--output', type=a_path, metavar='FILE',
                        help='file to write; its description goes beside it as .yaml (default: '
                             f'{DEFAULT_OUTPUT.format(variant="VARIANT", kind="int8")}, or '
                             'float32, _with_logits)')
    parser.add_argument('--float', action='store_true', dest='floating',
                        help='float32 weights and activations instead of int8')
    parser.add_argument('--with-logits', action='store_true',
                        help='also output the 1000 ImageNet class scores, to check the model')
    parser.add_argument('--calibrate', type=a_path, metavar='FOLDER',
                        help='fit the steps of the int8 model to these photographs (up to 200, '
                             'jpg or png, also in folders below) instead of the usual ones')
    parser.add_argument('--cut', type=a_path, metavar='MODEL',
                        help='write no encoder from the weights, but this int8 one cut before its '
                             'last stride, for pictures of 320 x 240: what says where things are '
                             '(default output: MODEL with _cut in its name)')


def main(args: argparse.Namespace) -> int:
    """Build the encoder and print its sha256; return 0, or 1 with one sentence on stderr."""
    from hybrid_snn_ros.vision.efficientnet import BuildError, VARIANTS
    from hybrid_snn_ros.vision.encoder_file import build, build_cut
    if args.cut and (args.floating or args.with_logits or args.calibrate):
        complain('build-encoder', '--cut takes the model as it is: leave out --float, '
                                  '--with-logits and --calibrate')
        return 2
    kind = ('float32' if args.floating else 'int8') + ('_with_logits' if args.with_logits else '')
    output = Path(args.output or DEFAULT_OUTPUT.format(variant=args.variant, kind=kind))
    try:
        if args.cut:
            whole = Path(args.cut)
            output = Path(args.output or whole.with_name(f'{whole.stem}_cut.tflite'))
            digest = build_cut(output, whole)
        else:
            digest = build(output, variant=VARIANTS[args.variant], quantized=not args.floating,
                           with_logits=args.with_logits,
                           photographs=args.calibrate and Path(args.calibrate))
    except BuildError as error:
        complain('build-encoder', error)
        return 1
    print(f'{digest}  {printable(output)}')
    return 0

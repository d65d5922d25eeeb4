# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames: real colours through every encoding, exact crops, and refusals in one sentence."""

from array import array
import ctypes
import os
import random
import struct
import subprocess
import sys
from types import SimpleNamespace
import zlib

from checkout import ROOT
from crops import crop_compressed, crop_image, crop_message
import cv2
from encoded_frames import DEEP, encode, GREY, MOSAICS, pad, PAIRS, PLAIN, PLANES, SLACK
import numpy as np
import pytest
import rosidl_buffer

from hybrid_snn_ros.vision import frames
from hybrid_snn_ros.vision.frames import Crop, FrameError

COLOURS = {'red': (255, 0, 0), 'green': (0, 255, 0), 'blue': (0, 0, 255), 'yellow': (255, 255, 0),
           'cyan': (0, 255, 255), 'magenta': (255, 0, 255), 'orange': (230, 120, 30),
           'black': (0, 0, 0), 'white': (255, 255, 255)}


def noise(height: int, width: int, seed: int = 1) -> np.ndarray:
    """Return a random RGB picture."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize('encoding', frames.ENCODINGS)
def test_colours_come_out_as_they_went_in(encoding):
    for name, colour in COLOURS.items():
        rows = encode(encoding, np.full((24, 32, 3), colour, np.uint8))
        expected = np.full(3, colour[1]) if encoding in GREY else np.array(colour)
        whole = frames.to_rgb(encoding, 24, 32, rows.shape[1], rows.tobytes())
        crop = crop_image(encoding, 24, 32, rows.shape[1], rows.tobytes(), 8)
        assert whole.shape == (24, 32, 3) and crop.shape == (8, 8, 3)
        for picture in (whole, crop):
            assert np.abs(picture.astype(int) - expected).max() <= SLACK.get(encoding, 0), name


@pytest.mark.parametrize('encoding', [
    name for name in frames.ENCODINGS if name not in GREY])
def test_a_red_left_half_stays_left(encoding):
    rgb = np.zeros((40, 60, 3), np.uint8)
    rgb[:, :30, 0] = 255
    rgb[20:, 30:, 2] = 255
    rows = encode(encoding, rgb)
    crop = crop_image(encoding, 40, 60, rows.shape[1], rows.tobytes(), 20, Crop(1.0))
    assert crop[3, 3].argmax() == 0 and crop[16, 3].argmax() == 0
    assert crop[16, 16].argmax() == 2 and crop[3, 16].max() <= 3


@pytest.mark.parametrize('encoding', frames.ENCODINGS)
def test_padding_at_the_end_of_rows_is_skipped(encoding):
    rows = encode(encoding, noise(18, 22))
    tight = frames.to_rgb(encoding, 18, 22, rows.shape[1], rows.tobytes())
    step, padded = pad(encoding, rows, 13)
    np.testing.assert_array_equal(frames.to_rgb(encoding, 18, 22, step, padded), tight)
    np.testing.assert_array_equal(
        crop_image(encoding, 18, 22, step, padded, 9),
        crop_image(encoding, 18, 22, rows.shape[1], rows.tobytes(), 9))


@pytest.mark.parametrize('encoding', frames.ENCODINGS)
def test_the_crop_is_a_cut_of_the_whole_frame(encoding):
    """Cropping first must not change one pixel: odd windows, every corner, every size."""
    rows = encode(encoding, noise(30, 38))
    fields = (encoding, 30, 38, rows.shape[1], rows.tobytes())
    whole = frames.to_rgb(*fields)
    generator = random.Random(3)
    for _ in range(60):
        x, y = generator.uniform(0, 0.9), generator.uniform(0, 0.9)
        crop = Crop(generator.uniform(0.1, 1), (x, y, generator.uniform(0.05, 1 - x),
                                                generator.uniform(0.05, 1 - y)))
        window = frames.crop_window(38, 30, crop)
        side = window.right - window.left
        assert 0 <= window.left < window.right <= 38 and 0 <= window.top < window.bottom <= 30
        assert side == window.bottom - window.top
        np.testing.assert_array_equal(
            crop_image(*fields, side, crop),
            whole[window.top:window.bottom, window.left:window.right])


@pytest.mark.parametrize('encoding', frames.ENCODINGS)
def test_a_crop_that_is_shrunk_shows_the_shrunken_colours(encoding):
    """Bytes that are no brightness of one channel must be converted before they are averaged."""
    rows = encode(encoding, noise(32, 32))
    fields = (encoding, 32, 32, rows.shape[1], rows.tobytes())
    exact = cv2.resize(frames.to_rgb(*fields), (8, 8), interpolation=cv2.INTER_AREA)
    shrunk = crop_image(*fields, 8, Crop(1.0))
    assert np.abs(shrunk.astype(int) - exact).max() <= 1


@pytest.mark.parametrize('encoding', DEEP)
def test_of_16_bits_the_upper_8_are_taken_in_either_byte_order(encoding):
    rgb = noise(12, 16)
    low, high = encode(DEEP[encoding], rgb), [
        encode(encoding, rgb, big_endian) for big_endian in (False, True)]
    plain = (12, 16, low.shape[1], low.tobytes())
    for big_endian, rows in enumerate(high):
        fields = (encoding, 12, 16, rows.shape[1], rows.tobytes())
        np.testing.assert_array_equal(frames.to_rgb(*fields, big_endian),
                                      frames.to_rgb(DEEP[encoding], *plain))
        np.testing.assert_array_equal(crop_image(*fields, 7, big_endian=big_endian),
                                      crop_image(DEEP[encoding], *plain, 7))
        message = SimpleNamespace(encoding=encoding, height=12, width=16, step=rows.shape[1],
                                  data=rows.tobytes(), is_bigendian=big_endian)
        np.testing.assert_array_equal(crop_message(message, False, 7),
                                      crop_image(DEEP[encoding], *plain, 7))


def test_nv24_is_as_nv12_where_four_pixels_share_colour():
    rgb = np.kron(noise(6, 8), np.ones((2, 2, 1), np.uint8))
    pictures = [frames.to_rgb(name, 12, 16, 16, encode(name, rgb).tobytes())
                for name in ('nv24', 'nv12', 'nv21')]
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 1
    np.testing.assert_array_equal(pictures[1], pictures[2])


def test_every_encoding_that_ros_names_is_read_or_refused_with_what_to_do():
    """The names are those of sensor_msgs/image_encodings.hpp, Humble to Kilted."""
    kinds = [f'{bits}C{channels}' for bits in ('8U', '8S', '16U', '16S', '32S', '32F', '64F')
             for channels in (1, 2, 3, 4)]
    for name in [*kinds, *PLAIN, *GREY, *PAIRS, *PLANES, *MOSAICS, *DEEP]:
        if name in frames.ENCODINGS:
            assert frames.to_rgb(name, 4, 4, 64, bytes(1024)).shape == (4, 4, 3)
            continue
        with pytest.raises(FrameError, match="take the camera's colour topic, or convert"):
            frames.to_rgb(name, 4, 4, 64, bytes(1024))


def test_crop_window_takes_the_fraction_of_the_regions_short_side():
    assert frames.crop_window(640, 480, Crop()) == (110, 30, 530, 450)
    assert frames.crop_window(480, 640, Crop(0.5)) == (120, 200, 360, 440)
    assert frames.crop_window(640, 480, Crop(1.0, (0.5, 0.0, 0.5, 0.5))) == (360, 0, 600, 240)
    assert frames.crop_window(1, 1, Crop(0.01)) == (0, 0, 1, 1)
    assert frames.crop_window(100, 100, Crop(1.0, (0.999999, 0, 1e-6, 1))) == (99, 49, 100, 50)


def test_shrinking_averages_and_enlarging_interpolates():
    grey = noise(16, 16)[..., 0]
    small = crop_image('mono8', 16, 16, 16, grey.tobytes(), 4, Crop(1.0))[..., 0]
    means = grey.reshape(4, 4, 4, 4).mean(axis=(1, 3))
    assert np.abs(small - means).max() <= 0.5  # rounded once
    edge = np.array([[0, 200], [0, 200]], np.uint8)
    large = crop_image('mono8', 2, 2, 2, edge.tobytes(), 8, Crop(1.0))[0, :, 0]
    assert large[0] == 0 and large[-1] == 200 and (np.diff(large.astype(int)) >= 0).all()
    assert 0 < large[4] < 200


def waves(height: int, width: int, period: float) -> np.ndarray:
    """Return a picture whose brightness tells where each pixel is."""
    y, x = np.mgrid[:height, :width] * (2 * np.pi / period)
    return np.rint(np.dstack([np.sin(x), np.cos(y), np.sin(x + y)]) * 120 + 128).astype(np.uint8)


def error_of(crop: np.ndarray, exact: np.ndarray) -> float:
    """Return the mean square error as a share of the contrast."""
    return np.square(crop - exact.astype(float)).mean() / exact.var()


@pytest.mark.parametrize('side, size', [
    (225, 224), (336, 224), (420, 224), (449, 224), (630, 224), (1008, 224)])
def test_every_factor_shrinks_as_averaging_does(side, size):
    """White noise is the hardest; plain interpolation is 0.7 off at 420 and 8 at 1008."""
    rgb = noise(side, side)
    exact = cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA)
    ours = crop_image('rgb8', side, side, 3 * side, rgb.tobytes(), size, Crop(1.0))
    assert error_of(ours, exact) <= 0.001


@pytest.mark.parametrize('side', [225, 337, 449, 599, 897, 945, 1791])
def test_nothing_moves_by_more_than_half_a_pixel(side):
    rgb = waves(side, side, 24 * side / 224)
    exact = cv2.resize(rgb, (224, 224), interpolation=cv2.INTER_AREA)
    ours = crop_image('rgb8', side, side, 3 * side, rgb.tobytes(), 224, Crop(1.0))
    assert error_of(ours, exact) <= (2 * np.pi / 24 * 0.5) ** 2


@pytest.mark.parametrize('width, height, size', [
    (640, 480, 224), (1280, 720, 224), (1279, 719, 224), (641, 481, 50), (961, 541, 29)])
def test_a_jpeg_is_decoded_no_finer_than_it_is_seen(width, height, size):
    for crop in (Crop(), Crop(1.0), Crop(0.7, (0.51, 0.13, 0.49, 0.87))):
        window = frames.crop_window(width, height, crop)
        side = window.right - window.left
        rgb = waves(height, width, 24 * side / size)
        data = cv2.imencode('.jpg', rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
        message = SimpleNamespace(format='jpeg', data=data)
        picture = frames.decode_message(message, True, size, crop)
        factor = 1
        while factor < 8 and side >= 2 * factor * size:
            factor *= 2
        assert picture.pixels.shape == (side // factor, side // factor, 3)
        ours = crop_message(message, True, size, crop)
        np.testing.assert_array_equal(ours, frames.crop_picture(picture, size))
        exact = cv2.resize(rgb[window.top:window.bottom, window.left:window.right], (size, size),
                           interpolation=cv2.INTER_AREA)
        # Less than a pixel of the smaller frame, which has at least those of the crop.
        assert error_of(ours, exact) <= (2 * np.pi / 24) ** 2


def test_the_commands_hold_opencv_to_one_thread():
    code = ('from hybrid_snn_ros.threads import pin_blas; pin_blas(); import cv2; '
            'print(cv2.getNumThreads())')
    for said, threads in ((None, '1'), ('2', '2')):
        environment = {**os.environ, 'OPENCV_FOR_THREADS_NUM': said or ''}
        if said is None:
            del environment['OPENCV_FOR_THREADS_NUM']
        found = subprocess.run([sys.executable, '-c', code], cwd=ROOT, env=environment, timeout=60,
                               capture_output=True, text=True)
        assert found.stdout.strip() == threads, found.stderr


@pytest.mark.parametrize('wrap', [bytes, bytearray, memoryview, lambda b: array('B', b),
                                  lambda b: np.frombuffer(b, np.uint8),
                                  lambda b: np.frombuffer(b, np.uint8).reshape(6, 24),
                                  lambda b: (ctypes.c_uint8 * len(b)).from_buffer_copy(b)])
def test_every_kind_of_bytes_is_read_and_the_result_is_its_own_memory(wrap):
    rgb = noise(6, 8)
    data = wrap(rgb.tobytes())
    for size in (6, 3):
        crop = crop_image('rgb8', 6, 8, 24, data, size, Crop(1.0))
        assert crop.flags.c_contiguous and crop.flags.writeable
        assert not np.shares_memory(crop, np.frombuffer(memoryview(data), np.uint8))
    np.testing.assert_array_equal(frames.to_rgb('rgb8', 6, 8, 24, data), rgb)
    png = cv2.imencode('.png', rgb[..., ::-1])[1].tobytes()
    np.testing.assert_array_equal(frames.decode_rgb('png', memoryview(png)), rgb)


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', 'nv12', 'bayer_rggb8', 'mono16'])
def test_frames_in_a_vendors_memory_are_read_as_those_in_ours(encoding):
    """As ROS 2 Lyrical hands them to whoever accepts them: no buffer protocol, no sequence."""
    rows = encode(encoding, noise(24, 32))
    message = SimpleNamespace(encoding=encoding, is_bigendian=0, height=24, width=32,
                              step=rows.shape[1], data=rows.tobytes())
    theirs = SimpleNamespace(**{**vars(message), 'data': rosidl_buffer.Buffer(message.data)})
    with pytest.raises(TypeError):
        memoryview(theirs.data)
    np.testing.assert_array_equal(crop_message(theirs, False, 8), crop_message(message, False, 8))
    np.testing.assert_array_equal(frames.message_rgb(theirs, False),
                                  frames.message_rgb(message, False))
    assert frames.size_of(theirs, False) == (32, 24)


def test_compressed_frames_in_a_vendors_memory_are_read_too():
    content = cv2.imencode('.jpg', noise(48, 64))[1].tobytes()
    ours, theirs = (SimpleNamespace(format='jpeg', data=data)
                    for data in (content, rosidl_buffer.Buffer(content, 'demo')))
    np.testing.assert_array_equal(crop_message(theirs, True, 16), crop_message(ours, True, 16))
    np.testing.assert_array_equal(frames.message_rgb(theirs, True), frames.message_rgb(ours, True))
    assert frames.size_of(theirs, True) == (64, 48)


def test_a_vendors_memory_that_is_too_short_or_lost_is_refused_in_a_sentence():
    with pytest.raises(FrameError, match='holds 5 bytes'):
        crop_image('rgb8', 6, 8, 24, rosidl_buffer.Buffer(bytes(5)), 6)
    with pytest.raises(FrameError, match='^the data of a frame cannot be copied out of the memory '
                       'of cuda: cudaErrorIllegalAddress$'):
        crop_image('rgb8', 6, 8, 24, rosidl_buffer.Lost(bytes(144)), 6)


@pytest.mark.parametrize('crop, word', [
    (Crop(0.0), 'fraction'), (Crop(1.01), 'fraction'), (Crop(float('nan')), 'fraction'),
    (Crop(1.0, (-0.1, 0, 1, 1)), 'region'), (Crop(1.0, (0, 0, 0, 1)), 'region'),
    (Crop(1.0, (0.6, 0, 0.6, 1)), 'region'), (Crop(1.0, (0, 0, float('inf'), 1)), 'region'),
    (Crop(1.0, (0, float('nan'), 1, 1)), 'region'), (Crop(1.0, (0, 0, 1)), 'four numbers'),
    (Crop('all'), 'four numbers'), (None, 'four numbers'),
    (Crop(1.0, (10 ** 400, 0, 1, 1)), 'four numbers')])
def test_a_crop_outside_the_frame_is_refused(crop, word):
    with pytest.raises(FrameError, match=word):
        frames.check_crop(crop)
    with pytest.raises(FrameError, match=word):
        crop_image('mono8', 4, 4, 4, bytes(16), 4, crop)


def test_a_crop_from_parameters_is_accepted():
    assert frames.check_crop((1, [0, 0, 0.5, 1])) == Crop(1.0, (0.0, 0.0, 0.5, 1.0))
    assert frames.check_crop(Crop(1.0, (1 / 3, 0.1, 2 / 3, 0.9)))


@pytest.mark.parametrize('fields, words', [
    *[((name, 4, 4, 64, bytes(256)), [repr(name), 'rgb8', 'bayer_*', 'depth', 'convert to mono8'])
      for name in ('16UC1', '32FC1', '16SC3', '64FC4', '8SC1', '8UC2', '32SC1', '16UC4')],
    *[((name, 4, 4, 64, bytes(256)), [repr(name), 'supported', 'set the camera'])
      for name in ('jpeg', 'h264', 'nv16', 'yuv420', 'mono12', 'MONO8')],
    (('mono16', 4, 4, 7, bytes(32)), ['7', '8', 'step']),
    (('rgb16', 4, 4, 24, bytes(95)), ['95', '96', '4 rows']),
    (('nv12', 4, 4, 4, bytes(23)), ['23', '24', 'colours']),
    (('nv24', 4, 4, 4, bytes(47)), ['47', '48', 'colours']),
    (('nv21', 3, 4, 4, bytes(99)), ['nv21', 'even', '4x3']),
    (('nv12', 4, 3, 4, bytes(99)), ['nv12', 'even', '3x4']),
    (('RGB8', 4, 4, 12, bytes(48)), ["'RGB8'", 'supported']),
    (('', 4, 4, 12, bytes(48)), ["''", 'supported']),
    ((None, 4, 4, 12, bytes(48)), ['NoneType', 'supported']),
    (('rgb8', 0, 0, 0, b''), ['empty', '0x0']),
    (('rgb8', 4, 0, 0, bytes(48)), ['empty', '0x4']),
    (('rgb8', 4, 4, 12, b''), ['empty', '0 bytes']),
    (('rgb8', 4, 4, 12, bytes(47)), ['47', '48', '4 rows']),
    (('rgb8', 4, 4, 11, bytes(48)), ['11', '12', 'step']),
    (('rgb8', 1, 16385, 49155, bytes(49155)), ['16385x1', '16384']),
    (('mono8', 16000, 16000, 16000, bytes(9)), ['16000x16000', 'limit']),
    (('rgb8', -1, 4, 12, bytes(48)), ['height', '32-bit']),
    (('rgb8', 4, 10 ** 9999, 12, bytes(48)), ['width', '32-bit']),
    (('rgb8', 4.0, 4, 12, bytes(48)), ['height', 'float']),
    (('rgb8', 4, '4', 12, bytes(48)), ['width', 'str']),
    (('rgb8', 4, 4, 12, [0] * 48), ['list']),
    (('rgb8', 4, 4, 12, None), ['NoneType']),
    (('rgb8', 4, 4, 12, 'x' * 48), ['str']),
    (('rgb8', 4, 4, 12, np.zeros(48)), ['ndarray', 'one run of bytes']),
    (('rgb8', 4, 4, 12, np.zeros(96, np.uint8)[::2]), ['ndarray', 'one run of bytes']),
    (('yuv422', 4, 5, 10, bytes(40)), ['yuv422', 'even', '5']),
    (('bayer_rggb8', 2, 9, 9, bytes(18)), ['bayer_rggb8', '9x2'])])
def test_an_unusable_frame_is_refused_in_a_sentence_with_its_numbers(fields, words):
    for call in (lambda: frames.to_rgb(*fields), lambda: crop_image(*fields, 4)):
        with pytest.raises(FrameError) as caught:
            call()
        sentence = str(caught.value)
        assert all(word in sentence for word in words), sentence
        assert '\n' not in sentence and len(sentence) < 400


@pytest.mark.parametrize('size', [0, -1, 5000, 2.0, None])
def test_an_absurd_output_size_is_refused(size):
    with pytest.raises(FrameError, match='pixels a side'):
        crop_image('mono8', 4, 4, 4, bytes(16), size)


@pytest.mark.parametrize('suffix, text', [
    ('.jpg', 'jpeg'), ('.jpg', 'jpg'), ('.jpg', 'rgb8; jpeg compressed bgr8'),
    ('.jpg', 'bgr8; jpeg compressed bgr8'), ('.jpg', 'rgb8; jpeg compressed '), ('.png', 'png'),
    ('.png', 'bgr8; png compressed bgr8'), ('.jpg', 'bayer_rggb8; jpeg compressed bgr8')])
def test_compressed_colours_come_out_as_they_went_in(suffix, text):
    for name, colour in COLOURS.items():
        rgb = np.full((32, 48, 3), colour, np.uint8)
        data = cv2.imencode(suffix, rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
        for picture in (frames.decode_rgb(text, data), crop_compressed(text, data, 16)):
            assert np.abs(picture.astype(int) - colour).max() <= 6, name
    assert frames.decode_rgb(text, data).shape == (32, 48, 3)


def test_image_transports_exchanged_colours_are_put_right():
    rgb = np.full((16, 16, 3), COLOURS['orange'], np.uint8)
    data = cv2.imencode('.png', rgb)[1].tobytes()  # OpenCV took the RGB for BGR
    np.testing.assert_array_equal(frames.decode_rgb('rgb8; png compressed rgb8', data), rgb)


def test_grey_and_transparent_pictures_become_rgb():
    grey = noise(16, 16)[..., 0]
    data = cv2.imencode('.png', grey)[1].tobytes()
    np.testing.assert_array_equal(frames.decode_rgb('mono8; png compressed ', data),
                                  np.dstack([grey] * 3))
    rgb = noise(16, 16)
    bgra = np.dstack([rgb[..., ::-1], np.full((16, 16), 9, np.uint8)])
    np.testing.assert_array_equal(
        frames.decode_rgb('png', cv2.imencode('.png', bgra)[1].tobytes()), rgb)


def test_exif_orientation_turns_a_camera_frame_as_it_turns_a_file():
    rgb = np.zeros((16, 32, 3), np.uint8)
    data = cv2.imencode('.jpg', rgb)[1].tobytes()
    tiff = b'II*\0' + struct.pack('<IHHHIHHI', 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b'\xff\xe1' + struct.pack('>H', len(tiff) + 8) + b'Exif\0\0' + tiff
    assert frames.decode_rgb('jpeg', data[:2] + exif + data[2:]).shape == (32, 16, 3)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp', '.bmp'])
@pytest.mark.parametrize('text', [
    '', 'bgr8', 'rgb8', 'jpeg;', 'jpeg; quality=90', 'rgb8; jpeg compressed; bgr8', 'JFIF', 'png',
    'jpeg', 'MJPG', 'image/jpeg', ';;;', 'rgb8;jpeg', 'h264', '16UC1; compressedDepth png',
    'bayer_rggb8; jpeg compressed bgr8', 'webp', 'x' * 999, '\0', None, 7])
def test_the_content_decides_and_not_what_the_format_says_of_it(suffix, text):
    rgb = np.full((16, 24, 3), COLOURS['orange'], np.uint8)
    data = cv2.imencode(suffix, rgb[..., ::-1])[1].tobytes()
    assert np.abs(frames.decode_rgb(text, data).astype(int) - rgb).max() <= 6
    assert crop_compressed(text, data, 8).shape == (8, 8, 3)


def test_a_webp_of_one_colour_and_bmps_of_every_sound_kind_are_read():
    flat = np.full((1080, 1920, 3), 90, np.uint8)
    best = [cv2.IMWRITE_WEBP_QUALITY, 101]
    assert frames.decode_rgb('', cv2.imencode('.webp', flat, best)[1]).shape == flat.shape
    rgb = noise(9, 7)
    for pixels in (rgb[..., ::-1], rgb[..., 0], np.dstack([rgb[..., ::-1], rgb[..., 0]])):
        for suffix in ('.bmp', '.webp'):
            data = cv2.imencode(suffix, pixels, best)[1].tobytes()
            shown = np.dstack([rgb[..., 0]] * 3) if pixels.ndim == 2 else rgb
            difference = frames.decode_rgb('', data).astype(int) - shown
            assert np.abs(difference).mean() < 1  # a grey WebP goes by way of YUV
    upper_first = bytearray(cv2.imencode('.bmp', rgb[..., ::-1])[1].tobytes())
    upper_first[22:26] = struct.pack('<i', -9)
    np.testing.assert_array_equal(frames.decode_rgb('', upper_first), rgb[::-1])
    packed = bytearray(upper_first)
    packed[30] = 1
    with pytest.raises(FrameError, match='BMP.*publish it as jpeg or png'):
        frames.decode_rgb('bmp', packed)
    upper_first[18:26] = struct.pack('<ii', 30000, -30000)
    with pytest.raises(FrameError, match='BMP.*cut short'):
        frames.decode_rgb('bmp', upper_first)


@pytest.mark.parametrize('data, seems', [
    (bytes(12) + b'\x89PNG\r\n\x1a\n' + bytes(40), 'compressedDepth'),
    (b'\0\0\0\1\x67' + bytes(40), 'H.264'), (b'\0\0\1\x65' + bytes(40), 'H.264'),
    (b'\0\0\0\1\x40\1' + bytes(40), 'H.265'), (b'\0\0\1\xb3' + bytes(40), 'MPEG'),
    (b'OggS' + bytes(40), 'Theora'), (b'\x80theora' + bytes(40), 'Theora'),
    (b'abc\x9d\x01\x2a' + bytes(40), 'VP8'), (b'\x12\0\x0a' + bytes(40), 'AV1'),
    (bytes(3) + b'\x20ftypavif' + bytes(40), 'AVIF'), (bytes(3) + b'\x20ftypisom', 'MP4'),
    (b'II*\0' + bytes(40), 'TIFF'), (b'MM\0*' + bytes(40), 'TIFF'), (b'GIF89a' + bytes(40), 'GIF'),
    (b'\0\0\0\x0cjP  ' + bytes(40), 'JPEG 2000'), (b'\xff\x0a' + bytes(40), 'JPEG XL'),
    (b'P6\n4 4\n255\n' + bytes(48), 'PNM'), (b'\x1f\x8b' + bytes(40), 'gzip'),
    (b'hello', '68 65 6c 6c'), (bytes(40), '00 00 00 00')])
def test_content_that_is_no_picture_for_us_is_named(data, seems):
    with pytest.raises(FrameError) as caught:
        frames.decode_rgb('jpeg', data)
    assert seems in str(caught.value) and 'publish it as jpeg or png' in str(caught.value)


@pytest.mark.parametrize('suffix, text', [
    ('.jpg', 'jpeg'), ('.png', 'png'), ('.webp', 'webp'), ('.bmp', 'bmp')])
def test_a_picture_cut_short_anywhere_is_refused(suffix, text):
    data = cv2.imencode(suffix, noise(24, 24))[1].tobytes()
    assert frames.decode_rgb(text, data).shape == (24, 24, 3)
    assert frames.decode_rgb(text, data + bytes(500)).shape == (24, 24, 3)  # padded USB buffers
    for length in {*range(0, len(data) - 12, 7), *range(40), len(data) - 2}:
        with pytest.raises(FrameError):
            frames.decode_rgb(text, data[:length])


def test_a_thumbnails_end_is_not_taken_for_the_pictures_end():
    thumbnail = cv2.imencode('.jpg', noise(8, 8))[1].tobytes()
    data = cv2.imencode('.jpg', noise(24, 24))[1].tobytes()
    extra = b'\xff\xe1' + struct.pack('>H', len(thumbnail) + 2) + thumbnail
    data = data[:2] + extra + data[2:]
    assert frames.decode_rgb('jpeg', data).shape == (24, 24, 3)
    with pytest.raises(FrameError, match='cut short'):
        frames.decode_rgb('jpeg', data[:-200])


def test_a_header_that_claims_too_much_is_refused_before_decoding():
    jpeg = bytearray(cv2.imencode('.jpg', noise(8, 8))[1].tobytes())
    at = jpeg.index(b'\xff\xc0')
    jpeg[at + 5:at + 9] = struct.pack('>HH', 60000, 50000)
    with pytest.raises(FrameError, match='50000x60000.*limit'):
        frames.decode_rgb('jpeg', jpeg)
    jpeg[at + 5:at + 9] = struct.pack('>HH', 6000, 5000)
    with pytest.raises(FrameError, match='5000x6000.*bytes cannot hold'):
        frames.decode_rgb('jpeg', jpeg)
    ihdr = b'IHDR' + struct.pack('>IIBBBBB', 16000, 16000, 8, 2, 0, 0, 0)
    png = (b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + ihdr
           + struct.pack('>I', zlib.crc32(ihdr)) + bytes(4) + b'IEND' + bytes(4))
    with pytest.raises(FrameError, match='16000x16000.*limit'):
        frames.decode_rgb('png', png)


def test_a_chunk_longer_than_the_file_is_refused_before_it_is_allocated():
    png = bytearray(cv2.imencode('.png', noise(8, 8))[1].tobytes())
    png[33] = 0xD9  # the first byte of the picture data's length: 3.4 GiB
    with pytest.raises(FrameError, match='8x8.*damaged or cut short'):
        frames.decode_rgb('png', png)


def test_the_most_compressible_sound_pictures_are_accepted():
    flat = np.zeros((1080, 1920), np.uint8)
    best = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    assert frames.decode_rgb('png', cv2.imencode('.png', flat, best)[1]).shape == (1080, 1920, 3)
    progressive = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    data = cv2.imencode('.jpg', flat, progressive)[1]
    assert frames.decode_rgb('jpeg', data).shape == (1080, 1920, 3)


@pytest.mark.parametrize('text, data, words', [
    ('16UC1; compressedDepth rvl', bytes(9), ['compressedDepth', 'jpeg or png']),
    ('h264', bytes(9), ["'h264'", 'jpeg or png']), ('', bytes(9), ["''", 'jpeg or png']),
    (None, bytes(9), ['NoneType', 'jpeg or png']), (7, bytes(9), ['int', 'jpeg or png']),
    ('jpeg', b'', ['empty']), ('jpeg', bytes(99), ['unknown', '00 00 00 00']),
    ('jpeg', None, ['NoneType']), ('png', [1, 2], ['list'])])
def test_an_unusable_compressed_frame_is_refused(text, data, words):
    for call in (lambda: frames.decode_rgb(text, data),
                 lambda: crop_compressed(text, data, 4)):
        with pytest.raises(FrameError) as caught:
            call()
        assert all(word in str(caught.value) for word in words), str(caught.value)


def test_pictures_that_are_not_colour_frames_are_refused():
    depth = cv2.imencode('.png', noise(8, 8)[..., 0].astype(np.uint16) * 257)[1].tobytes()
    with pytest.raises(FrameError, match='16 bits'):
        frames.decode_rgb('16UC1; png compressed ', depth)
    mosaic = cv2.imencode('.jpg', noise(8, 8)[..., 0])[1].tobytes()
    with pytest.raises(FrameError, match='bayer_rggb8 mosaic'):
        frames.decode_rgb('bayer_rggb8; jpeg compressed ', mosaic)


def test_hostile_raw_fields_raise_nothing_but_frame_errors():
    generator = random.Random(11)
    numbers = [0, 1, 2, 3, 4, 5, 7, 8, 16, 63, 64, 2 ** 14, 2 ** 16, 2 ** 32 - 1, 2 ** 32, -1,
               2 ** 70, 1.5, float('nan'), None, '8', True, np.int32(6), np.float32(2), [3]]
    encodings = [*frames.ENCODINGS, '16UC1', '', 'rgb8\0', '\ud800', None, 3,
                 b'rgb8', ('rgb8',), ['rgb8'], 'x' * 100000]
    blobs = [bytes(5000), b'', b'\xff' * 37, bytearray(700), array('B', bytes(300)),
             array('d', [1.0] * 90), None, 'text', 12, [1, 2, 3], np.zeros((40, 40), np.uint8),
             np.zeros((30, 30, 3), np.uint8)[::2], np.zeros(90), np.array([None] * 40),
             np.zeros((0, 4), np.uint8), memoryview(bytes(999))[::3]]
    crops = [Crop(), Crop(0.01), Crop(1.0, (0.99, 0.99, 0.01, 0.01)), Crop(2.0), None, (), 'ab']
    accepted = refused = 0
    for _ in range(6000):
        fields = (generator.choice(encodings), generator.choice(numbers),
                  generator.choice(numbers), generator.choice(numbers), generator.choice(blobs))
        if generator.random() < 0.5:  # mostly sound, so that the fuzz also gets past the checks
            fields = (generator.choice(list(frames.ENCODINGS)), generator.randint(1, 20),
                      generator.randint(1, 20), generator.randint(1, 90), blobs[0])
        try:
            crop = crop_image(*fields, 8, generator.choice(crops))
            assert crop.shape == (8, 8, 3) and crop.dtype == np.uint8
            accepted += 1
        except FrameError as error:
            assert '\n' not in str(error) and len(str(error)) < 400
            refused += 1
    assert accepted > 300 and refused > 2000


def test_hostile_compressed_bytes_raise_nothing_but_frame_errors():
    generator = random.Random(12)
    sound = [cv2.imencode(suffix, noise(20, 20, seed))[1].tobytes()
             for seed in range(3) for suffix in ('.jpg', '.png', '.webp', '.bmp')]
    formats = ['jpeg', 'png', 'rgb8; jpeg compressed rgb8', 'bayer_rggb8; jpeg compressed ']
    accepted = refused = 0
    for _ in range(3000):
        data = bytearray(generator.choice(sound))
        for _ in range(generator.choice((0, 1, 1, 2, 8))):
            # Headers lie at the front: most of the damage goes there.
            end = generator.choice((64, len(data)))
            data[generator.randrange(min(end, len(data)))] = generator.choice(
                (0, 1, 0x10, 0x7F, 0xC0, 0xD9, 0xDA, 0xFF, generator.randrange(256)))
        if generator.random() < 0.3:
            del data[generator.randrange(len(data)):]
        try:
            crop = crop_compressed(generator.choice(formats), data, 8)
            assert crop.shape == (8, 8, 3) and crop.dtype == np.uint8
            accepted += 1
        except FrameError as error:
            assert '\n' not in str(error) and len(str(error)) < 400
            refused += 1
    assert accepted > 300 and refused > 1000


def test_a_long_run_of_fill_bytes_ends_quickly():
    with pytest.raises(FrameError, match='header'):
        frames.decode_rgb('jpeg', b'\xff\xd8' + b'\xff' * 20_000_000)

# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Picture files: upright, complete, and the same as in a camera's message."""

import random
import struct
from types import SimpleNamespace
import zlib

from crops import crop_compressed, crop_file, crop_image
import cv2
import numpy as np
import pytest

from hybrid_snn_ros.vision import frames, pictures
from hybrid_snn_ros.vision.exif import orientation
from hybrid_snn_ros.vision.frames import Crop, FrameError

# From the definition of EXIF: which way a picture that was seen upright is stored.
STORED = {1: lambda p: p, 2: np.fliplr, 3: lambda p: np.rot90(p, 2), 4: np.flipud,
          5: lambda p: p.transpose(1, 0, 2), 6: np.rot90,
          7: lambda p: np.rot90(p.transpose(1, 0, 2), 2), 8: lambda p: np.rot90(p, -1)}


def scene(height=61, width=90, seed=1):
    """Return a smooth random picture, BGR, without any symmetry."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return cv2.GaussianBlur(noise, (9, 9), 0)


def encode(suffix, bgr, *settings):
    done, content = cv2.imencode(suffix, np.ascontiguousarray(bgr), settings)
    assert done
    return content.tobytes()


def tiff(noted, order='<', tag=0x0112, kind=3, before=0):
    """Return an EXIF block; `before` other entries come first."""
    count = before + 1
    head = (b'II*\0' if order == '<' else b'MM\0*') + struct.pack(f'{order}IH', 8, count)
    other = struct.pack(f'{order}HHIHH', 0x0100, 3, 1, 7, 0) * before
    return head + other + struct.pack(f'{order}HHIHHI', tag, kind, 1, noted, 0, 0)


def chunk(name, body):
    return struct.pack('>I', len(body)) + name + body + struct.pack('>I', zlib.crc32(name + body))


def with_exif(content, block, size=None):
    """Return a picture file with an EXIF block put into it."""
    if content[:2] == b'\xff\xd8':
        body = b'Exif\0\0' + block
        return content[:2] + b'\xff\xe1' + struct.pack('>H', len(body) + 2) + body + content[2:]
    if content[:4] == b'\x89PNG':
        return content[:33] + chunk(b'eXIf', block) + content[33:]
    height, width = size
    assert content[:4] == b'RIFF' and content[12:16] in (b'VP8 ', b'VP8L')
    sides = struct.pack('<I', width - 1)[:3] + struct.pack('<I', height - 1)[:3]
    body = (b'VP8X' + struct.pack('<II', 10, 0x08) + sides + content[12:]
            + b'EXIF' + struct.pack('<I', len(block)) + block + b'\0' * (len(block) % 2))
    return b'RIFF' + struct.pack('<I', len(body) + 4) + b'WEBP' + body


def lossless(suffix, bgr):
    return encode(suffix, bgr, *((cv2.IMWRITE_WEBP_QUALITY, 101) if suffix == '.webp' else ()))


def bmp(rows, width, height, bits, compression=0, palette=b'', size=None):
    """Write a BMP by its definition; `height` below 0 puts the first row uppermost."""
    begin = 54 + len(palette)
    return (b'BM' + struct.pack('<IHHI', begin + len(rows), 0, 0, begin)
            + struct.pack('<IiiHHIIiiII', 40, width, height, 1, bits, compression,
                          len(rows) if size is None else size, 0, 0, len(palette) // 4, 0)
            + palette + rows)


# -- upright -------------------------------------------------------------------------------------


@pytest.mark.parametrize('noted', range(1, 9))
@pytest.mark.parametrize('suffix', ['.png', '.webp'])
@pytest.mark.parametrize('order', '<>')
@pytest.mark.parametrize('crop', [Crop(), Crop(0.6, (0.1, 0.3, 0.7, 0.4))])
def test_a_turned_picture_is_the_upright_one_bit_for_bit(suffix, noted, order, crop):
    seen = scene()
    stored = np.ascontiguousarray(STORED[noted](seen))
    content = with_exif(lossless(suffix, stored), tiff(noted, order), stored.shape[:2])
    plain = lossless(suffix, seen)
    expected = crop_image('bgr8', 61, 90, 270, seen, 32, crop)
    np.testing.assert_array_equal(crop_file(plain, 32, crop), expected)
    np.testing.assert_array_equal(crop_file(content, 32, crop), expected)
    name = suffix[1:]
    np.testing.assert_array_equal(crop_compressed(name, content, 32, crop), expected)
    np.testing.assert_array_equal(frames.decode_rgb(name, content), seen[..., ::-1])
    assert frames.size_of(SimpleNamespace(format=name, data=content), True) == (90, 61)


@pytest.mark.parametrize('noted', range(1, 9))
@pytest.mark.parametrize('size', [(240, 320), (1201, 1603)])  # whole, and at a half or a quarter
def test_a_turned_jpeg_looks_as_it_was_seen(noted, size):
    seen = cv2.resize(scene(30, 40), size[::-1], interpolation=cv2.INTER_CUBIC)
    crop = Crop(0.8, (0.0, 0.1, 0.6, 0.9))
    content = with_exif(encode('.jpg', STORED[noted](seen), cv2.IMWRITE_JPEG_QUALITY, 97),
                        tiff(noted))
    expected = crop_image('bgr8', *size, 3 * size[1], seen, 224, crop)
    far = np.abs(crop_file(content, 224, crop).astype(int) - expected)
    assert far.mean() < 2 and np.percentile(far, 99) < 12
    others = [np.abs(np.rot90(expected, turn).astype(int) - expected).mean() for turn in (1, 2, 3)]
    assert min(others) > 10  # the picture does tell its sides apart
    np.testing.assert_array_equal(crop_compressed('jpeg', content, 224, crop),
                                  crop_file(content, 224, crop))
    np.testing.assert_array_equal(  # as OpenCV turns JPEG, where it is asked to
        frames.decode_rgb('jpeg', content),
        cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])


@pytest.mark.parametrize('block, noted', [
    (tiff(6), 6), (tiff(8, '>'), 8), (tiff(3, before=5), 3), (tiff(7, '>', before=200), 7),
    (b'Exif\0\0' + tiff(5), 5), (tiff(0), 1), (tiff(9), 1), (tiff(65535), 1), (b'', 1),
    (tiff(6, tag=0x0113), 1), (tiff(6, kind=2), 1), (tiff(6)[:12], 1), (b'II', 1), (b'II*\0', 1),
    (b'XX*\0' + tiff(6)[4:], 1), (b'II*\0' + b'\xff' * 40, 1), (b'MM\0*' + bytes(30), 1)])
def test_an_orientation_is_read_or_taken_for_upright(block, noted):
    assert orientation(block) == noted


def test_the_first_exif_block_counts_and_damage_in_it_harms_nothing():
    plain = encode('.jpg', scene())
    assert frames.decode_rgb('jpeg', with_exif(plain, b'II*\0' + b'\xff' * 99)).shape[:2] == (
        61, 90)
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'
    segment = b'\xff\xe1' + struct.pack('>H', len(xmp) + 2) + xmp
    turned = with_exif(plain, tiff(6))
    assert frames.decode_rgb('jpeg', turned[:2] + segment + turned[2:]).shape[:2] == (90, 61)


# -- formats -------------------------------------------------------------------------------------


def test_every_kind_of_a_format_is_read():
    seen = scene(40, 56)
    grey = cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY)
    clear = np.dstack([seen, np.full((40, 56), 9, np.uint8)])
    greys = b''.join(bytes((v, v, v, 0)) for v in range(256))
    runs = b''.join(b''.join(bytes((1, v)) for v in row) + b'\0\0' for row in grey[::-1]) + b'\0\1'
    for content, expected in (
            (encode('.png', seen), seen), (encode('.png', clear), seen),
            (encode('.png', grey), np.dstack([grey] * 3)), (encode('.bmp', seen), seen),
            (lossless('.webp', seen), seen), (lossless('.webp', clear), None),
            (bmp(seen.tobytes(), 56, -40, 24), seen),  # the first row uppermost
            (bmp(grey[::-1].tobytes(), 56, 40, 8, palette=greys), np.dstack([grey] * 3)),
            (bmp(runs, 56, 40, 8, 1, greys), np.dstack([grey] * 3)),
            (bmp(bytes(8 * 40), 56, 40, 1, palette=bytes((9, 9, 9, 0)) * 2),
             np.full_like(seen, 9))):
        found = crop_file(content, 40, Crop(1.0))
        if expected is not None:
            np.testing.assert_array_equal(found, expected[:, 8:48, ::-1])
    for settings in ((), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_QUALITY, 20)):
        for picture in (seen, grey):
            found = crop_file(encode('.jpg', picture, *settings), 40, Crop(1.0))
            assert np.abs(found.astype(int) - np.broadcast_to(
                picture.reshape(40, 56, -1), (40, 56, 3))[:, 8:48, ::-1]).mean() < 12


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp', '.bmp'])
def test_a_picture_cut_short_anywhere_is_refused(suffix):
    for content in (encode(suffix, scene()), with_exif(encode(suffix, scene()), tiff(6), (61, 90))
                    if suffix != '.bmp' else encode(suffix, scene())):
        assert crop_file(content, 16).shape == (16, 16, 3)
        for length in {*range(0, len(content) - 1, 97), *range(1, 70), len(content) - 2}:
            for cut in (content[:length], content[:length] + bytes(99) * (suffix == '.jpg')):
                with pytest.raises(FrameError):
                    crop_file(cut, 16)


@pytest.mark.parametrize('content, words', [
    (b'GIF89a' + bytes(99), 'no JPEG, PNG, WebP or BMP'),
    (b'\0\0\0\x18ftypheic' + bytes(99), 'no JPEG'),
    (b'BM', 'no JPEG'), (b'BM' + bytes(30), 'BMP'), (b'RIFF\x10\0\0\0WEBP', 'cut short'),
    (b'RIFF' + struct.pack('<I', 60) + b'WAVE' + bytes(60), 'no JPEG'),
    (b'RIFF' + struct.pack('<I', 60) + b'WEBPjunk' + bytes(60), 'damaged in its header'),
    (b'RIFF' + struct.pack('<I', 22) + b'WEBPVP8X' + struct.pack('<II', 10, 2) + bytes(9),
     'an animation'),
    (b'RIFF' + struct.pack('<I', 22) + b'WEBPVP8X' + struct.pack('<II', 10, 0) + b'\xff' * 6,
     '16777216x16777216 pixels is larger than the limit'),
    (bmp(b'', 60000, 60000, 24),
     '60000x60000 pixels is cut short: it takes 10800000054 bytes, there are 54'),
    (bmp(bytes(40), 50000, -1, 1) + bytes(9999), 'larger than the limit'),
    (bmp(b'\0\1', 30000, 30000, 8, 1, bytes(1024)), 'larger than the limit'),
    (bmp(bytes(400), 10, 10, 32, 4), 'compression 4'), (bmp(bytes(800), 10, 10, 64), '64 bits'),
    (bmp(bytes(400), 0, 10, 32), 'empty'), (bmp(bytes(400), -5, 10, 32), 'empty'),
    (bmp(b'\0\1', 10, 10, 8, 1, bytes(1024), size=500), 'takes 1578 bytes, there are 1080'),
    (bmp(b'\0\1', 10, 10, 8, 1, bytes(1024), size=0), 'compression 1')])
def test_what_cannot_be_is_refused_before_it_is_decoded(content, words):
    with pytest.raises(FrameError, match=words):
        crop_file(content, 16)


def test_a_png_that_lacks_rows_inside_a_sound_frame_is_refused():
    raw = b''.join(b'\0' + bytes(30) for _ in range(5))  # of ten rows
    header = chunk(b'IHDR', struct.pack('>IIBBBBB', 10, 10, 8, 2, 0, 0, 0))
    content = (b'\x89PNG\r\n\x1a\n' + header
               + chunk(b'IDAT', zlib.compress(raw)) + chunk(b'IEND', b''))
    with pytest.raises(FrameError, match='damaged'):
        crop_file(content, 4)


def test_hostile_files_raise_nothing_but_frame_errors():
    generator = random.Random(3)
    sound = [with_exif(encode(suffix, scene(20, 24, seed)), tiff(6), (20, 24))
             if suffix != '.bmp' else encode(suffix, scene(20, 24, seed))
             for seed in range(3) for suffix in ('.jpg', '.png', '.webp', '.bmp')]
    sound += [encode('.webp', scene(20, 24)), lossless('.webp', scene(20, 24))]
    read = refused = 0
    for _ in range(3000):
        data = bytearray(generator.choice(sound))
        for _ in range(generator.choice((0, 1, 1, 2, 8))):
            end = generator.choice((64, len(data)))
            data[generator.randrange(min(end, len(data)))] = generator.choice(
                (0, 1, 0x10, 0x7F, 0x80, 0xFF, generator.randrange(256)))
        if generator.random() < 0.3:
            del data[generator.randrange(len(data)):]
        try:
            crop = crop_file(bytes(data), 8)
            assert crop.shape == (8, 8, 3) and crop.dtype == np.uint8
            read += 1
        except FrameError as error:
            assert '\n' not in str(error) and len(str(error)) < 400
            refused += 1
    assert read > 300 and refused > 1000


def test_a_message_and_a_file_of_the_same_bytes_give_the_same_crop():
    for suffix, size in (('.jpg', (1080, 1920)), ('.jpg', (720, 1281)), ('.jpg', (300, 200)),
                         ('.png', (500, 333)), ('.webp', (500, 333)), ('.bmp', (333, 500))):
        content = encode(suffix, scene(*size))
        np.testing.assert_array_equal(
            crop_file(content, 224), crop_compressed(suffix[1:], content, 224))


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    large = tmp_path / 'large.jpg'
    with open(large, 'wb') as file:
        file.truncate(pictures.MAX_BYTES + 1)
    with pytest.raises(FrameError, match='the limit is'):
        pictures.read(large)
    assert sorted(pictures.SUFFIXES & pictures.OTHER_SUFFIXES) == []

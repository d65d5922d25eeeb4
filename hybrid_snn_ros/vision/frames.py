# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Turn the fields of image messages into RGB: the encoder's crop, or the whole frame.

The crop is taken before colours are converted and pixels are averaged, and of a large JPEG no more
is decoded than the crop needs, so that a large frame costs little more than its crop. Bytes are
read where they lie: `data` may be bytes, a bytearray, an array.array('B'), a memoryview or a
contiguous uint8 ndarray. A rosidl_buffer.Buffer (ROS 2 Lyrical: memory of a GPU or another device)
is copied. Whatever the fields hold, the only exception raised here is FrameError.
"""

import operator
from typing import Any, NamedTuple

import cv2
import numpy as np

from hybrid_snn_ros.vision import framing
from hybrid_snn_ros.vision.compressed import (
    decode_message_whole,
    decode_message_window,
    decode_window,
    message_size,
)
from hybrid_snn_ros.vision.encodings import check_fit, convert_planes, ENCODINGS, Layout, layout_of
from hybrid_snn_ros.vision.framing import (
    check_crop,
    check_size,
    Crop,
    crop_window,
    FrameError,
    Window,
)

__all__ = ['check_crop', 'Crop', 'crop_picture', 'crop_window', 'decode_compressed', 'decode_file',
           'decode_image', 'decode_message', 'decode_rgb', 'ENCODINGS', 'FrameError', 'Picture',
           'message_rgb', 'size_of', 'to_rgb', 'Window']


class Picture(NamedTuple):
    """The part of a frame that the encoder sees, decoded but not yet at the encoder's size."""

    pixels: np.ndarray  # the square window; a view of the message's bytes where nothing is decoded
    code: int | None  # OpenCV's way from these pixels to RGB (None: they are RGB)


def decode_message(message: Any, compressed: bool, size: int, crop: Crop = Crop()) -> Picture:
    """
    Return the window of a camera message that `crop` selects; crop_picture takes it from there.

    JPEG, PNG, mosaics and pixels that share colour are decoded here; of plain pixels nothing is
    touched, so their Picture is valid as long as the message is.

    :param message: has the fields of sensor_msgs/CompressedImage where `compressed`, else of
        Image; may come from a subscription or from a bag.
    :param size: what crop_picture will be asked for.
    :raises FrameError: when the fields of the message do not fit together, or it is damaged.
    """
    if compressed:
        return decode_compressed(message.format, message.data, size, crop)
    return decode_image(message.encoding, message.height, message.width, message.step,
                         message.data, crop, message.is_bigendian)


def crop_picture(picture: Picture, size: int) -> np.ndarray:
    """Return a decoded picture as RGB, a new uint8 array (size, size, 3). Raises FrameError."""
    # Channels only change places here, which is cheaper once the picture is small.
    return _convert(framing.resize(picture.pixels, size), picture.code)


def decode_image(encoding: Any, height: Any, width: Any, step: Any, data: Any,
                 crop: Crop = Crop(), big_endian: Any = False) -> Picture:
    """
    Return the window of a sensor_msgs/Image; only pixels that need their neighbours are converted.

    :param step: length of a row in bytes, padding included.
    :param big_endian: of 16 bits, whether the upper 8 come first.
    :raises FrameError: as of decode_message.
    """
    layout, pixels, colour = _pixels(encoding, height, width, step, data, big_endian)
    window = crop_window(pixels.shape[1], pixels.shape[0], crop)
    if layout.kind == 'pixels':
        return Picture(_plain(_cut(pixels, window)), layout.code)
    return Picture(_convert_window(layout, pixels, colour, window), None)


def decode_compressed(format: Any, data: Any, size: int,  # noqa: A002 (the message's field name)
                      crop: Crop = Crop()) -> Picture:
    """
    Return the window of a sensor_msgs/CompressedImage, no finer than the encoder will see it.

    JPEG, PNG, WebP and BMP of 8 bits per channel are decoded, whatever `format` says, and turned
    upright where their EXIF says how they were held.

    :raises FrameError: as of decode_message.
    """
    return Picture(decode_message_window(format, _bytes(data).tobytes(), size, crop),
                   cv2.COLOR_BGR2RGB)


def decode_file(content: bytes, size: int, crop: Crop = Crop()) -> Picture:
    """
    Return the window of a picture file, given what is in it: upright, complete.

    :raises FrameError: when it is no picture that is decoded, or damaged.
    """
    return Picture(decode_window(content, size, crop), cv2.COLOR_BGR2RGB)


def size_of(message: Any, compressed: bool) -> tuple[int, int]:
    """Return width and height of a camera message in pixels, upright; nothing is decoded."""
    if not compressed:
        return message.width, message.height
    return message_size(message.format, _bytes(message.data).tobytes())


def to_rgb(encoding: str, height: int, width: int, step: int, data: Any,
           big_endian: Any = False) -> np.ndarray:
    """Return a whole sensor_msgs/Image as RGB, a new uint8 array (height, width, 3)."""
    layout, pixels, colour = _pixels(encoding, height, width, step, data, big_endian)
    if colour is not None:
        return convert_planes(layout, pixels, colour)
    return _convert(_plain(pixels), layout.code)


def message_rgb(message: Any, compressed: bool) -> np.ndarray:
    """
    Return a whole camera message as RGB, a new uint8 array (height, width, 3).

    :param message: as of decode_message.
    :raises FrameError: when its fields do not fit together, or it is damaged.
    """
    if compressed:
        return decode_rgb(message.format, message.data)
    return to_rgb(message.encoding, message.height, message.width, message.step, message.data,
                  message.is_bigendian)


def decode_rgb(format: str, data: Any) -> np.ndarray:  # noqa: A002 (the message's field name)
    """Return a whole sensor_msgs/CompressedImage as RGB, a new uint8 array (height, width, 3)."""
    return _convert(decode_message_whole(format, _bytes(data).tobytes()), cv2.COLOR_BGR2RGB)


def _pixels(encoding: Any, height: Any, width: Any, step: Any, data: Any,
            big_endian: Any) -> tuple[Layout, np.ndarray, np.ndarray | None]:
    """
    Return the layout and a view (height, width[, channels]) of the message's bytes.

    Where colour has a plane of its own, its view (height, width, 2) follows. Of 16 bits the view
    shows the upper 8.
    """
    layout = layout_of(encoding)
    height, width, step = (_number(name, value) for name, value in (
        ('height', height), ('width', width), ('step', step)))
    check_size(width, height)
    check_fit(encoding, layout, width, height)
    row = width * layout.channels * layout.bytes
    if step < row:
        raise FrameError(f'the frame has a step of {step} bytes, a row of {width} pixels in '
                         f'{encoding} takes {row}')
    content, brightness = _bytes(data), step * height
    # Two bytes of colour for the pixels that share it.
    needed = brightness + (2 * brightness // layout.shared ** 2 if layout.kind == 'planes' else 0)
    if content.size < needed:
        raise FrameError(f'the frame holds {content.size} bytes, {height} rows of {step} bytes '
                         f'take {needed}' + (' with their colours' * (needed > brightness)))
    rows = content[:brightness].reshape(height, step)[:, :row]
    if layout.bytes == 2:
        rows = rows[:, (0 if big_endian else 1)::2]
    pixels = rows if layout.channels == 1 else rows.reshape(height, width, layout.channels)
    if layout.kind != 'planes':
        return layout, pixels, None
    height, width = height // layout.shared, width // layout.shared
    colour = content[brightness:needed].reshape(height, -1)[:, :2 * width]
    return layout, pixels, colour.reshape(height, width, 2)


def _number(name: str, value: Any) -> int:
    """Return an unsigned 32-bit field of the message as a plain integer."""
    try:
        number = operator.index(value)
    except TypeError as error:
        raise FrameError(f'the {name} of a frame is a whole number, not of type '
                         f'{type(value).__name__}') from error
    if not 0 <= number < 2 ** 32:
        raise FrameError(f'the {name} of a frame is an unsigned 32-bit number')
    return number


def _bytes(data: Any) -> np.ndarray:
    """Return the bytes of a message as a flat uint8 view; refuse what isn't a run of bytes."""
    if hasattr(data, 'to_array') and hasattr(data, 'backend_type'):
        data = _copied(data)
    try:
        view = memoryview(data)
    except (TypeError, ValueError, BufferError) as error:
        raise FrameError(f'the data of a frame is bytes, not of type {type(data).__name__}'
                         ) from error
    if view.itemsize != 1 or not view.c_contiguous:
        raise FrameError('the data of a frame is one run of bytes, not a strided or wider '
                         f'{type(data).__name__}')
    if view.nbytes == 0:
        raise FrameError('the frame is empty: it holds 0 bytes')
    return np.frombuffer(view, np.uint8)


def _copied(buffer: Any) -> Any:
    """Return the bytes of a rosidl_buffer.Buffer as an array.array."""
    try:
        return buffer.to_array()
    except Exception as error:  # whatever a vendor's backend raises
        raise FrameError(
            f'the data of a frame cannot be copied out of the memory of {buffer.backend_type}: '
            f'{str(error).partition(chr(10))[0] or type(error).__name__}') from error


def _convert_window(layout: Layout, pixels: np.ndarray, colour: np.ndarray | None,
                    window: Window) -> np.ndarray:
    """
    Return a window of a frame whose pixels need their neighbours, as RGB.

    The window grows to even bounds and by a margin, so that it starts with the same colour as the
    frame and every pixel of it comes out as it would from the whole frame.
    """
    margin = 2 if layout.kind == 'mosaic' else 0
    height, width = pixels.shape[:2]
    left, top = (max(0, (n - margin) // 2 * 2) for n in (window.left, window.top))
    right = min(width, (window.right + margin + 1) // 2 * 2)
    bottom = min(height, (window.bottom + margin + 1) // 2 * 2)
    grown, shared = pixels[top:bottom, left:right], layout.shared
    if colour is None:
        rgb = _convert(_plain(grown), layout.code)
    else:
        rgb = convert_planes(layout, grown, colour[top // shared:bottom // shared,
                                                   left // shared:right // shared])
    return _cut(rgb, Window(window.left - left, window.top - top,
                            window.right - left, window.bottom - top))


def _plain(pixels: np.ndarray) -> np.ndarray:
    """Return pixels whose channels lie side by side, copied only where bytes lie between them."""
    return pixels if pixels.strides[-1] == 1 else np.ascontiguousarray(pixels)


def _convert(pixels: np.ndarray, code: int | None) -> np.ndarray:
    """Return pixels as RGB in memory of their own."""
    return _contiguous(pixels) if code is None else cv2.cvtColor(pixels, code)


def _contiguous(pixels: np.ndarray) -> np.ndarray:
    """Return pixels in contiguous memory of their own, copied only where they share it."""
    return pixels if pixels.base is None and pixels.flags.c_contiguous else pixels.copy()


def _cut(pixels: np.ndarray, window: Window) -> np.ndarray:
    """Return a view of a window of the pixels."""
    return pixels[window.top:window.bottom, window.left:window.right]

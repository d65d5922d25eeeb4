/* Copyright 2026 The hybrid_snn_ros developers
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bring a rectangle of pixels to another size in whole numbers, hence to the same bits on every
 * processor.  Loaded by resample.py, which makes the weights, says what they mean and checks every
 * array before its address gets here.
 */

#include <stdint.h>
#include <string.h>

#ifndef HYBRID_SNN_SOURCE
#define HYBRID_SNN_SOURCE 0
#endif

#define MAX_SIZE 4096     /* pixels a side that are written */
#define CHUNK 256         /* sums of a row that stay in registers and the nearest cache */
#define HALF 32768u       /* of the square of the sum of weights, 256 */

/*
 * The same function twice, the processor chooses when the library is loaded (-DCLONED=: once).
 * Clang 14 gives such functions names under which no one finds them.
 */
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && !defined(__clang__) \
    && defined(__has_attribute) && !defined(CLONED)
#if __has_attribute(target_clones)
#define CLONED __attribute__((target_clones("avx2", "default")))
#endif
#endif
#ifndef CLONED
#define CLONED
#endif
#define INLINE static inline __attribute__((always_inline))

typedef uint32_t int4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef uint8_t byte16 __attribute__((vector_size(16)));

uint32_t hs_source(void) { return HYBRID_SNN_SOURCE; }

/*
 * Sum whole rows by their weights, which add up to 256: 16 bits hold every sum.
 * Counters are as wide as addresses: Python's -fwrapv keeps narrower ones from being vectors.
 */
INLINE void down(const uint8_t *rows, int64_t step, int64_t bytes, int taps,
                 const uint32_t *weights, uint32_t *out)
{
    const uint16_t a = (uint16_t)weights[0], b = (uint16_t)weights[1];
    const uint8_t *second = rows + (b ? step : 0); /* there may be no such row */
    for (int64_t at = 0; at < bytes; at += CHUNK) {
        const int64_t here = bytes - at < CHUNK ? bytes - at : CHUNK;
        uint16_t sums[CHUNK];
        for (int64_t x = 0; x < here; x++)
            sums[x] = (uint16_t)(rows[at + x] * a + second[at + x] * b);
        for (int k = 2; k < taps; k++) {
            const uint16_t weight = (uint16_t)weights[k];
            const uint8_t *row = rows + k * step + at;
            if (weight)
                for (int64_t x = 0; x < here; x++)
                    sums[x] += (uint16_t)(row[x] * weight);
        }
        for (int64_t x = 0; x < here; x++)
            out[at + x] = sums[x];
    }
}

/* Sum pixels of one row by their weights, and divide; four channels at once, needed or not. */
INLINE void across(const uint32_t *row, int channels, int size, int taps, const int32_t *first,
                   const uint32_t *weights, uint8_t *out)
{
    const byte16 third = {2, 6, 10, 14, 2, 6, 10, 14, 2, 6, 10, 14, 2, 6, 10, 14};
    for (int j = 0; j < size; j++, weights += taps, out += channels) {
        const uint32_t *from = row + (int64_t)first[j] * channels;
        int4 sum = {HALF, HALF, HALF, HALF};
        for (int k = 0; k < taps; k++)
            sum += *(const int4 *)(from + (int64_t)k * channels) * weights[k];
#if defined(__clang__)
        byte16 pixel = __builtin_shufflevector((byte16)sum, third, 2, 6, 10, 14, 2, 6, 10, 14,
                                               2, 6, 10, 14, 2, 6, 10, 14);
        (void)third;
#else
        byte16 pixel = __builtin_shuffle((byte16)sum, third);
#endif
        memcpy(out, &pixel, 4);
    }
}

/*
 * pixels: rows `step` apart of `bytes` each, channels side by side; first [size] and weights
 * [size][taps], of the rows and of the pixels in a row; row: room for bytes + channels * taps + 4
 * sums, taps of those in a row, what is behind the first `bytes` counts for nothing; out:
 * [height][width][channels].
 */
CLONED void hs_resample(const uint8_t *pixels, int64_t step, int32_t bytes, int32_t channels,
                        int32_t height, int32_t rows, const int32_t *first_row,
                        const uint32_t *row_weights, int32_t width, int32_t taps,
                        const int32_t *first, const uint32_t *weights, uint32_t *row, uint8_t *out)
{
    uint8_t line[4 * MAX_SIZE + 4];
    for (int i = 0; i < height; i++, out += (size_t)width * channels) {
        down(pixels + first_row[i] * step, step, bytes, rows, row_weights + (size_t)i * rows, row);
        /* Compiled apart for what is usual: colour, enlarged or shrunk by less than three. */
        if (channels == 3 && taps == 2)
            across(row, 3, width, 2, first, weights, line);
        else if (channels == 3 && taps == 3)
            across(row, 3, width, 3, first, weights, line);
        else if (channels == 3 && taps == 4)
            across(row, 3, width, 4, first, weights, line);
        else
            across(row, channels, width, taps, first, weights, line);
        memcpy(out, line, (size_t)width * channels);
    }
}

/* Copyright 2026 The hybrid_snn_ros developers
 * SPDX-License-Identifier: Apache-2.0
 *
 * What NumPy cannot do quickly: look only at the inputs that fired, and step small networks
 * without a call for every operation.  Loaded by kernel.py, which says what each function is for
 * and checks every array before its address gets here.  Nothing of Python is included: it compiles
 * without Python's headers and one build serves every Python.
 *
 * Every sum has one order, whatever the processor: weights are whole numbers, whose sums are
 * exact, and floats are added in fixed lanes.  Never compile with -ffast-math or with
 * contraction to fused multiply-add (-ffp-contract=off).
 */

#include <float.h>
#include <stdint.h>
#include <string.h>

/* 16 is 0 for compilers that can compute in half precision, too. */
#if (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16) || defined(__FAST_MATH__)
#error "floats are not computed as they are written, so results would depend on the compiler"
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "eight bytes are transposed as one little-endian number"
#endif

#ifndef HYBRID_SNN_SOURCE
#define HYBRID_SNN_SOURCE 0
#endif

#define STEPS 10
#define TRAINS 110        /* rows count * 10 + phase */
#define MAX_INPUTS 4096
#define LANES 64          /* columns side by side */
#define ROWS 4            /* of P, multiplied together */
#define AT_ONCE 256       /* int8 weights whose sum fits int16: 256 * 127 < 2^15 */

/*
 * The same function twice, the processor chooses when the library is loaded (-DCLONED=: once).
 * Clang 14 gives such functions names under which no one finds them.
 */
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && !defined(__clang__) \
    && defined(__has_attribute) && !defined(CLONED)
#if __has_attribute(target_clones)
#define CLONED __attribute__((target_clones("avx2", "default")))
#define CLONES 1
#endif
#endif
#ifndef CLONED
#define CLONED
#endif
#define INLINE static inline __attribute__((always_inline))

typedef float float8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t bits32 __attribute__((may_alias));
typedef int16_t short16 __attribute__((vector_size(32), aligned(2), may_alias));
typedef int8_t byte16 __attribute__((vector_size(16), aligned(1), may_alias));

/* Inputs that fired, those with the same train side by side. */
typedef struct {
    int groups;
    uint16_t steps[TRAINS];     /* bit t: the group fires at step t */
    uint16_t start[TRAINS + 1]; /* of the group, in inputs */
    uint16_t inputs[MAX_INPUTS];
} Spikes;

/* Structures are those of kernel.py. */
typedef struct {
    const int8_t *weights;  /* [blocks][neurons][inputs][LANES] */
    const uint8_t *phases;  /* [inputs] */
    const uint16_t *trains; /* [TRAINS], bit t: fires at step t */
    const float *scale;     /* [blocks][neurons][LANES], current of one spike through weight 1 */
    const float *bias;      /* single: [blocks][LANES], taken off in the whole presentation */
    const float *threshold; /* columns: [blocks][neurons][LANES] */
    int32_t inputs, columns, neurons;
    float leak, theta, noise;
} Plan;

typedef struct {
    float *lateral;   /* [inputs][inputs] */
    float *templates; /* [rows][inputs] */
    float *weights;   /* [rows][inputs] */
    float *costs;     /* [rows] */
    int32_t inputs, rows;
} Lateral;

uint32_t hs_source(void) { return HYBRID_SNN_SOURCE; }

const char *hs_form(void)
{
#if defined(CLONES)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? "avx2" : "sse2";
#elif defined(__x86_64__)
    return "sse2";
#elif defined(__aarch64__)
    return "neon";
#else
    return "portable";
#endif
}

/* ---- spikes ---------------------------------------------------------------------------------- */

INLINE void sort_spikes(const Plan *plan, const uint8_t *counts, Spikes *spikes)
{
    uint16_t active[MAX_INPUTS], place[TRAINS];
    uint8_t train[MAX_INPUTS];
    uint16_t sizes[TRAINS] = {0};
    int number = 0, at = 0, groups = 0;
    for (int i = 0; i < plan->inputs; i++) { /* without a branch: which inputs fire is chance */
        active[number] = (uint16_t)i;
        int count = counts[i] < STEPS ? counts[i] : STEPS;
        train[number] = (uint8_t)(count * STEPS + plan->phases[i]);
        number += counts[i] != 0;
    }
    for (int k = 0; k < number; k++)
        sizes[train[k]]++;
    for (int key = 0; key < TRAINS; key++) {
        place[key] = (uint16_t)at;
        spikes->start[groups] = (uint16_t)at;
        spikes->steps[groups] = plan->trains[key];
        groups += sizes[key] != 0;
        at += sizes[key];
    }
    spikes->start[groups] = (uint16_t)at;
    spikes->groups = groups;
    for (int k = 0; k < number; k++)
        spikes->inputs[place[train[k]]++] = active[k];
}

/* Add up, for every step, the weights (inputs, LANES) of the inputs that fire in it. */
INLINE void sum_weights(const int8_t *weights, const Spikes *spikes, int inputs,
                        int32_t sums[STEPS][LANES])
{
    memset(sums, 0, sizeof(int32_t) * STEPS * LANES);
    for (int group = 0; group < spikes->groups; group++) {
        int end = spikes->start[group + 1];
        for (int begin = spikes->start[group]; begin < end; begin += AT_ONCE) {
            int until = begin + AT_ONCE < end ? begin + AT_ONCE : end;
            short16 a = {0}, b = {0}, c = {0}, d = {0};
            for (int k = begin; k < until; k++) {
                const byte16 *row = (const byte16 *)(weights + (size_t)spikes->inputs[k] * LANES);
                /* The block behind this one will want the same places, a fifth of the time. */
                __builtin_prefetch((const int8_t *)row + (size_t)inputs * LANES);
                a += __builtin_convertvector(row[0], short16);
                b += __builtin_convertvector(row[1], short16);
                c += __builtin_convertvector(row[2], short16);
                d += __builtin_convertvector(row[3], short16);
            }
            short16 narrow[4] = {a, b, c, d};
            int32_t wide[LANES];
            for (int lane = 0; lane < LANES; lane++)
                wide[lane] = ((const int16_t *)narrow)[lane];
            for (int t = 0; t < STEPS; t++)
                if (spikes->steps[group] >> t & 1)
                    for (int lane = 0; lane < LANES; lane++)
                        sums[t][lane] += wide[lane];
        }
    }
}

/* ---- answering --------------------------------------------------------------------------------*/

/*
 * Columns of one neuron, subtractive reset, no floor.
 * out: [3][columns], spikes (int32), end potentials, graded drives (float).
 */
CLONED void hs_present_single(const Plan *plan, const uint8_t *counts, void *out)
{
    int32_t *spikes_out = out;
    float *end_out = (float *)out + plan->columns, *drive_out = end_out + plan->columns;
    Spikes spikes;
    int32_t sums[STEPS][LANES];
    sort_spikes(plan, counts, &spikes);
    for (int first = 0; first < plan->columns; first += LANES) {
        const float *bias = plan->bias + first;
        const float scale = plan->scale[0], leak = plan->leak, theta = plan->theta;
        float u[LANES] = {0}, drive[LANES];
        int32_t count[LANES] = {0}, all[LANES] = {0};
        sum_weights(plan->weights + (size_t)first * plan->inputs, &spikes, plan->inputs, sums);
        for (int t = 0; t < STEPS; t++)
            for (int lane = 0; lane < LANES; lane++) {
                float v = u[lane] * leak;
                v += (float)sums[t][lane] * scale - bias[lane] / (float)STEPS;
                int fires = v >= theta;
                u[lane] = fires ? v - theta : v;
                count[lane] += fires;
                all[lane] += sums[t][lane];
            }
        for (int lane = 0; lane < LANES; lane++)
            drive[lane] = (float)all[lane] * scale - bias[lane];
        int here = plan->columns - first < LANES ? plan->columns - first : LANES;
        memcpy(spikes_out + first, count, sizeof(int32_t) * here);
        memcpy(end_out + first, u, sizeof(float) * here);
        memcpy(drive_out + first, drive, sizeof(float) * here);
    }
}

/*
 * Columns of several neurons that do not silence one another, reset to zero, cut off below zero.
 * out: [2][columns], steps in which one or more fired (int32), largest excess up to the first one
 * (float).
 */
CLONED void hs_present_columns(const Plan *plan, const uint8_t *counts, void *out)
{
    int32_t *spikes_out = out;
    float *best_out = (float *)out + plan->columns;
    Spikes spikes;
    int32_t sums[STEPS][LANES];
    const float leak = plan->leak, noise = plan->noise;
    sort_spikes(plan, counts, &spikes);
    for (int first = 0; first < plan->columns; first += LANES) {
        int32_t count[LANES] = {0};
        float best[LANES], lead[STEPS][LANES];
        for (int lane = 0; lane < LANES; lane++)
            best[lane] = -__builtin_inff();
        for (int t = 0; t < STEPS; t++)
            memcpy(lead[t], best, sizeof(best));
        for (int neuron = 0; neuron < plan->neurons; neuron++) {
            const size_t row = (size_t)first * plan->neurons + (size_t)neuron * LANES;
            const float *scale = plan->scale + row, *threshold = plan->threshold + row;
            float u[LANES] = {0};
            sum_weights(plan->weights + row * plan->inputs, &spikes, plan->inputs, sums);
            for (int t = 0; t < STEPS; t++)
                for (int lane = 0; lane < LANES; lane++) {
                    float v = u[lane] * leak + ((float)sums[t][lane] * scale[lane] + noise);
                    v = v > 0.0f ? v : 0.0f;
                    float excess = v - threshold[lane];
                    lead[t][lane] = excess > lead[t][lane] ? excess : lead[t][lane];
                    u[lane] = excess >= 0.0f ? 0.0f : v;
                }
        }
        for (int t = 0; t < STEPS; t++)
            for (int lane = 0; lane < LANES; lane++) {
                int better = (count[lane] == 0) & (lead[t][lane] > best[lane]);
                best[lane] = better ? lead[t][lane] : best[lane];
                count[lane] += lead[t][lane] >= 0.0f;
            }
        int here = plan->columns - first < LANES ? plan->columns - first : LANES;
        memcpy(spikes_out + first, count, sizeof(int32_t) * here);
        memcpy(best_out + first, best, sizeof(float) * here);
    }
}

/* Turn eight rows of eight bytes, LANES apart, into columns; the first few rows are written. */
INLINE void transpose(const int8_t *from, int8_t *to, int rows)
{
    static const uint64_t halves[3] = {
        0x00000000ffffffffu, 0x0000ffff0000ffffu, 0x00ff00ff00ff00ffu};
    uint64_t row[8];
    for (int k = 0; k < 8; k++)
        memcpy(&row[k], from + k * LANES, 8);
    for (int level = 0, apart = 4; level < 3; level++, apart /= 2)
        for (int k = 0; k < 8; k++)
            if (!(k & apart)) {
                uint64_t swap = ((row[k] >> (8 * apart)) ^ row[k + apart]) & halves[level];
                row[k + apart] ^= swap;
                row[k] ^= swap << (8 * apart);
            }
    for (int k = 0; k < rows; k++)
        memcpy(to + k * LANES, &row[k], 8);
}

/*
 * Lay out weights (columns, neurons, inputs) as [blocks][neurons][inputs][LANES], whole numbers
 * -127..127.  With step_out each row is divided by a 127th of its peak first, and that kept there.
 */
CLONED void hs_pack(const float *rows, int32_t columns, int32_t neurons, int32_t inputs,
                    int8_t *out, float *step_out)
{
    int8_t tile[LANES][LANES];
    for (int first = 0; first < columns; first += LANES)
        for (int neuron = 0; neuron < neurons; neuron++) {
            const size_t block = (size_t)first * neurons + (size_t)neuron * LANES;
            int here = columns - first < LANES ? columns - first : LANES;
            float steps[LANES];
            for (int lane = 0; lane < LANES; lane++)
                steps[lane] = 1.0f;
            for (int lane = 0; step_out && lane < here; lane++) {
                const float *row = rows + ((size_t)(first + lane) * neurons + neuron) * inputs;
                int32_t most = 0; /* without their sign, the bits of floats rank as they do */
                float peak;
                for (int i = 0; i < inputs; i++) {
                    int32_t size = ((const bits32 *)row)[i] & INT32_MAX;
                    most = size > most ? size : most;
                }
                memcpy(&peak, &most, sizeof(peak));
                steps[lane] = peak > 0 ? peak / 127.0f : 1.0f;
            }
            if (step_out)
                memcpy(step_out + block, steps, sizeof(steps));
            memset(tile, 0, sizeof(tile));
            for (int begin = 0; begin < inputs; begin += LANES) {
                int width = inputs - begin < LANES ? inputs - begin : LANES;
                for (int lane = 0; lane < here; lane++) {
                    const float *row = rows + ((size_t)(first + lane) * neurons + neuron) * inputs;
                    for (int i = 0; i < width; i++) { /* adding this rounds half to even */
                        const float to_whole = 12582912.0f;
                        tile[lane][i] = (int8_t)(int32_t)(
                            row[begin + i] / steps[lane] + to_whole - to_whole);
                    }
                }
                int8_t *place = out + (block * inputs) + (size_t)begin * LANES;
                for (int i = 0; i < width; i += 8)
                    for (int lane = 0; lane < LANES; lane += 8)
                        transpose(&tile[lane][i], place + (size_t)i * LANES + lane,
                                  width - i < 8 ? width - i : 8);
            }
        }
}

/* ---- lateral synapses --------------------------------------------------------------------------*/

INLINE float add_lanes(const float8 *part)
{
    float8 sum = (part[0] + part[1]) + (part[2] + part[3]);
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

INLINE float dot(const float *x, const float *y, int number)
{
    float8 part[4] = {{0}};
    int i = 0;
    for (; i + 32 <= number; i += 32) {
        const float8 *p = (const float8 *)(x + i), *q = (const float8 *)(y + i);
        for (int k = 0; k < 4; k++)
            part[k] += p[k] * q[k];
    }
    float sum = add_lanes(part);
    for (; i < number; i++)
        sum += x[i] * y[i];
    return sum;
}

/* The products of ROWS rows with x, from an input on. */
INLINE void dots(const float *const *rows, const float *x, int from, int until, float *out)
{
    float8 part[ROWS][2] = {{{0}}};
    int i = from;
    for (; i + 16 <= until; i += 16) {
        const float8 *q = (const float8 *)(x + i);
        for (int k = 0; k < ROWS; k++) {
            const float8 *p = (const float8 *)(rows[k] + i);
            part[k][0] += p[0] * q[0];
            part[k][1] += p[1] * q[1];
        }
    }
    for (int k = 0; k < ROWS; k++) {
        float8 sum = part[k][0] + part[k][1];
        out[k] = ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
        for (int rest = i; rest < until; rest++)
            out[k] += rows[k][rest] * x[rest];
    }
}

/* Return -(x - m).P (x - m) of one template; P is symmetric, so half of it is enough. */
CLONED float hs_fit(const Lateral *net, const uint8_t *counts, float trace_scale, int32_t row)
{
    uint16_t active[MAX_INPUTS];
    float x[MAX_INPUTS] = {0}, whole[MAX_INPUTS];
    const int inputs = net->inputs;
    int number = 0;
    double own = 0;
    for (int i = 0; i < inputs; i++) {
        whole[i] = (float)counts[i] * trace_scale;
        active[number] = (uint16_t)i;
        number += counts[i] != 0;
    }
    while (number) { /* x holds the inputs behind these, for now; four rows share its loads */
        const int rows = number < ROWS ? 1 : ROWS;
        const uint16_t *these = active + (number -= rows);
        const int from = these[0] & ~31;
        const float *synapses[ROWS];
        float heard[ROWS];
        for (int k = 0; k < rows; k++)
            synapses[k] = net->lateral + (size_t)these[k] * inputs;
        if (rows == 1)
            heard[0] = dot(synapses[0] + from, x + from, inputs - from);
        else
            dots(synapses, x, from, inputs, heard);
        for (int k = rows - 1; k >= 0; k--) {
            float among = 0.0f;
            for (int other = k + 1; other < rows; other++)
                among += synapses[k][these[other]] * whole[these[other]];
            float by = whole[these[k]];
            own += (double)(by * (2.0f * (heard[k] + among) + synapses[k][these[k]] * by));
        }
        for (int k = 0; k < rows; k++)
            x[these[k]] = whole[these[k]];
    }
    float towards = dot(net->weights + (size_t)row * inputs, whole, inputs);
    return 2.0f * (towards - net->costs[row]) - (float)own;
}

/* h = P x, from the rows of the inputs that fired. */
INLINE void respond(const Lateral *net, const float *x, float *h)
{
    const int inputs = net->inputs;
    const float *rows[4];
    float by[4];
    int number = 0;
    memset(h, 0, sizeof(float) * inputs);
    for (int i = 0; i <= inputs; i++) {
        if (i < inputs && x[i] == 0.0f)
            continue;
        if (i < inputs) {
            rows[number] = net->lateral + (size_t)i * inputs;
            by[number++] = x[i];
        }
        if (number == 4) {
            const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
            for (int k = 0; k < inputs; k++)
                h[k] = (((h[k] + by[0] * a[k]) + by[1] * b[k]) + by[2] * c[k]) + by[3] * d[k];
            number = 0;
        } else if (i == inputs) {
            for (int left = 0; left < number; left++)
                for (int k = 0; k < inputs; k++)
                    h[k] += by[left] * rows[left][k];
        }
    }
}

/*
 * One error d learned or unlearned, with r = P d: P -= f r r^T, and every neuron's drive costs.
 * A negative f takes an error back.  Both triangles of P get the same product.
 */
INLINE void step(const Lateral *net, const float *d, const float *r, float f)
{
    float s[MAX_INPUTS];
    const int inputs = net->inputs;
    const float sign = f < 0 ? -1.0f : 1.0f, root = __builtin_sqrtf(sign * f);
    for (int i = 0; i < inputs; i++)
        s[i] = r[i] * root;
    for (int i = 0; i < inputs; i++) {
        float *synapses = net->lateral + (size_t)i * inputs, by = sign * s[i];
        for (int k = 0; k < inputs; k++)
            synapses[k] -= by * s[k];
    }
    for (int c = 0; c < net->rows; c++) {
        float *w = net->weights + (size_t)c * inputs;
        float q = dot(w, d, inputs), by = f * q;
        for (int i = 0; i < inputs; i++)
            w[i] -= by * r[i];
        net->costs[c] -= (f / 2) * q * q;
    }
}

CLONED void hs_step(const Lateral *net, const float *d, const float *r, float f)
{
    step(net, d, r, f);
}

/* Teach one view, lateral.teach; samples are those before it, in views, of which each counts
 * share of a frame. */
CLONED void hs_teach(const Lateral *net, const float *x, int32_t row, float own_samples,
                     float all_samples, float share)
{
    float h[MAX_INPUTS], d[MAX_INPUTS], r[MAX_INPUTS];
    const int inputs = net->inputs;
    respond(net, x, h);
    if (own_samples > 0) {
        const float *template = net->templates + (size_t)row * inputs;
        const float *weights = net->weights + (size_t)row * inputs;
        for (int i = 0; i < inputs; i++) {
            d[i] = x[i] - template[i];
            r[i] = h[i] - weights[i];
        }
        float g = share * (own_samples / (own_samples + 1));
        float f = g / (1 + g * dot(d, r, inputs));
        step(net, d, r, f);
        float by = f * dot(h, d, inputs);
        for (int i = 0; i < inputs; i++)
            h[i] -= by * r[i];
    }
    for (int paid = 0; paid < 2; paid++) {
        int c = paid ? 0 : row;
        float n = (paid ? all_samples : own_samples) + 1;
        float *m = net->templates + (size_t)c * inputs, *w = net->weights + (size_t)c * inputs;
        for (int i = 0; i < inputs; i++) {
            m[i] += (x[i] - m[i]) / n;
            w[i] += (h[i] - w[i]) / n;
        }
        net->costs[c] = dot(w, m, inputs) / 2;
    }
}

/* SHA-256 of short messages (FIPS 180-4), with the processor's instructions where it has them. */

#include "native.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_X86 1
#include <cpuid.h>
#include <immintrin.h>
#endif

#define BLOCK_BYTES 64

typedef void (*compressor)(uint32_t state[8], const uint8_t *blocks, size_t count);

static const uint32_t INITIAL[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint32_t ROUNDS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, int count)
{
    return word >> count | word << (32 - count);
}

static void compress_plainly(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (; count; count--, blocks += BLOCK_BYTES) {
        uint32_t words[64], v[8];
        for (int i = 0; i < 16; i++)
            words[i] = read_word(blocks + 4 * i);
        for (int i = 16; i < 64; i++) {
            uint32_t early = words[i - 15], late = words[i - 2];
            words[i] = words[i - 16] + words[i - 7] + (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3)
                       + (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
        }
        memcpy(v, state, sizeof v);
        /* The eight working words stay where they are, and the roles go round. */
        for (int i = 0; i < 64; i += 8)
            for (int step = 0; step < 8; step++) {
                uint32_t a = v[-step & 7], b = v[(1 - step) & 7], c = v[(2 - step) & 7];
                uint32_t e = v[(4 - step) & 7], f = v[(5 - step) & 7], g = v[(6 - step) & 7], *h = &v[(7 - step) & 7];
                *h += (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i + step] + words[i + step];
                v[(3 - step) & 7] += *h;
                *h += (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            }
        for (int i = 0; i < 8; i++)
            state[i] += v[i];
    }
}

#ifdef HAS_X86
/* With the processor's own instructions, which hold the state as two vectors: a b e f and c d g h. */
__attribute__((target("sha,sse4.1,ssse3"))) static void compress_by_instruction(uint32_t state[8], const uint8_t *blocks,
                                                                                size_t count)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
    for (; count; count--, blocks += BLOCK_BYTES) {
        __m128i words[4], abef_before = abef, cdgh_before = cdgh;
        for (int i = 0; i < 4; i++)
            words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks + 16 * i)), swap);
        for (int i = 0; i < 16; i++) {
            __m128i now = words[i & 3];
            __m128i sum = _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)(ROUNDS + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
            if (i < 12) { /* the four words of sixteen words later */
                __m128i last = words[(i + 3) & 3];
                __m128i next = _mm_sha256msg1_epu32(now, words[(i + 1) & 3]);
                next = _mm_add_epi32(next, _mm_alignr_epi8(last, words[(i + 2) & 3], 4));
                words[i & 3] = _mm_sha256msg2_epu32(next, last);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    state[0] = (uint32_t)_mm_extract_epi32(abef, 3);
    state[1] = (uint32_t)_mm_extract_epi32(abef, 2);
    state[4] = (uint32_t)_mm_extract_epi32(abef, 1);
    state[5] = (uint32_t)_mm_extract_epi32(abef, 0);
    state[2] = (uint32_t)_mm_extract_epi32(cdgh, 3);
    state[3] = (uint32_t)_mm_extract_epi32(cdgh, 2);
    state[6] = (uint32_t)_mm_extract_epi32(cdgh, 1);
    state[7] = (uint32_t)_mm_extract_epi32(cdgh, 0);
}

static int has_instructions(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1))
        return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}
#endif

/* Chosen once, when the module is made ready. */
static compressor compress = compress_plainly;

/* Hashes so far, for benchmarks. */
static unsigned long long hash_count;

/* Hash so many bytes that are in a buffer with room for what has to follow them, `total` being all bytes of the message. */
static void finish(uint32_t state[8], uint8_t *buffer, size_t held, uint64_t total, uint8_t out[HASH_BYTES])
{
    size_t end = held < BLOCK_BYTES - 8 ? BLOCK_BYTES : (held + 8 + BLOCK_BYTES) / BLOCK_BYTES * BLOCK_BYTES;
    buffer[held++] = 0x80;
    memset(buffer + held, 0, end - 8 - held);
    write_word(buffer + end - 8, (uint32_t)(8 * total >> 32));
    write_word(buffer + end - 4, (uint32_t)(8 * total));
    compress(state, buffer, end / BLOCK_BYTES);
    for (int i = 0; i < 8; i++)
        write_word(out + 4 * i, state[i]);
}

/* Take a piece of a message into the buffer, and hash each block that is full; return how many bytes are in the buffer then. */
static size_t take_piece(uint32_t state[8], uint8_t *buffer, size_t held, const uint8_t *piece, size_t missing)
{
    while (missing) {
        if (!held && missing >= BLOCK_BYTES) {
            size_t blocks = missing / BLOCK_BYTES;
            compress(state, piece, blocks);
            piece += blocks * BLOCK_BYTES;
            missing -= blocks * BLOCK_BYTES;
            continue;
        }
        size_t taken = missing < BLOCK_BYTES - held ? missing : BLOCK_BYTES - held;
        memcpy(buffer + held, piece, taken);
        held += taken;
        piece += taken;
        missing -= taken;
        if (held == BLOCK_BYTES) {
            compress(state, buffer, 1);
            held = 0;
        }
    }
    return held;
}

void compute_hash(uint8_t out[HASH_BYTES], const void *prefix, size_t prefix_bytes, const uint8_t *left, size_t left_bytes,
                  const uint8_t *right, size_t right_bytes)
{
    uint32_t state[8];
    uint8_t buffer[2 * BLOCK_BYTES];
    const size_t total = prefix_bytes + left_bytes + right_bytes;
    size_t held = total;
    hash_count++;
    memcpy(state, INITIAL, sizeof state);
    if (total < sizeof buffer - 8) { /* as nearly all are: in one go */
        if (prefix_bytes)
            memcpy(buffer, prefix, prefix_bytes);
        if (left_bytes)
            memcpy(buffer + prefix_bytes, left, left_bytes);
        if (right_bytes)
            memcpy(buffer + prefix_bytes + left_bytes, right, right_bytes);
    } else {
        held = take_piece(state, buffer, 0, prefix, prefix_bytes);
        held = take_piece(state, buffer, held, left, left_bytes);
        held = take_piece(state, buffer, held, right, right_bytes);
    }
    finish(state, buffer, held, total, out);
}

int choose_compressor(int by_instruction)
{
    compress = compress_plainly;
#ifdef HAS_X86
    if (by_instruction && has_instructions()) {
        compress = compress_by_instruction;
        return 1;
    }
#else
    (void)by_instruction;
#endif
    return 0;
}

unsigned long long get_hash_count(void)
{
    return hash_count;
}

/* What a node does thousands of times a block, in C: SHA-256 of short messages, and updates of the state tree.
 *
 * Everything here has a plain version in Python that says what it must do (ledger.merkle, ledger.state, ledger.state_tree), and
 * tests hold both against each other. Where this file was not compiled, the plain versions are used. See native.pyi for what
 * each function takes and returns, and docs/adr/0036 for why it is here.
 *
 * There is no clock and no input or output, and no state but a count: results follow from the arguments alone.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_X86 1
#include <cpuid.h>
#include <immintrin.h>
#endif

/* ------------------------------------------------------------------------------------------------ SHA-256 (FIPS 180-4) */

#define INTERFACE 9 /* one more whenever a function changes: ledger.hashing does not use what was compiled before */
#define HASH_BYTES 32
#define BLOCK_BYTES 64
#define MAX_CLIMB 64 /* levels of a climb: the bits of its place */

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

static uint32_t read_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_word(uint8_t *bytes, uint32_t word)
{
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

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

/* Hash of a prefix and up to two pieces in sequence. */
static void compute_hash(uint8_t out[HASH_BYTES], const void *prefix, size_t prefix_bytes, const uint8_t *left, size_t left_bytes,
                         const uint8_t *right, size_t right_bytes)
{
    uint32_t state[8];
    uint8_t buffer[2 * BLOCK_BYTES];
    const uint8_t *pieces[3] = {prefix, left, right};
    const size_t sizes[3] = {prefix_bytes, left_bytes, right_bytes};
    const uint64_t bits = 8 * ((uint64_t)prefix_bytes + left_bytes + right_bytes);
    size_t held = 0;
    hash_count++;
    memcpy(state, INITIAL, sizeof state);
    for (int i = 0; i < 3; i++) {
        const uint8_t *piece = pieces[i];
        size_t missing = sizes[i];
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
    }
    buffer[held++] = 0x80;
    size_t end = held <= BLOCK_BYTES - 8 ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    memset(buffer + held, 0, end - 8 - held);
    write_word(buffer + end - 8, (uint32_t)(bits >> 32));
    write_word(buffer + end - 4, (uint32_t)bits);
    compress(state, buffer, end / BLOCK_BYTES);
    for (int i = 0; i < 8; i++)
        write_word(out + 4 * i, state[i]);
}

static PyObject *make_hash(const void *prefix, size_t prefix_bytes, const uint8_t *left, size_t left_bytes, const uint8_t *right,
                           size_t right_bytes)
{
    PyObject *hash = PyBytes_FromStringAndSize(NULL, HASH_BYTES);
    if (hash)
        compute_hash((uint8_t *)PyBytes_AS_STRING(hash), prefix, prefix_bytes, left, left_bytes, right, right_bytes);
    return hash;
}

static const uint8_t *get_bytes(PyObject *object)
{
    return (const uint8_t *)PyBytes_AS_STRING(object);
}

/* Whether an object is a byte string of so many bytes. */
static int is_bytes_of(PyObject *object, Py_ssize_t size)
{
    return PyBytes_Check(object) && PyBytes_GET_SIZE(object) == size;
}

static PyObject *refuse(const char *why)
{
    PyErr_SetString(PyExc_ValueError, why);
    return NULL;
}

/* Hash of the prefix and so many items in sequence, one byte string of any length or two hashes; NULL with an exception. */
static PyObject *hash_group(const char *prefix, Py_ssize_t prefix_bytes, PyObject **group, Py_ssize_t size)
{
    if (size == 1) {
        if (!PyBytes_Check(group[0]))
            return refuse("a sequence of byte strings is wanted");
        return make_hash(prefix, (size_t)prefix_bytes, get_bytes(group[0]), (size_t)PyBytes_GET_SIZE(group[0]), NULL, 0);
    }
    if (!is_bytes_of(group[0], HASH_BYTES) || !is_bytes_of(group[1], HASH_BYTES))
        return refuse("a sequence of hashes is wanted");
    return make_hash(prefix, (size_t)prefix_bytes, get_bytes(group[0]), HASH_BYTES, get_bytes(group[1]), HASH_BYTES);
}

/* Hashes of the items in groups of one size; what is left over has none. */
static PyObject *hash_groups(PyObject *args, const char *format, Py_ssize_t size)
{
    const char *prefix;
    Py_ssize_t prefix_bytes;
    PyObject *given;
    if (!PyArg_ParseTuple(args, format, &prefix, &prefix_bytes, &given))
        return NULL;
    PyObject *items = PySequence_Fast(given, "a sequence is wanted");
    if (!items)
        return NULL;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(items) / size;
    PyObject *hashes = PyList_New(count);
    for (Py_ssize_t i = 0; hashes && i < count; i++) {
        PyObject *hash = hash_group(prefix, prefix_bytes, PySequence_Fast_ITEMS(items) + i * size, size);
        if (hash)
            PyList_SET_ITEM(hashes, i, hash);
        else
            Py_CLEAR(hashes);
    }
    Py_DECREF(items);
    return hashes;
}

static PyObject *hash_each(PyObject *Py_UNUSED(module), PyObject *args)
{
    return hash_groups(args, "y#O:hash_each", 1);
}

static PyObject *hash_pairs(PyObject *Py_UNUSED(module), PyObject *args)
{
    return hash_groups(args, "y#O:hash_pairs", 2);
}

/* From a node up to the one so many levels above it, over hashes of a proof: see ledger.hashing.climb_plainly. */
static PyObject *climb(PyObject *Py_UNUSED(module), PyObject *args)
{
    const uint8_t *prefix, *given;
    Py_ssize_t prefix_bytes, given_bytes, begin;
    unsigned long long place;
    int levels;
    PyObject *hashes;
    if (!PyArg_ParseTuple(args, "y#y#KiO!n:climb", &prefix, &prefix_bytes, &given, &given_bytes, &place, &levels, &PyTuple_Type,
                          &hashes, &begin))
        return NULL;
    if (given_bytes != HASH_BYTES || levels < 0 || levels > MAX_CLIMB || begin < 0)
        return refuse("a hash, and as many levels as its place has bits, are wanted");
    uint8_t node[HASH_BYTES];
    memcpy(node, given, sizeof node);
    Py_ssize_t right = begin;
    for (int level = 0; level < levels; level++)
        right += place >> level & 1;
    Py_ssize_t left = right;
    for (; levels; levels--, place >>= 1) {
        Py_ssize_t at = place & 1 ? --left : right++;
        if (at >= PyTuple_GET_SIZE(hashes)) {
            PyErr_SetString(PyExc_IndexError, "there are too few hashes");
            return NULL;
        }
        PyObject *sibling = PyTuple_GET_ITEM(hashes, at);
        if (!is_bytes_of(sibling, HASH_BYTES))
            return refuse("a tuple of hashes is wanted");
        if (place & 1)
            compute_hash(node, prefix, (size_t)prefix_bytes, get_bytes(sibling), HASH_BYTES, node, HASH_BYTES);
        else
            compute_hash(node, prefix, (size_t)prefix_bytes, node, HASH_BYTES, get_bytes(sibling), HASH_BYTES);
    }
    return Py_BuildValue("y#n", node, (Py_ssize_t)HASH_BYTES, right);
}

static PyObject *hash_items(PyObject *Py_UNUSED(module), PyObject *changes)
{
    if (!PyDict_Check(changes))
        return refuse("a dict is wanted");
    PyObject *hashes = PyDict_New(), *key, *value;
    Py_ssize_t position = 0;
    while (hashes && PyDict_Next(changes, &position, &key, &value)) {
        PyObject *key_hash = NULL, *value_hash = NULL;
        if (!PyBytes_Check(key) || (value != Py_None && !PyBytes_Check(value)))
            refuse("keys and values are byte strings");
        else
            key_hash = make_hash(NULL, 0, get_bytes(key), (size_t)PyBytes_GET_SIZE(key), NULL, 0);
        if (key_hash && value == Py_None)
            value_hash = Py_NewRef(Py_None);
        else if (key_hash)
            value_hash = make_hash(NULL, 0, get_bytes(value), (size_t)PyBytes_GET_SIZE(value), NULL, 0);
        if (!value_hash || PyDict_SetItem(hashes, key_hash, value_hash) < 0)
            Py_CLEAR(hashes);
        Py_XDECREF(key_hash);
        Py_XDECREF(value_hash);
    }
    return hashes;
}

/* ------------------------------------------------------------------------- pages of the state tree (ledger.state_pages) */

#define SLOTS 16
#define TOP 1
#define LEAF_BYTES (2 * HASH_BYTES)
#define HEADER_BYTES 4
#define MAX_PAGE_BYTES (HEADER_BYTES + SLOTS * LEAF_BYTES)
#define MAX_INNER_BYTES ((SLOTS - 1) * HASH_BYTES)
#define KEY_NIBBLES (2 * HASH_BYTES)
#define STORED_DEPTH 2 /* as in ledger.state_pages */

static const char LEAF_DOMAIN[] = "JMT::LeafNode";
static const char NODE_DOMAIN[] = "JMT::IntrnalNode"; /* spelt so in the source */
static const char EMPTY_ROOT[] = "SPARSE_MERKLE_PLACEHOLDER_HASH__";

/* Nothing, a leaf or the hash of a subtree, told apart by length. */
typedef struct {
    size_t length;
    uint8_t bytes[LEAF_BYTES];
} place;

/* Slots, and the hashes between them and the top: that of node i is over nodes 2i and 2i + 1, slots are the nodes from 16 on.
 * Bit i of `known` says that inner[i] is right, for a node that is a subtree. */
typedef struct {
    place slots[SLOTS];
    uint8_t inner[SLOTS][HASH_BYTES];
    unsigned known;
} page;

typedef struct {
    const uint8_t *key;
    const uint8_t *value; /* NULL where the key is deleted */
} change;

static int compare_changes(const void *left, const void *right)
{
    return memcmp(((const change *)left)->key, ((const change *)right)->key, HASH_BYTES);
}

static unsigned get_nibble(const uint8_t *key, size_t depth)
{
    return depth & 1 ? key[depth >> 1] & 15 : key[depth >> 1] >> 4;
}

static int is_same_place(const place *left, const place *right)
{
    return left->length == right->length && !memcmp(left->bytes, right->bytes, left->length);
}

static void set_slot(page *changed, unsigned slot, const place *after)
{
    changed->slots[slot] = *after;
    for (unsigned node = (SLOTS + slot) >> 1; node >= TOP; node >>= 1)
        changed->known &= ~(1u << node);
}

/* The hash by which a place enters its parent: its own bytes, or written to `scratch`. */
static const uint8_t *compute_place_hash(const place *of, uint8_t scratch[HASH_BYTES])
{
    if (of->length == HASH_BYTES)
        return of->bytes;
    if (!of->length)
        return (const uint8_t *)EMPTY_ROOT;
    compute_hash(scratch, LEAF_DOMAIN, sizeof LEAF_DOMAIN - 1, of->bytes, LEAF_BYTES, NULL, 0);
    return scratch;
}

/* Complete the inner hashes of a page, and return the place that it takes in its parent. A leaf alone moves up as it is. */
static place complete(page *of)
{
    const place *nodes[2 * SLOTS];
    place inner[SLOTS];
    for (unsigned slot = 0; slot < SLOTS; slot++)
        nodes[SLOTS + slot] = &of->slots[slot];
    for (unsigned node = SLOTS - 1; node >= TOP; node--) {
        const place *left = nodes[2 * node], *right = nodes[2 * node + 1];
        if (!left->length && right->length != HASH_BYTES) {
            nodes[node] = right;
        } else if (!right->length && left->length != HASH_BYTES) {
            nodes[node] = left;
        } else {
            if (!(of->known >> node & 1)) {
                uint8_t left_hash[HASH_BYTES], right_hash[HASH_BYTES];
                compute_hash(of->inner[node], NODE_DOMAIN, sizeof NODE_DOMAIN - 1, compute_place_hash(left, left_hash), HASH_BYTES,
                             compute_place_hash(right, right_hash), HASH_BYTES);
            }
            inner[node].length = HASH_BYTES;
            memcpy(inner[node].bytes, of->inner[node], HASH_BYTES);
            nodes[node] = &inner[node];
        }
        of->known |= 1u << node;
    }
    return *nodes[TOP];
}

/* Write the encoding of a page; return its length, 4 where all slots are empty. */
static size_t encode_page(const page *of, uint8_t out[MAX_PAGE_BYTES])
{
    size_t length = HEADER_BYTES;
    uint32_t header = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        const place *item = &of->slots[slot];
        if (item->length)
            header |= 1u << (SLOTS - 1 - slot) << (item->length == LEAF_BYTES ? SLOTS : 0);
        memcpy(out + length, item->bytes, item->length);
        length += item->length;
    }
    write_word(out, header);
    return length;
}

/* Which nodes between the slots and the top are subtrees, a bit for each: the others are nothing, or a leaf that is alone. */
static unsigned find_subtrees(const page *of)
{
    size_t lengths[2 * SLOTS];
    unsigned found = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++)
        lengths[SLOTS + slot] = of->slots[slot].length;
    for (unsigned node = SLOTS - 1; node >= TOP; node--) {
        size_t left = lengths[2 * node], right = lengths[2 * node + 1];
        if (!left && right != HASH_BYTES) {
            lengths[node] = right;
        } else if (!right && left != HASH_BYTES) {
            lengths[node] = left;
        } else {
            lengths[node] = HASH_BYTES;
            found |= 1u << node;
        }
    }
    return found;
}

/* Read a page, with its inner hashes behind it where it is one that was kept in memory; return 0 unless it is one. */
static int decode_page(page *out, PyObject *data, int has_inner)
{
    if (!PyBytes_Check(data) || PyBytes_GET_SIZE(data) < HEADER_BYTES)
        return 0;
    const uint8_t *bytes = get_bytes(data);
    size_t length = (size_t)PyBytes_GET_SIZE(data), expected = HEADER_BYTES;
    uint32_t header = read_word(bytes);
    if (!header || header >> SLOTS & header)
        return 0;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        uint32_t bit = 1u << (SLOTS - 1 - slot);
        place *item = &out->slots[slot];
        item->length = header & bit << SLOTS ? LEAF_BYTES : header & bit ? HASH_BYTES : 0;
        if (expected + item->length > length)
            return 0;
        memcpy(item->bytes, bytes + expected, item->length);
        expected += item->length;
    }
    out->known = 0;
    if (has_inner) {
        unsigned subtrees = find_subtrees(out);
        for (unsigned node = TOP; node < SLOTS; node++) {
            if (!(subtrees >> node & 1))
                continue;
            if (expected + HASH_BYTES > length)
                return 0;
            memcpy(out->inner[node], bytes + expected, HASH_BYTES);
            expected += HASH_BYTES;
        }
        out->known = subtrees;
    }
    return length == expected;
}

/* ------------------------------------------------------------------------------- an update (ledger.state_tree.update) */

typedef struct {
    PyObject *cached;    /* dict: path -> page with its inner hashes */
    PyObject *read_page; /* gives the page at a path, or None */
    PyObject *pages;     /* dict: path -> page to store, None to delete */
    PyObject *upper;     /* dict: path -> page to keep in memory, with its inner hashes, if it is one of the upper ones */
    PyObject *deeper;    /* the same for all others */
    PyObject *forgotten; /* list: paths of pages that must not be kept */
    const char *end;     /* pages from this path on are stored, those before it follow from the leaves and are kept in memory */
    Py_ssize_t end_bytes;
    Py_ssize_t upper_depth; /* pages at most so deep are kept in any case */
    PyObject *damaged;
    char path[KEY_NIBBLES + 1];
} update;

static int change_page(update *job, size_t depth, page *changed, const change *changes, size_t count);

static PyObject *make_path(const update *job, size_t depth)
{
    return PyBytes_FromStringAndSize(job->path, (Py_ssize_t)depth);
}

static int report_damage(const update *job, size_t depth)
{
    PyObject *path = make_path(job, depth);
    if (path)
        PyErr_SetObject(job->damaged, path);
    Py_XDECREF(path);
    return -1;
}

/* Read the page at the current path of `depth` digits. Only the root's may be missing, where the tree is empty. */
static int load_page(update *job, size_t depth, page *out)
{
    if (depth >= KEY_NIBBLES)
        return report_damage(job, depth);
    PyObject *path = make_path(job, depth);
    if (!path)
        return -1;
    PyObject *data = PyDict_GetItemWithError(job->cached, path);
    int is_cached = data != NULL;
    if (is_cached)
        Py_INCREF(data);
    else if (!PyErr_Occurred())
        data = PyObject_CallOneArg(job->read_page, path);
    Py_DECREF(path);
    if (!data)
        return -1;
    int is_good = 1;
    if (data == Py_None && !depth)
        memset(out, 0, sizeof *out);
    else
        is_good = decode_page(out, data, is_cached);
    Py_DECREF(data);
    return is_good ? 0 : report_damage(job, depth);
}

/* A page as it is kept in memory: its encoding in `buffer`, of `length` bytes, and behind it the hashes of its subtrees. */
static PyObject *make_kept(const page *of, uint8_t buffer[MAX_PAGE_BYTES + MAX_INNER_BYTES], size_t length)
{
    unsigned subtrees = find_subtrees(of);
    for (unsigned node = TOP; node < SLOTS; node++)
        if (subtrees >> node & 1) {
            memcpy(buffer + length, of->inner[node], HASH_BYTES);
            length += HASH_BYTES;
        }
    return PyBytes_FromStringAndSize((char *)buffer, (Py_ssize_t)length);
}

static PyObject *complete_page(PyObject *Py_UNUSED(module), PyObject *data)
{
    uint8_t buffer[MAX_PAGE_BYTES + MAX_INNER_BYTES];
    page read;
    if (!decode_page(&read, data, 0))
        Py_RETURN_NONE;
    complete(&read);
    return make_kept(&read, buffer, encode_page(&read, buffer));
}

static int is_before_end(const update *job, size_t depth)
{
    size_t compared = depth < (size_t)job->end_bytes ? depth : (size_t)job->end_bytes;
    return memcmp(job->path, job->end, compared) < 0;
}

static int is_kept(const update *job, size_t depth)
{
    return (Py_ssize_t)depth <= job->upper_depth || is_before_end(job, depth);
}

/* Whether the page at the current path is stored (ledger.state_pages.is_stored). */
static int is_stored(const update *job, size_t depth)
{
    return depth <= STORED_DEPTH || !is_before_end(job, depth);
}

/* Set an item of a dict to a new reference, or to NULL with an exception. */
static int set_item(PyObject *dict, PyObject *key, PyObject *value)
{
    int status = value ? PyDict_SetItem(dict, key, value) : -1;
    Py_XDECREF(value);
    return status;
}

/* Note what becomes of the page at the current path, which was there before and is gone where `changed` is NULL. */
static int note_page(update *job, size_t depth, const page *changed)
{
    uint8_t buffer[MAX_PAGE_BYTES + MAX_INNER_BYTES];
    size_t length = changed ? encode_page(changed, buffer) : 0;
    PyObject *path = make_path(job, depth);
    int status = path ? 0 : -1;
    if (!status && is_stored(job, depth)) {
        if (changed)
            status = set_item(job->pages, path, PyBytes_FromStringAndSize((char *)buffer, (Py_ssize_t)length));
        else
            status = PyDict_SetItem(job->pages, path, Py_None);
    }
    if (!status && changed && is_kept(job, depth))
        status = set_item((Py_ssize_t)depth > job->upper_depth ? job->deeper : job->upper, path, make_kept(changed, buffer, length));
    else if (!status)
        status = PyList_Append(job->forgotten, path);
    Py_XDECREF(path);
    return status;
}

/* Return how many of the changes go into the same slot as the first. */
static size_t count_group(const change *changes, size_t count, size_t depth)
{
    unsigned nibble = get_nibble(changes[0].key, depth);
    size_t end = 1;
    while (end < count && get_nibble(changes[end].key, depth) == nibble)
        end++;
    return end;
}

static void step_down(update *job, size_t depth, unsigned nibble)
{
    job->path[depth] = "0123456789abcdef"[nibble];
}

/* Set `out` to the place that a new subtree at the current path takes over these leaves, sorted and none of them deleted. */
static int build_subtree(update *job, size_t depth, const change *leaves, size_t count, place *out)
{
    out->length = 0;
    if (count == 1) {
        out->length = LEAF_BYTES;
        memcpy(out->bytes, leaves[0].key, HASH_BYTES);
        memcpy(out->bytes + HASH_BYTES, leaves[0].value, HASH_BYTES);
    }
    if (count < 2)
        return 0;
    page *built = PyMem_Calloc(1, sizeof *built);
    if (!built) {
        PyErr_NoMemory();
        return -1;
    }
    int status = 0;
    for (size_t done = 0, group; !status && done < count; done += group) {
        unsigned nibble = get_nibble(leaves[done].key, depth);
        group = count_group(leaves + done, count - done, depth);
        step_down(job, depth, nibble);
        status = build_subtree(job, depth + 1, leaves + done, group, &built->slots[nibble]);
    }
    if (!status) {
        *out = complete(built);
        status = note_page(job, depth, built);
    }
    PyMem_Free(built);
    return status;
}

/* Set `out` to the place at the current path after these changes, where there was at most the leaf `before`. */
static int change_leaves(update *job, size_t depth, const place *before, const change *changes, size_t count, place *out)
{
    change *leaves = PyMem_Malloc((count + 1) * sizeof *leaves);
    if (!leaves) {
        PyErr_NoMemory();
        return -1;
    }
    size_t length = 0;
    int is_open = before->length == LEAF_BYTES; /* the old leaf has not found its place yet */
    if (is_open)
        for (size_t i = 0; i < depth; i++)
            if ("0123456789abcdef"[get_nibble(before->bytes, i)] != job->path[i]) {
                PyMem_Free(leaves);
                return report_damage(job, depth);
            }
    for (size_t i = 0; i < count; i++) {
        int order = is_open ? memcmp(before->bytes, changes[i].key, HASH_BYTES) : 1;
        if (order < 0)
            leaves[length++] = (change){before->bytes, before->bytes + HASH_BYTES};
        if (order <= 0)
            is_open = 0;
        if (changes[i].value)
            leaves[length++] = changes[i];
    }
    if (is_open)
        leaves[length++] = (change){before->bytes, before->bytes + HASH_BYTES};
    int status = build_subtree(job, depth, leaves, length, out);
    PyMem_Free(leaves);
    return status;
}

/* Set `out` to the place that the page at the current path, until now `before`, takes after these changes. */
static int change_subtree(update *job, size_t depth, const place *before, const change *changes, size_t count, place *out)
{
    page *changed = PyMem_Malloc(sizeof *changed);
    if (!changed) {
        PyErr_NoMemory();
        return -1;
    }
    *out = *before;
    int status = load_page(job, depth, changed);
    if (!status)
        status = change_page(job, depth, changed, changes, count);
    if (status > 0) {
        *out = complete(changed);
        status = note_page(job, depth, out->length == HASH_BYTES ? changed : NULL);
    }
    PyMem_Free(changed);
    return status;
}

/* Carry out sorted changes, all below the page at the current path. Return 1 where a slot is another one afterwards, else 0. */
static int change_page(update *job, size_t depth, page *changed, const change *changes, size_t count)
{
    int is_other = 0;
    for (size_t done = 0, group; done < count; done += group) {
        unsigned nibble = get_nibble(changes[done].key, depth);
        const place *before = &changed->slots[nibble];
        place after;
        group = count_group(changes + done, count - done, depth);
        step_down(job, depth, nibble);
        int status;
        if (before->length == HASH_BYTES)
            status = change_subtree(job, depth + 1, before, changes + done, group, &after);
        else
            status = change_leaves(job, depth + 1, before, changes + done, group, &after);
        if (status < 0)
            return -1;
        if (!is_same_place(before, &after)) {
            set_slot(changed, nibble, &after);
            is_other = 1;
        }
    }
    return is_other;
}

/* Return the changes of a dict (key hash -> value hash or None), sorted; NULL with an exception. */
static change *list_changes(PyObject *given, size_t *count)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    change *changes = PyMem_Malloc(((size_t)PyDict_GET_SIZE(given) + 1) * sizeof *changes);
    if (!changes) {
        PyErr_NoMemory();
        return NULL;
    }
    *count = 0;
    while (PyDict_Next(given, &position, &key, &value)) {
        if (!is_bytes_of(key, HASH_BYTES) || (value != Py_None && !is_bytes_of(value, HASH_BYTES))) {
            refuse("keys and values of the state tree are hashes of 32 bytes");
            PyMem_Free(changes);
            return NULL;
        }
        changes[(*count)++] = (change){get_bytes(key), value == Py_None ? NULL : get_bytes(value)};
    }
    qsort(changes, *count, sizeof *changes, compare_changes);
    return changes;
}

/* Carry out an update from the root; return the hash of the new root. */
static PyObject *run_update(update *job, const change *changes, size_t count)
{
    page *root = PyMem_Malloc(sizeof *root);
    if (!root)
        return PyErr_NoMemory();
    PyObject *hash = NULL;
    int status = load_page(job, 0, root);
    if (!status)
        status = change_page(job, 0, root, changes, count);
    if (status >= 0) {
        uint8_t scratch[HASH_BYTES];
        place top = complete(root);
        if (status)
            status = note_page(job, 0, top.length ? root : NULL);
        if (!status)
            hash = PyBytes_FromStringAndSize((const char *)compute_place_hash(&top, scratch), HASH_BYTES);
    }
    PyMem_Free(root);
    return hash;
}

static PyObject *update_tree(PyObject *module, PyObject *args)
{
    update job = {0};
    PyObject *given;
    if (!PyArg_ParseTuple(args, "O!OO!y#n:update_tree", &PyDict_Type, &job.cached, &job.read_page, &PyDict_Type, &given, &job.end,
                          &job.end_bytes, &job.upper_depth))
        return NULL;
    job.damaged = PyObject_GetAttrString(module, "DamagedPageError");
    job.pages = job.damaged ? PyDict_New() : NULL;
    job.upper = job.pages ? PyDict_New() : NULL;
    job.deeper = job.upper ? PyDict_New() : NULL;
    job.forgotten = job.deeper ? PyList_New(0) : NULL;
    /* A copy, because the reader of pages might change the caller's own, whose bytes are read here. */
    PyObject *held = job.forgotten ? PyDict_Copy(given) : NULL;
    size_t count = 0;
    change *changes = held ? list_changes(held, &count) : NULL;
    PyObject *root = changes ? run_update(&job, changes, count) : NULL;
    PyObject *result = root ? PyTuple_Pack(5, root, job.pages, job.upper, job.deeper, job.forgotten) : NULL;
    PyMem_Free(changes);
    Py_XDECREF(root);
    Py_XDECREF(held);
    Py_XDECREF(job.forgotten);
    Py_XDECREF(job.deeper);
    Py_XDECREF(job.upper);
    Py_XDECREF(job.pages);
    Py_XDECREF(job.damaged);
    return result;
}

/* ----------------------------------------------------------------------------------------------------- the module */

static PyObject *choose_compressor(PyObject *Py_UNUSED(module), PyObject *by_instruction)
{
    int wanted = PyObject_IsTrue(by_instruction);
    if (wanted < 0)
        return NULL;
    compress = compress_plainly;
#ifdef HAS_X86
    if (wanted && has_instructions()) {
        compress = compress_by_instruction;
        Py_RETURN_TRUE;
    }
#endif
    Py_RETURN_FALSE;
}

static PyObject *count_hashes(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    return PyLong_FromUnsignedLongLong(hash_count);
}

/* ------------------------------------------------------------------------------------ arrays of MessagePack (ledger.arrays) */

typedef struct {
    const uint8_t *at, *end;
} reader;

static PyObject *refuse_array(void)
{
    PyErr_SetString(PyExc_ValueError, "not an array of the form that is wanted");
    return NULL;
}

/* A number of so many bytes, big end first. -1 with 0 in `found` where the bytes end before. */
static uint64_t read_number(reader *r, int bytes, int *found)
{
    uint64_t number = 0;
    *found = r->end - r->at >= bytes;
    if (*found)
        for (int i = 0; i < bytes; i++)
            number = number << 8 | *r->at++;
    return number;
}

/* Pass one value without those inside it; return how many these are, or -1 where the bytes are none. */
static int64_t pass_head(reader *r)
{
    static const uint8_t FIXED[] = {1, 2, 4, 8, 16}; /* bytes of data */
    if (r->at == r->end)
        return -1;
    uint8_t first = *r->at++;
    uint64_t data = 0, inside = 0;
    int found = 1;
    if (first >= 0x80 && first < 0x90)
        inside = 2 * (uint64_t)(first & 0xf);
    else if (first >= 0x90 && first < 0xa0)
        inside = first & 0xf;
    else if (first >= 0xa0 && first < 0xc0)
        data = first & 0x1f;
    else if (first >= 0xc0 && first < 0xe0)
        switch (first) {
        case 0xc1: /* never used */
            return -1;
        case 0xc4: case 0xc5: case 0xc6: /* bytes */
            data = read_number(r, 1 << (first - 0xc4), &found);
            break;
        case 0xc7: case 0xc8: case 0xc9: /* extensions, with a byte for their type */
            data = read_number(r, 1 << (first - 0xc7), &found) + 1;
            break;
        case 0xca: case 0xcb: /* floats */
            data = first == 0xca ? 4 : 8;
            break;
        case 0xcc: case 0xcd: case 0xce: case 0xcf: case 0xd0: case 0xd1: case 0xd2: case 0xd3: /* integers */
            data = FIXED[(first - 0xcc) & 3];
            break;
        case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: /* extensions of one length */
            data = FIXED[first - 0xd4] + 1U;
            break;
        case 0xd9: case 0xda: case 0xdb: /* text */
            data = read_number(r, 1 << (first - 0xd9), &found);
            break;
        case 0xdc: case 0xdd:
            inside = read_number(r, first == 0xdc ? 2 : 4, &found);
            break;
        case 0xde: case 0xdf:
            inside = 2 * read_number(r, first == 0xde ? 2 : 4, &found);
            break;
        default: /* nil, false, true */
            break;
        }
    if (!found || data > (uint64_t)(r->end - r->at))
        return -1;
    r->at += data;
    return (int64_t)inside;
}

/* Pass so many values and all inside them. Each takes a byte at least, so this ends. */
static int pass_values(reader *r, int64_t count)
{
    while (count > 0) {
        int64_t inside = pass_head(r);
        count += inside - 1;
        if (inside < 0 || count > r->end - r->at)
            return 0;
    }
    return 1;
}

/* Pass the head of an array; return how many items it has, or -1 where there is no array, or more items than bytes. */
static int64_t enter_array(reader *r)
{
    if (r->at == r->end || !((*r->at & 0xf0) == 0x90 || *r->at == 0xdc || *r->at == 0xdd))
        return -1;
    int64_t count = pass_head(r);
    return count <= r->end - r->at ? count : -1;
}

/* A whole number of 64 bits: a large one is above those with a sign. */
typedef struct {
    int64_t number;
    int is_large;
} integer;

static int read_integer(reader *r, integer *found)
{
    if (r->at == r->end)
        return 0;
    uint8_t first = *r->at++;
    *found = (integer){(int8_t)first, 0};
    if (first < 0x80 || first >= 0xe0)
        return 1;
    if (first < 0xcc || first > 0xd3)
        return 0;
    int is_there, bytes = 1 << ((first - 0xcc) & 3);
    uint64_t number = read_number(r, bytes, &is_there);
    if (first < 0xd0)
        *found = (integer){(int64_t)number, number > INT64_MAX};
    else
        found->number = (int64_t)(number << (64 - 8 * bytes)) >> (64 - 8 * bytes);
    return is_there;
}

static PyObject *make_integer(integer found)
{
    return found.is_large ? PyLong_FromUnsignedLongLong((uint64_t)found.number) : PyLong_FromLongLong(found.number);
}

/* Pass an array, of which the item at `field` is an integer. */
static int read_field(reader *r, Py_ssize_t field, integer *found)
{
    int64_t fields = enter_array(r);
    return fields > field && pass_values(r, field) && read_integer(r, found) && pass_values(r, fields - field - 1);
}

/* Begin to read bytes, and take the place of a field from what follows. */
static int begin_reading(PyObject *const *args, Py_ssize_t count, Py_ssize_t wanted, reader *r, Py_ssize_t *field)
{
    if (count != wanted || !PyBytes_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "takes bytes and so many numbers");
        return 0;
    }
    r->at = (const uint8_t *)PyBytes_AS_STRING(args[0]);
    r->end = r->at + PyBytes_GET_SIZE(args[0]);
    *field = PyLong_AsSsize_t(args[1]);
    if (*field < 0 && !PyErr_Occurred())
        refuse_array();
    return *field >= 0;
}

static PyObject *count_apart(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t arg_count)
{
    reader r;
    Py_ssize_t field;
    if (!begin_reading(args, arg_count, 4, &r, &field))
        return NULL;
    int64_t low = PyLong_AsLongLong(args[2]), high = PyErr_Occurred() ? 0 : PyLong_AsLongLong(args[3]);
    if (PyErr_Occurred())
        return NULL;
    int64_t count = enter_array(&r);
    int is_apart = 1;
    for (int64_t i = 0; i < count; i++) {
        integer found;
        if (!read_field(&r, field, &found))
            return refuse_array();
        is_apart &= found.is_large || found.number < low || found.number > high;
    }
    if (count < 0 || r.at != r.end)
        return refuse_array();
    return is_apart ? PyLong_FromLongLong(count) : Py_NewRef(Py_None);
}

static PyObject *survey_last(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t arg_count)
{
    reader r;
    Py_ssize_t field;
    if (!begin_reading(args, arg_count, 2, &r, &field))
        return NULL;
    int64_t count = enter_array(&r);
    if (count < 1)
        return refuse_array();
    PyObject *survey = PyTuple_New((Py_ssize_t)count + 1);
    integer found;
    for (int64_t i = 0; survey && i < count - 1; i++) {
        PyObject *number = read_integer(&r, &found) ? make_integer(found) : refuse_array();
        if (number)
            PyTuple_SET_ITEM(survey, (Py_ssize_t)i, number);
        else
            Py_CLEAR(survey);
    }
    if (!survey)
        return NULL;
    int64_t inner = enter_array(&r);
    found = (integer){-1, 0};
    int is_good = inner >= 0 && (inner == 0 || (pass_values(&r, inner - 1) && read_field(&r, field, &found))) && r.at == r.end;
    PyObject *items = is_good ? PyLong_FromLongLong(inner) : refuse_array(), *last = items ? make_integer(found) : NULL;
    if (!last) {
        Py_XDECREF(items);
        Py_CLEAR(survey);
        return NULL;
    }
    PyTuple_SET_ITEM(survey, (Py_ssize_t)count - 1, items);
    PyTuple_SET_ITEM(survey, (Py_ssize_t)count, last);
    return survey;
}

/* Go to the last item of an array, which is an array itself and the end of the bytes; return how many items that one has, or -1. */
static int64_t enter_last(reader *r, const uint8_t **head)
{
    int64_t count = enter_array(r);
    if (count < 1 || !pass_values(r, count - 1))
        return -1;
    *head = r->at;
    int64_t inner = enter_array(r);
    reader rest = *r;
    return inner >= 0 && pass_values(&rest, inner) && rest.at == rest.end ? inner : -1;
}

static PyObject *grow_last(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer array, more;
    if (!PyArg_ParseTuple(args, "y*y*:grow_last", &array, &more))
        return NULL;
    reader old = {array.buf, (const uint8_t *)array.buf + array.len}, new = {more.buf, (const uint8_t *)more.buf + more.len};
    const uint8_t *old_head = NULL, *new_head = NULL;
    int64_t before = enter_last(&old, &old_head), added = enter_last(&new, &new_head), count = before + added;
    PyObject *grown = NULL;
    if (before < 0 || added < 0 || count > UINT32_MAX)
        refuse_array();
    else {
        uint8_t head[5] = {(uint8_t)(0x90 | count)};
        Py_ssize_t head_bytes = 1, kept = new_head - (const uint8_t *)more.buf, first = old.end - old.at, last = new.end - new.at;
        if (count > 0xf) {
            head_bytes = count > 0xffff ? 5 : 3;
            head[0] = count > 0xffff ? 0xdd : 0xdc;
            for (Py_ssize_t i = 1; i < head_bytes; i++)
                head[i] = (uint8_t)(count >> 8 * (head_bytes - 1 - i));
        }
        grown = PyBytes_FromStringAndSize(NULL, kept + head_bytes + first + last);
        if (grown) {
            char *to = PyBytes_AS_STRING(grown);
            memcpy(to, more.buf, (size_t)kept);
            memcpy(to + kept, head, (size_t)head_bytes);
            memcpy(to + kept + head_bytes, old.at, (size_t)first);
            memcpy(to + kept + head_bytes + first, new.at, (size_t)last);
        }
    }
    PyBuffer_Release(&array);
    PyBuffer_Release(&more);
    return grown;
}

static PyMethodDef FUNCTIONS[] = {
    {"hash_each", hash_each, METH_VARARGS, NULL},
    {"hash_pairs", hash_pairs, METH_VARARGS, NULL},
    {"hash_items", hash_items, METH_O, NULL},
    {"climb", climb, METH_VARARGS, NULL},
    {"complete_page", complete_page, METH_O, NULL},
    {"update_tree", update_tree, METH_VARARGS, NULL},
    {"choose_compressor", choose_compressor, METH_O, NULL},
    {"count_hashes", count_hashes, METH_NOARGS, NULL},
    {"count_apart", (PyCFunction)(void (*)(void))count_apart, METH_FASTCALL, NULL},
    {"survey_last", (PyCFunction)(void (*)(void))survey_last, METH_FASTCALL, NULL},
    {"grow_last", grow_last, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int make_ready(PyObject *module)
{
#ifdef HAS_X86
    if (has_instructions())
        compress = compress_by_instruction;
#endif
    PyObject *damaged = PyErr_NewException("ledger.native.DamagedPageError", NULL, NULL);
    int status = damaged ? PyModule_AddObjectRef(module, "DamagedPageError", damaged) : -1;
    Py_XDECREF(damaged);
    return status ? status : PyModule_AddIntConstant(module, "INTERFACE", INTERFACE);
}

static PyModuleDef_Slot SLOTS_OF_MODULE[] = {{Py_mod_exec, make_ready}, {0, NULL}};

static PyModuleDef DEFINITION = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "native",
    .m_size = 0,
    .m_methods = FUNCTIONS,
    .m_slots = SLOTS_OF_MODULE,
};

PyMODINIT_FUNC PyInit_native(void)
{
    return PyModuleDef_Init(&DEFINITION);
}

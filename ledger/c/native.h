/* What a node does thousands of times a block, in C: SHA-256 of short messages, pages of the state tree, and growing arrays.
 *
 * Everything here has a plain version in Python that says what it must do (ledger.hashing, ledger.plain_pages, ledger.arrays),
 * and tests hold both against each other. Where this was not compiled, the plain versions are used. See native.pyi for what each
 * function takes and returns, and docs/adr/0036 and 0048 for why it is here.
 *
 * There is no clock and no input or output, and no state but a count of hashes and the pages that an object Pages holds: results
 * follow from these and the arguments alone.
 */

#ifndef HOURLEDGER_NATIVE_H
#define HOURLEDGER_NATIVE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE 12 /* one more whenever a function changes: ledger.hashing does not use what was compiled before */

#define HASH_BYTES 32
#define SLOTS 16
#define TOP 1
#define LEAF_BYTES (2 * HASH_BYTES)
#define HEADER_BYTES 4
#define KEY_NIBBLES (2 * HASH_BYTES)
#define STORED_DEPTH 2 /* as in ledger.state_pages */
#define UPPER_DEPTH 3  /* as in ledger.state_updates */

/* --------------------------------------------------------------------------------------------------------- sha256.c */

/* Hash of a prefix and up to two pieces in sequence. */
void compute_hash(uint8_t out[HASH_BYTES], const void *prefix, size_t prefix_bytes, const uint8_t *left, size_t left_bytes,
                  const uint8_t *right, size_t right_bytes);

/* Use the processor's instructions if it has them and they are wanted; return whether they are used. */
int choose_compressor(int by_instruction);

/* Hashes so far, for benchmarks. */
unsigned long long get_hash_count(void);

/* ------------------------------------------------------------------------------------------------ functions for Python */

PyObject *hash_each(PyObject *module, PyObject *args);
PyObject *hash_pairs(PyObject *module, PyObject *args);
PyObject *hash_items(PyObject *module, PyObject *changes);
PyObject *climb(PyObject *module, PyObject *args);
PyObject *count_apart(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *survey_last(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *append_items(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *grow_last(PyObject *module, PyObject *const *args, Py_ssize_t count);

/* ---------------------------------------------------------------------------------------------------------- pages.c */

typedef struct kept_page kept_page;

/* Nothing, a leaf or the hash of a subtree, told apart by length. */
typedef struct {
    size_t length;
    uint8_t bytes[LEAF_BYTES];
} place;

/* A page that is worked on: its slots, with the page below each that is in memory, and the hashes between them and the top. That
 * of node i is over nodes 2i and 2i + 1; slots are the nodes from 16 on. Bit i of `known` says that inner[i] is right, for a
 * node that is a subtree. */
typedef struct {
    place slots[SLOTS];
    kept_page *below[SLOTS];
    uint8_t inner[SLOTS][HASH_BYTES];
    unsigned known;
} page;

/* A page as it stays in memory, in one piece and with nothing that can be told from its header. It never changes but for
 * `below`: an update makes others. Behind `below`, which has an item for each slot that is a subtree (NULL where the page there
 * is not in memory), lie the slots as they are encoded, and then the hashes of the nodes that are subtrees, from 2 on: the top's
 * own is in the slot above. */
struct kept_page {
    uint32_t header; /* which slots are leaves and which are subtrees, as it is encoded */
    uint32_t size;   /* bytes of the whole piece */
    kept_page *below[];
};

/* What a page takes in memory: its header, a bit for each hash that lies behind its slots, and all bytes. */
typedef struct {
    uint32_t header;
    unsigned inner;
    size_t size;
} shape;

/* One slot of a page in memory. */
typedef struct {
    size_t length;
    uint8_t *bytes;
    kept_page **below; /* where the page below it hangs, if it is a subtree */
} kept_slot;

void clear_page(page *of);
void set_slot(page *changed, unsigned slot, const place *after, kept_page *below);
place complete(page *of);
const uint8_t *compute_place_hash(const place *of, uint8_t scratch[HASH_BYTES]);
int is_subtree(const place *of, const uint8_t hash[HASH_BYTES]);
int decode_page(page *out, PyObject *data);
PyObject *encode_page(const page *of);
shape measure_page(const page *of);
void write_kept(kept_page *to, const page *of, shape measured);
kept_page *keep_page(const page *of);
void unpack_page(page *out, kept_page *of);
kept_slot find_slot(kept_page *of, unsigned slot);
PyObject *encode_kept(kept_page *of);

/* --------------------------------------------------------------------------------------------------------- memory.c */

/* The pages of one tree that are in memory. Each hangs from the one above it; so there is none whose parent is not here, too. */
typedef struct {
    PyObject_HEAD
    kept_page *root;        /* or NULL */
    Py_ssize_t count;       /* pages, */
    Py_ssize_t deep_count;  /* those of them below the upper ones, */
    Py_ssize_t bytes;       /* and what they take */
    unsigned long version;  /* one more whenever anything here changes */
    int readers;            /* updates that go through the pages just now: nothing may change meanwhile */
    int is_filling;
} pages_object;

typedef struct {
    kept_page **items;
    size_t count, room;
} page_list;

/* Memory for pages that are soon copied to where they belong, and go all at once. */
typedef struct chunk {
    struct chunk *before;
    size_t used;
    uint8_t bytes[];
} chunk;

/* What an update would change. It owns the pages that it made until they are taken over. Most pages need as much memory as the
 * ones that they replace: such a one is a draft until then, and is copied over the old one, whose address it has from the first.
 * So nothing else has to be freed, memory does not fall to pieces, and pages whose place is the same hang where they hung. */
typedef struct {
    PyObject_HEAD
    pages_object *of; /* at `version` */
    unsigned long version;
    kept_page *root;
    page_list made, replaced;     /* new pages, and old ones that go */
    page_list drafts, overwritten; /* drafts, and the old pages over which they are copied */
    chunk *chunks;                /* where drafts are, the last one first */
    Py_ssize_t deep_change;
} patch_object;

extern PyType_Spec PAGES_SPEC, PATCH_SPEC;

int require_idle(const pages_object *pages);
void drop_subtree(pages_object *pages, kept_page *dropped, size_t depth);
void adopt(pages_object *pages, patch_object *patch);
kept_slot find_place(const pages_object *pages, const uint8_t *digits, size_t depth);
Py_ssize_t read_path(PyObject *path, uint8_t digits[KEY_NIBBLES]);

/* Add to a list; return -1 with an exception where there is no memory. */
int add_to_list(page_list *list, kept_page *item);

/* -------------------------------------------------------------------------------------------------------- updates.c */

PyObject *update_pages(PyObject *self, PyObject *args);
PyObject *build_pages(PyObject *self, PyObject *args);

/* ----------------------------------------------------------------------------------------------------- small helpers */

static inline uint32_t read_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void write_word(uint8_t *bytes, uint32_t word)
{
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

static inline const uint8_t *get_bytes(PyObject *object)
{
    return (const uint8_t *)PyBytes_AS_STRING(object);
}

/* Whether an object is a byte string of so many bytes. */
static inline int is_bytes_of(PyObject *object, Py_ssize_t size)
{
    return PyBytes_Check(object) && PyBytes_GET_SIZE(object) == size;
}

static inline PyObject *refuse(const char *why)
{
    PyErr_SetString(PyExc_ValueError, why);
    return NULL;
}

static inline unsigned get_nibble(const uint8_t *key, size_t depth)
{
    return depth & 1 ? key[depth >> 1] & 15 : key[depth >> 1] >> 4;
}

/* Whether the path of so many digits comes before the one that a part of the tree ends with. */
static inline int is_before(const char *path, size_t depth, const char *end, size_t end_bytes)
{
    int order = memcmp(path, end, depth < end_bytes ? depth : end_bytes);
    return order < 0 || (!order && depth < end_bytes);
}

/* Ask the processor to bring so many bytes nearer, while it does something else. */
static inline void fetch_ahead(const void *from, size_t bytes)
{
#ifdef __GNUC__
    for (size_t done = 0; done < bytes; done += 64)
        __builtin_prefetch((const char *)from + done);
#else
    (void)from, (void)bytes;
#endif
}

#endif

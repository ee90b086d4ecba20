/* Pages of the state tree (ledger.state_pages), as they are worked on, as they are stored, and as they stay in memory. */

#include "native.h"

static const char LEAF_DOMAIN[] = "JMT::LeafNode";
static const char NODE_DOMAIN[] = "JMT::IntrnalNode"; /* spelt so in the source */
static const char EMPTY_ROOT[] = "SPARSE_MERKLE_PLACEHOLDER_HASH__";

/* A node of a page: what is there, wherever its bytes are. */
typedef struct {
    size_t length;
    const uint8_t *bytes;
} node;

void clear_page(page *of)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        of->slots[slot].length = 0;
        of->below[slot] = NULL;
    }
    of->known = 0;
}

void set_slot(page *changed, unsigned slot, const place *after, kept_page *below)
{
    changed->slots[slot].length = after->length;
    memcpy(changed->slots[slot].bytes, after->bytes, after->length);
    changed->below[slot] = below;
    for (unsigned above = (SLOTS + slot) >> 1; above >= TOP; above >>= 1)
        changed->known &= ~(1u << above);
}

static const uint8_t *compute_node_hash(node of, uint8_t scratch[HASH_BYTES])
{
    if (of.length == HASH_BYTES)
        return of.bytes;
    if (!of.length)
        return (const uint8_t *)EMPTY_ROOT;
    compute_hash(scratch, LEAF_DOMAIN, sizeof LEAF_DOMAIN - 1, of.bytes, LEAF_BYTES, NULL, 0);
    return scratch;
}

/* The hash by which a place enters its parent: its own bytes, or written to `scratch`. */
const uint8_t *compute_place_hash(const place *of, uint8_t scratch[HASH_BYTES])
{
    return compute_node_hash((node){of->length, of->bytes}, scratch);
}

/* Whether a place is the subtree of this hash. */
int is_subtree(const place *of, const uint8_t hash[HASH_BYTES])
{
    return of->length == HASH_BYTES && !memcmp(of->bytes, hash, HASH_BYTES);
}

/* Whether a node over these two halves is no subtree, but nothing, or a leaf that is alone and moves up as it is. */
static int moves_up(size_t left, size_t right)
{
    return (!left && right != HASH_BYTES) || (!right && left != HASH_BYTES);
}

/* Complete the inner hashes of a page, and return the place that it takes in its parent. */
place complete(page *of)
{
    node nodes[2 * SLOTS];
    for (unsigned slot = 0; slot < SLOTS; slot++)
        nodes[SLOTS + slot] = (node){of->slots[slot].length, of->slots[slot].bytes};
    for (unsigned i = SLOTS - 1; i >= TOP; i--) {
        node left = nodes[2 * i], right = nodes[2 * i + 1];
        if (moves_up(left.length, right.length)) {
            nodes[i] = left.length ? left : right;
            continue;
        }
        if (!(of->known >> i & 1)) {
            uint8_t left_hash[HASH_BYTES], right_hash[HASH_BYTES];
            compute_hash(of->inner[i], NODE_DOMAIN, sizeof NODE_DOMAIN - 1, compute_node_hash(left, left_hash), HASH_BYTES,
                         compute_node_hash(right, right_hash), HASH_BYTES);
            of->known |= 1u << i;
        }
        nodes[i] = (node){HASH_BYTES, of->inner[i]};
    }
    place top = {.length = nodes[TOP].length};
    memcpy(top.bytes, nodes[TOP].bytes, top.length);
    return top;
}

/* Which nodes between the slots and the top are subtrees, a bit for each. */
static unsigned find_subtrees(const page *of)
{
    size_t lengths[2 * SLOTS];
    unsigned found = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++)
        lengths[SLOTS + slot] = of->slots[slot].length;
    for (unsigned i = SLOTS - 1; i > TOP; i--) {
        size_t left = lengths[2 * i], right = lengths[2 * i + 1];
        int is_subtree = !moves_up(left, right);
        lengths[i] = is_subtree ? HASH_BYTES : left + right; /* one of which is 0 */
        found |= (unsigned)is_subtree << i;
    }
    return found;
}

/* ------------------------------------------------------------------------------------------------------------ headers */

static uint32_t get_slot_bit(unsigned slot)
{
    return 1u << (SLOTS - 1 - slot);
}

/* How many bits of sixteen are set. */
static unsigned count_bits(uint32_t bits)
{
    bits = (bits & 0x5555) + (bits >> 1 & 0x5555);
    bits = (bits & 0x3333) + (bits >> 2 & 0x3333);
    bits = (bits & 0x0f0f) + (bits >> 4 & 0x0f0f);
    return (bits & 0x1f) + (bits >> 8 & 0x1f);
}

static uint32_t get_leaves(uint32_t header)
{
    return header >> SLOTS;
}

static uint32_t get_subtrees(uint32_t header)
{
    return header & 0xffff;
}

static size_t compute_slots_length(uint32_t header)
{
    return (size_t)LEAF_BYTES * count_bits(get_leaves(header)) + (size_t)HASH_BYTES * count_bits(get_subtrees(header));
}

static uint32_t compute_header(const page *of)
{
    uint32_t header = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        size_t length = of->slots[slot].length;
        if (length)
            header |= get_slot_bit(slot) << (length == LEAF_BYTES ? SLOTS : 0);
    }
    return header;
}

static const uint8_t *read_slots(page *out, uint32_t header, const uint8_t *bytes)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        uint32_t bit = get_slot_bit(slot);
        place *item = &out->slots[slot];
        item->length = get_leaves(header) & bit ? LEAF_BYTES : header & bit ? HASH_BYTES : 0;
        memcpy(item->bytes, bytes, item->length);
        bytes += item->length;
    }
    return bytes;
}

static uint8_t *write_slots(const page *of, uint8_t *bytes)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        memcpy(bytes, of->slots[slot].bytes, of->slots[slot].length);
        bytes += of->slots[slot].length;
    }
    return bytes;
}

/* ------------------------------------------------------------------------------------------------------ stored pages */

/* Read a stored page, nothing of which is in memory; return 0 unless it is one. */
int decode_page(page *out, PyObject *data)
{
    if (!PyBytes_Check(data) || PyBytes_GET_SIZE(data) < HEADER_BYTES)
        return 0;
    uint32_t header = read_word(get_bytes(data));
    if (!header || get_leaves(header) & get_subtrees(header))
        return 0;
    if ((size_t)PyBytes_GET_SIZE(data) != HEADER_BYTES + compute_slots_length(header))
        return 0;
    clear_page(out);
    read_slots(out, header, get_bytes(data) + HEADER_BYTES);
    return 1;
}

static PyObject *make_encoded(uint32_t header, uint8_t **slots)
{
    PyObject *data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(HEADER_BYTES + compute_slots_length(header)));
    if (data) {
        uint8_t *bytes = (uint8_t *)PyBytes_AS_STRING(data);
        write_word(bytes, header);
        *slots = bytes + HEADER_BYTES;
    }
    return data;
}

PyObject *encode_page(const page *of)
{
    uint8_t *slots;
    PyObject *data = make_encoded(compute_header(of), &slots);
    if (data)
        write_slots(of, slots);
    return data;
}

/* --------------------------------------------------------------------------------------------------- pages in memory */

static uint8_t *get_kept_slots(kept_page *of)
{
    return (uint8_t *)(of->below + count_bits(get_subtrees(of->header)));
}

shape measure_page(const page *of)
{
    shape found = {compute_header(of), find_subtrees(of), 0};
    found.size = sizeof(kept_page) + sizeof(kept_page *) * count_bits(get_subtrees(found.header)) + compute_slots_length(found.header)
                 + HASH_BYTES * count_bits(found.inner);
    return found;
}

void write_kept(kept_page *to, const page *of, shape measured)
{
    to->header = measured.header;
    to->size = (uint32_t)measured.size;
    kept_page **pointer = to->below;
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (of->slots[slot].length == HASH_BYTES)
            *pointer++ = of->below[slot];
    uint8_t *bytes = write_slots(of, (uint8_t *)pointer);
    for (unsigned i = TOP + 1; i < SLOTS; i++)
        if (measured.inner >> i & 1) {
            memcpy(bytes, of->inner[i], HASH_BYTES);
            bytes += HASH_BYTES;
        }
}

/* Return a new page in memory that says the same as a completed one; NULL with an exception. */
kept_page *keep_page(const page *of)
{
    shape measured = measure_page(of);
    kept_page *kept = PyMem_Malloc(measured.size);
    if (kept)
        write_kept(kept, of, measured);
    else
        PyErr_NoMemory();
    return kept;
}

void unpack_page(page *out, kept_page *of)
{
    kept_page **pointer = of->below;
    const uint8_t *bytes = read_slots(out, of->header, get_kept_slots(of));
    for (unsigned slot = 0; slot < SLOTS; slot++)
        out->below[slot] = out->slots[slot].length == HASH_BYTES ? *pointer++ : NULL;
    out->known = find_subtrees(out);
    for (unsigned i = TOP + 1; i < SLOTS; i++)
        if (out->known >> i & 1) {
            memcpy(out->inner[i], bytes, HASH_BYTES);
            bytes += HASH_BYTES;
        }
}

kept_slot find_slot(kept_page *of, unsigned slot)
{
    uint32_t bit = get_slot_bit(slot), before = 0xffff & ~(2 * bit - 1);
    unsigned leaves = count_bits(get_leaves(of->header) & before), subtrees = count_bits(get_subtrees(of->header) & before);
    kept_slot found = {0, get_kept_slots(of) + leaves * LEAF_BYTES + subtrees * HASH_BYTES, NULL};
    if (get_leaves(of->header) & bit)
        found.length = LEAF_BYTES;
    if (of->header & bit) {
        found.length = HASH_BYTES;
        found.below = of->below + subtrees;
    }
    return found;
}

PyObject *encode_kept(kept_page *of)
{
    uint8_t *slots;
    PyObject *data = make_encoded(of->header, &slots);
    if (data)
        memcpy(slots, get_kept_slots(of), compute_slots_length(of->header));
    return data;
}

/* Many hashes at once, as ledger.hashing has them plainly. */

#include "native.h"

#define MAX_CLIMB 64 /* levels of a climb: the bits of its place */

static PyObject *make_hash(const void *prefix, size_t prefix_bytes, const uint8_t *left, size_t left_bytes, const uint8_t *right,
                           size_t right_bytes)
{
    PyObject *hash = PyBytes_FromStringAndSize(NULL, HASH_BYTES);
    if (hash)
        compute_hash((uint8_t *)PyBytes_AS_STRING(hash), prefix, prefix_bytes, left, left_bytes, right, right_bytes);
    return hash;
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

PyObject *hash_each(PyObject *Py_UNUSED(module), PyObject *args)
{
    return hash_groups(args, "y#O:hash_each", 1);
}

PyObject *hash_pairs(PyObject *Py_UNUSED(module), PyObject *args)
{
    return hash_groups(args, "y#O:hash_pairs", 2);
}

/* From a node up to the one so many levels above it, over hashes of a proof: see ledger.hashing.climb_plainly. */
PyObject *climb(PyObject *Py_UNUSED(module), PyObject *args)
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

PyObject *hash_items(PyObject *Py_UNUSED(module), PyObject *changes)
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

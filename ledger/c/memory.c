/* The pages of a tree that are in memory (ledger.plain_pages): filled from a store, asked, and following one update after the
 * other. Whoever goes through them meanwhile (an update that waits for its reader, for one) keeps all others from changing them.
 */

#include "native.h"

#define COPIED_AHEAD 3 /* so many pages are fetched while one is copied */

static pages_object *get_pages(PyObject *self)
{
    return (pages_object *)self;
}

/* Whether the pages may change now; -1 with an exception where somebody goes through them. */
int require_idle(const pages_object *pages)
{
    if (!pages->readers && !pages->is_filling)
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "these pages are in use");
    return -1;
}

static void add_page(pages_object *pages, const kept_page *added, size_t depth)
{
    pages->count++;
    pages->deep_count += depth > UPPER_DEPTH;
    pages->bytes += added->size;
}

static size_t count_below(const kept_page *of)
{
    size_t count = 0;
    for (uint32_t bits = of->header & 0xffff; bits; bits &= bits - 1)
        count++;
    return count;
}

/* Free a page and all that hang from it. */
void drop_subtree(pages_object *pages, kept_page *dropped, size_t depth)
{
    if (!dropped)
        return;
    for (size_t i = 0, count = count_below(dropped); i < count; i++)
        drop_subtree(pages, dropped->below[i], depth + 1);
    pages->count--;
    pages->deep_count -= depth > UPPER_DEPTH;
    pages->bytes -= dropped->size;
    PyMem_Free(dropped);
}

static void delete_pages(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    drop_subtree(get_pages(self), get_pages(self)->root, 0);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ------------------------------------------------------------------------------------------------- what an update made */

int add_to_list(page_list *list, kept_page *item)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        kept_page **items = PyMem_Realloc(list->items, room * sizeof *items);
        if (!items) {
            PyErr_NoMemory();
            return -1;
        }
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
    return 0;
}

/* Free the pages of a list, and return how many bytes they took. */
static Py_ssize_t free_listed(page_list *list)
{
    Py_ssize_t bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        bytes += list->items[i]->size;
        PyMem_Free(list->items[i]);
    }
    list->count = 0;
    return bytes;
}

static void free_drafts(patch_object *patch)
{
    for (chunk *last = patch->chunks, *before; last; last = before) {
        before = last->before;
        PyMem_Free(last);
    }
    patch->chunks = NULL;
    patch->drafts.count = patch->overwritten.count = 0;
}

static void delete_patch(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    patch_object *patch = (patch_object *)self;
    free_listed(&patch->made);
    PyMem_Free(patch->made.items);
    PyMem_Free(patch->replaced.items);
    PyMem_Free(patch->drafts.items);
    PyMem_Free(patch->overwritten.items);
    free_drafts(patch);
    Py_XDECREF(patch->of);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Copy what a patch has drafted to where it belongs, and free the drafts: whoever has the patch may keep it for long. */
static void copy_drafts(patch_object *patch)
{
    kept_page **from = patch->drafts.items, **to = patch->overwritten.items;
    for (size_t i = 0, count = patch->drafts.count; i < count; i++) {
        if (i + COPIED_AHEAD < count)
            fetch_ahead(to[i + COPIED_AHEAD], from[i + COPIED_AHEAD]->size);
        memcpy(to[i], from[i], from[i]->size);
    }
    free_drafts(patch);
}

/* Hand over the pages that a patch made. */
void adopt(pages_object *pages, patch_object *patch)
{
    copy_drafts(patch);
    pages->count += (Py_ssize_t)patch->made.count - (Py_ssize_t)patch->replaced.count;
    pages->deep_count += patch->deep_change;
    for (size_t i = 0; i < patch->made.count; i++)
        pages->bytes += patch->made.items[i]->size;
    patch->made.count = 0;
    pages->bytes -= free_listed(&patch->replaced);
    pages->version++;
}

/* Follow an update. Its new pages point to the old ones that have not changed: so no page is touched that has not. */
static PyObject *take_over(PyObject *self, PyObject *given)
{
    pages_object *pages = get_pages(self);
    patch_object *patch = (patch_object *)given;
    if (Py_TYPE(given)->tp_dealloc != delete_patch) /* which only patches have */
        return PyErr_Format(PyExc_TypeError, "what an update has changed is wanted");
    if (patch->of != pages || patch->version != pages->version)
        return refuse("this update was of other pages than these are now");
    if (require_idle(pages) < 0)
        return NULL;
    pages->root = patch->root;
    adopt(pages, patch);
    Py_RETURN_NONE;
}

/* ------------------------------------------------------------------------------------------------- filled from a store */

/* The slot to which the path of these digits leads, from the page above it; none where that one is not in memory. */
kept_slot find_place(const pages_object *pages, const uint8_t *digits, size_t depth)
{
    kept_page *at = pages->root;
    for (size_t i = 0; at && i + 1 < depth; i++) {
        kept_slot slot = find_slot(at, digits[i]);
        at = slot.below ? *slot.below : NULL;
    }
    return at && depth ? find_slot(at, digits[depth - 1]) : (kept_slot){0};
}

/* Take one stored page into memory, if the page above it is here and says that it is this one; -1 with an exception. */
static int take_page(pages_object *pages, const uint8_t *digits, size_t depth, PyObject *data)
{
    page taken;
    kept_slot slot = find_place(pages, digits, depth);
    kept_page **hung = depth ? slot.below : &pages->root;
    if (!hung || *hung || !decode_page(&taken, data))
        return 0;
    place top = complete(&taken);
    if (depth && !is_subtree(&top, slot.bytes))
        return 0;
    *hung = keep_page(&taken);
    if (!*hung)
        return -1;
    add_page(pages, *hung, depth);
    return 0;
}

/* Read the digits of a path; return how many, or -1 where it is none. */
Py_ssize_t read_path(PyObject *path, uint8_t digits[KEY_NIBBLES])
{
    if (!PyBytes_Check(path) || PyBytes_GET_SIZE(path) >= KEY_NIBBLES)
        return -1;
    Py_ssize_t length = PyBytes_GET_SIZE(path);
    for (Py_ssize_t i = 0; i < length; i++) {
        uint8_t character = get_bytes(path)[i];
        int is_number = character >= '0' && character <= '9', is_letter = character >= 'a' && character <= 'f';
        if (!is_number && !is_letter)
            return -1;
        digits[i] = (uint8_t)(is_number ? character - '0' : character - 'a' + 10);
    }
    return length;
}

static int fill_from(pages_object *pages, PyObject *iterator)
{
    PyObject *item;
    int status = 0;
    while (!status && (item = PyIter_Next(iterator))) {
        uint8_t digits[KEY_NIBBLES];
        Py_ssize_t depth = -1;
        if (PyTuple_Check(item) && PyTuple_GET_SIZE(item) == 2)
            depth = read_path(PyTuple_GET_ITEM(item, 0), digits);
        if (depth < 0) {
            refuse("pairs of a path and a page are wanted");
            status = -1;
        } else {
            status = take_page(pages, digits, (size_t)depth, PyTuple_GET_ITEM(item, 1));
        }
        Py_DECREF(item);
    }
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *fill(PyObject *self, PyObject *given)
{
    pages_object *pages = get_pages(self);
    PyObject *iterator = require_idle(pages) < 0 ? NULL : PyObject_GetIter(given);
    if (!iterator)
        return NULL;
    pages->is_filling = 1;
    int status = fill_from(pages, iterator);
    pages->is_filling = 0;
    pages->version++;
    Py_DECREF(iterator);
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

/* --------------------------------------------------------------------------------------------------- less of the tree */

/* What goes through all pages: those in question are at or behind `begin`. */
typedef struct {
    pages_object *pages;
    const char *begin;
    size_t begin_bytes;
    char path[KEY_NIBBLES + 1];
    PyObject *list; /* of (path, page), if one is wanted */
} walk;

static void drop_behind(walk *job, kept_page *from, size_t depth)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        kept_slot found = find_slot(from, slot);
        if (!found.below || !*found.below)
            continue;
        job->path[depth] = "0123456789abcdef"[slot];
        if (depth < UPPER_DEPTH) {
            drop_behind(job, *found.below, depth + 1);
        } else if (!is_before(job->path, depth + 1, job->begin, job->begin_bytes)) {
            drop_subtree(job->pages, *found.below, depth + 1);
            *found.below = NULL;
        }
    }
}

static PyObject *drop_from(PyObject *self, PyObject *end)
{
    pages_object *pages = get_pages(self);
    if (!PyBytes_Check(end))
        return refuse("a path is wanted");
    if (require_idle(pages) < 0)
        return NULL;
    walk job = {.pages = pages, .begin = PyBytes_AS_STRING(end), .begin_bytes = (size_t)PyBytes_GET_SIZE(end)};
    if (pages->root)
        drop_behind(&job, pages->root, 0);
    pages->version++;
    Py_RETURN_NONE;
}

static int list_behind(walk *job, kept_page *from, size_t depth)
{
    if (!is_before(job->path, depth, job->begin, job->begin_bytes)) {
        PyObject *data = encode_kept(from);
        PyObject *item = data ? Py_BuildValue("y#N", job->path, (Py_ssize_t)depth, data) : NULL;
        int status = item ? PyList_Append(job->list, item) : -1;
        Py_XDECREF(item);
        if (status < 0)
            return -1;
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        kept_slot found = find_slot(from, slot);
        job->path[depth] = "0123456789abcdef"[slot];
        if (found.below && *found.below && list_behind(job, *found.below, depth + 1) < 0)
            return -1;
    }
    return 0;
}

static PyObject *list_pages(PyObject *self, PyObject *begin)
{
    pages_object *pages = get_pages(self);
    if (!PyBytes_Check(begin))
        return refuse("a path is wanted");
    walk job = {.pages = pages, .begin = PyBytes_AS_STRING(begin), .begin_bytes = (size_t)PyBytes_GET_SIZE(begin)};
    job.list = PyList_New(0);
    pages->readers++;
    if (job.list && pages->root && list_behind(&job, pages->root, 0) < 0)
        Py_CLEAR(job.list);
    pages->readers--;
    return job.list;
}

/* ------------------------------------------------------------------------------------------------- what there is of a key */

/* True where there is a leaf for this key hash, False where there is none, None where the page that says so is not here. */
static PyObject *find_leaf(const pages_object *pages, const uint8_t *key_hash)
{
    kept_page *at = pages->root;
    for (size_t depth = 0; at && depth < KEY_NIBBLES; depth++) {
        kept_slot slot = find_slot(at, get_nibble(key_hash, depth));
        if (!slot.below)
            return slot.length && !memcmp(slot.bytes, key_hash, HASH_BYTES) ? Py_True : Py_False;
        at = *slot.below;
    }
    return Py_None;
}

static PyObject *find_leaves(PyObject *self, PyObject *given)
{
    PyObject *items = PySequence_Fast(given, "a sequence of hashes is wanted");
    if (!items)
        return NULL;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(items);
    PyObject *answers = PyList_New(count);
    for (Py_ssize_t i = 0; answers && i < count; i++) {
        PyObject *key_hash = PySequence_Fast_GET_ITEM(items, i);
        if (is_bytes_of(key_hash, HASH_BYTES)) {
            PyList_SET_ITEM(answers, i, Py_NewRef(find_leaf(get_pages(self), get_bytes(key_hash))));
        } else {
            refuse("a sequence of hashes is wanted");
            Py_CLEAR(answers);
        }
    }
    Py_DECREF(items);
    return answers;
}

/* ------------------------------------------------------------------------------------------------------------ the types */

static Py_ssize_t count_pages(PyObject *self)
{
    return get_pages(self)->count;
}

static PyObject *get_deep_count(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(get_pages(self)->deep_count);
}

static PyObject *measure_pages(PyObject *self, PyObject *Py_UNUSED(nothing))
{
    return PyLong_FromSsize_t((Py_ssize_t)sizeof(pages_object) + get_pages(self)->bytes);
}

static PyMethodDef PAGES_METHODS[] = {
    {"fill", fill, METH_O, NULL},
    {"build", build_pages, METH_VARARGS, NULL},
    {"update", update_pages, METH_VARARGS, NULL},
    {"take_over", take_over, METH_O, NULL},
    {"drop_from", drop_from, METH_O, NULL},
    {"list_pages", list_pages, METH_O, NULL},
    {"find_leaves", find_leaves, METH_O, NULL},
    {"__sizeof__", measure_pages, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef PAGES_ATTRIBUTES[] = {
    {"deep_count", get_deep_count, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot PAGES_SLOTS[] = {
    {Py_tp_dealloc, delete_pages},
    {Py_tp_methods, PAGES_METHODS},
    {Py_tp_getset, PAGES_ATTRIBUTES},
    {Py_sq_length, count_pages},
    {0, NULL},
};

static PyType_Slot PATCH_SLOTS[] = {{Py_tp_dealloc, delete_patch}, {0, NULL}};

PyType_Spec PAGES_SPEC = {"ledger.native.Pages", sizeof(pages_object), 0, Py_TPFLAGS_DEFAULT, PAGES_SLOTS};

PyType_Spec PATCH_SPEC = {"ledger.native.Patch", sizeof(patch_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                          PATCH_SLOTS};

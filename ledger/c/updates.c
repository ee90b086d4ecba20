/* An update of the state tree, step by step as ledger.state_tree.update makes it, and parts of the tree made from their leaves.
 *
 * Pages in memory stay as they are: each that is another one afterwards is made anew, and the new ones belong to a patch, which
 * replaces the old ones once the update is stored. If anything goes wrong, the patch is dropped, and nothing has happened.
 */

#include "native.h"

#define FETCHED_BYTES 768      /* of a page: most are not longer */
#define CHUNK_BYTES (60 << 10) /* less than the library asks the system for each time anew */

typedef struct {
    uint64_t begin; /* of the key, as a number: most comparisons end there */
    const uint8_t *key;
    const uint8_t *value; /* NULL where the key is deleted */
} change;

typedef struct {
    PyObject *read_page; /* gives the page at a path, or None */
    PyObject *stored;    /* dict: path -> page to store, None to delete; or NULL where nothing is stored */
    PyObject *damaged;   /* the exception for a page that is missing or damaged */
    patch_object *patch;
    const char *end; /* pages below the upper ones are kept whose path is before this one */
    Py_ssize_t end_bytes;
    const char *stored_from; /* deeper pages are stored from this path on */
    Py_ssize_t stored_from_bytes;
    const change *last; /* behind all changes */
    page *work;         /* one for each depth */
    char path[KEY_NIBBLES + 1];
} update;

/* What becomes of a page, or of a part of the tree: the place above it, and the page in memory, if there is one. */
typedef struct {
    place top;
    kept_page *kept;
} outcome;

static int change_page(update *job, size_t depth, const change *changes, size_t count);

/* --------------------------------------------------------------------------------------------------- a page on the way */

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

/* Read a page that is not in memory. It has to be the one that the slot above names: so whatever comes into memory is part of
 * the tree that has this root. */
static int read_page(update *job, size_t depth, const place *above, page *out)
{
    PyObject *path = make_path(job, depth);
    PyObject *data = path ? PyObject_CallOneArg(job->read_page, path) : NULL;
    Py_XDECREF(path);
    if (!data)
        return -1;
    int is_good = 1;
    if (data == Py_None && !depth)
        clear_page(out); /* the tree is empty */
    else
        is_good = decode_page(out, data);
    Py_DECREF(data);
    if (is_good && above) {
        place top = complete(out);
        is_good = is_subtree(&top, above->bytes);
    }
    return is_good ? 0 : report_damage(job, depth);
}

/* Get the page at the current path of `depth` digits ready to be worked on. `above` is the slot that it is below, NULL for the root. */
static int load_page(update *job, size_t depth, const place *above, kept_page *kept)
{
    if (depth >= KEY_NIBBLES)
        return report_damage(job, depth);
    if (!kept)
        return read_page(job, depth, above, &job->work[depth]);
    unpack_page(&job->work[depth], kept);
    return 0;
}

static int is_kept(const update *job, size_t depth)
{
    return depth <= UPPER_DEPTH || is_before(job->path, depth, job->end, (size_t)job->end_bytes);
}

/* Whether the page at the current path is stored (ledger.state_pages.is_stored). */
static int is_stored(const update *job, size_t depth)
{
    return job->stored && (depth <= STORED_DEPTH || !is_before(job->path, depth, job->stored_from, (size_t)job->stored_from_bytes));
}

/* Note what is stored at the current path from now on: nothing where `now` is NULL. */
static int note_stored(update *job, size_t depth, const page *now)
{
    PyObject *path = make_path(job, depth);
    PyObject *data = !path ? NULL : now ? encode_page(now) : Py_NewRef(Py_None);
    int status = data ? PyDict_SetItem(job->stored, path, data) : -1;
    Py_XDECREF(path);
    Py_XDECREF(data);
    return status;
}

/* Note that a page in memory goes. */
static int replace_page(update *job, size_t depth, kept_page *replaced)
{
    if (!replaced)
        return 0;
    job->patch->deep_change -= depth > UPPER_DEPTH;
    return add_to_list(&job->patch->replaced, replaced);
}

/* Return room for a draft, or NULL with an exception. */
static kept_page *find_room(patch_object *patch, size_t size)
{
    size = (size + sizeof(kept_page *) - 1) / sizeof(kept_page *) * sizeof(kept_page *);
    if (!patch->chunks || patch->chunks->used + size > CHUNK_BYTES) {
        chunk *next = PyMem_Malloc(sizeof *next + CHUNK_BYTES);
        if (!next) {
            PyErr_NoMemory();
            return NULL;
        }
        next->before = patch->chunks;
        next->used = 0;
        patch->chunks = next;
    }
    kept_page *room = (kept_page *)(patch->chunks->bytes + patch->chunks->used);
    patch->chunks->used += size;
    return room;
}

/* Draft a page that will be copied over the old one. */
static int draft_page(update *job, const page *now, shape measured, kept_page *old)
{
    kept_page *draft = find_room(job->patch, measured.size);
    if (!draft)
        return -1;
    write_kept(draft, now, measured);
    return add_to_list(&job->patch->drafts, draft) < 0 ? -1 : add_to_list(&job->patch->overwritten, old);
}

/* Return the page in memory from now on, as far as the patch goes; `old` is the one that was there, or NULL. */
static kept_page *make_page(update *job, size_t depth, const page *now, kept_page *old)
{
    shape measured = measure_page(now);
    if (old && old->size == measured.size)
        return draft_page(job, now, measured, old) < 0 ? NULL : old;
    kept_page *kept = keep_page(now);
    if (kept && add_to_list(&job->patch->made, kept) < 0) {
        PyMem_Free(kept);
        return NULL;
    }
    job->patch->deep_change += kept && depth > UPPER_DEPTH;
    return kept && !replace_page(job, depth, old) ? kept : NULL;
}

/* Note what is at the current path now: a page, or none where `now` is NULL. `kept` is the page in memory, before and then after
 * that, NULL where there is none. */
static int note_page(update *job, size_t depth, const page *now, kept_page **kept)
{
    kept_page *old = *kept;
    *kept = NULL;
    if (is_stored(job, depth) && note_stored(job, depth, now) < 0)
        return -1;
    if (!now || !is_kept(job, depth))
        return replace_page(job, depth, old);
    *kept = make_page(job, depth, now, old);
    return *kept ? 0 : -1;
}

/* -------------------------------------------------------------------------------------------------- parts of the tree */

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

/* Set `out` to a new subtree at the current path over these leaves, sorted and none of them deleted. */
static int build_subtree(update *job, size_t depth, const change *leaves, size_t count, outcome *out)
{
    out->top.length = 0;
    out->kept = NULL;
    if (count == 1) {
        out->top.length = LEAF_BYTES;
        memcpy(out->top.bytes, leaves[0].key, HASH_BYTES);
        memcpy(out->top.bytes + HASH_BYTES, leaves[0].value, HASH_BYTES);
    }
    if (count < 2)
        return 0;
    page *built = &job->work[depth];
    clear_page(built);
    for (size_t done = 0, group; done < count; done += group) {
        unsigned nibble = get_nibble(leaves[done].key, depth);
        outcome below;
        group = count_group(leaves + done, count - done, depth);
        step_down(job, depth, nibble);
        if (build_subtree(job, depth + 1, leaves + done, group, &below) < 0)
            return -1;
        set_slot(built, nibble, &below.top, below.kept);
    }
    out->top = complete(built);
    return note_page(job, depth, built, &out->kept);
}

static change read_leaf(const place *leaf)
{
    return (change){0, leaf->bytes, leaf->bytes + HASH_BYTES};
}

/* Whether a leaf is where its key belongs. */
static int is_at_path(const update *job, size_t depth, const place *leaf)
{
    for (size_t i = 0; i < depth; i++)
        if ("0123456789abcdef"[get_nibble(leaf->bytes, i)] != job->path[i])
            return 0;
    return 1;
}

/* List the leaves after these changes, where there was at most the leaf `before`; return how many. */
static size_t merge_leaves(const place *before, const change *changes, size_t count, change *leaves)
{
    size_t length = 0;
    int is_open = before->length == LEAF_BYTES; /* the old leaf has not found its place yet */
    for (size_t i = 0; i < count; i++) {
        int order = is_open ? memcmp(before->bytes, changes[i].key, HASH_BYTES) : 1;
        if (order < 0)
            leaves[length++] = read_leaf(before);
        if (order <= 0)
            is_open = 0;
        if (changes[i].value)
            leaves[length++] = changes[i];
    }
    if (is_open)
        leaves[length++] = read_leaf(before);
    return length;
}

/* Set `out` to what is at the current path after these changes, where there was at most the leaf `before`. */
static int change_leaves(update *job, size_t depth, const place *before, const change *changes, size_t count, outcome *out)
{
    if (before->length && !is_at_path(job, depth, before))
        return report_damage(job, depth);
    change *leaves = PyMem_Malloc((count + 1) * sizeof *leaves);
    if (!leaves) {
        PyErr_NoMemory();
        return -1;
    }
    int status = build_subtree(job, depth, leaves, merge_leaves(before, changes, count, leaves), out);
    PyMem_Free(leaves);
    return status;
}

/* Set `out` to what is at the current path after these changes, where there was the page `kept`, or one that is not in memory. */
static int change_subtree(update *job, size_t depth, const place *above, kept_page *kept, const change *changes, size_t count,
                          outcome *out)
{
    page *changed = &job->work[depth];
    if (load_page(job, depth, above, kept) < 0)
        return -1;
    int status = change_page(job, depth, changes, count);
    *out = (outcome){*above, kept};
    if (status <= 0)
        return status;
    out->top = complete(changed);
    return note_page(job, depth, out->top.length == HASH_BYTES ? changed : NULL, &out->kept);
}

static int is_same_place(const place *left, const place *right)
{
    return left->length == right->length && !memcmp(left->bytes, right->bytes, left->length);
}

/* Have the pages of changes to come brought nearer while this one is worked on, since they are far apart in memory: of a change
 * that is some way off the upper one, by when it is near the one below, and so on. */
static void fetch_pages(const update *job, const change *now)
{
    static const size_t AHEAD[] = {10, 5, 2};
    for (size_t i = 0; i < sizeof AHEAD / sizeof *AHEAD; i++) {
        if (job->last - now <= (Py_ssize_t)AHEAD[i])
            continue;
        kept_page *at = job->patch->of->root;
        for (size_t depth = 0; at && depth < UPPER_DEPTH + i; depth++) {
            kept_slot slot = find_slot(at, get_nibble(now[AHEAD[i]].key, depth));
            at = slot.below ? *slot.below : NULL;
        }
        if (at)
            fetch_ahead(at, FETCHED_BYTES);
    }
}

/* Carry out sorted changes, all below the page at the current path. Return 1 where a slot is another one afterwards, else 0. */
static int change_page(update *job, size_t depth, const change *changes, size_t count)
{
    page *changed = &job->work[depth];
    int is_other = 0;
    for (size_t done = 0, group; done < count; done += group) {
        unsigned nibble = get_nibble(changes[done].key, depth);
        const place *before = &changed->slots[nibble];
        outcome after;
        int status;
        group = count_group(changes + done, count - done, depth);
        if (depth == UPPER_DEPTH)
            fetch_pages(job, changes + done);
        step_down(job, depth, nibble);
        if (before->length == HASH_BYTES)
            status = change_subtree(job, depth + 1, before, changed->below[nibble], changes + done, group, &after);
        else
            status = change_leaves(job, depth + 1, before, changes + done, group, &after);
        if (status < 0)
            return -1;
        if (!is_same_place(before, &after.top)) {
            set_slot(changed, nibble, &after.top, after.kept);
            is_other = 1;
        }
    }
    return is_other;
}

/* ---------------------------------------------------------------------------------------------------- from the root on */

static int compare_changes(const void *left, const void *right)
{
    const change *one = left, *other = right;
    if (one->begin != other->begin)
        return one->begin < other->begin ? -1 : 1;
    return memcmp(one->key, other->key, HASH_BYTES);
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
        const uint8_t *bytes = get_bytes(key);
        uint64_t begin = (uint64_t)read_word(bytes) << 32 | read_word(bytes + 4);
        changes[(*count)++] = (change){begin, bytes, value == Py_None ? NULL : get_bytes(value)};
    }
    qsort(changes, *count, sizeof *changes, compare_changes);
    return changes;
}

/* Carry out an update; return the hash of the new root. */
static PyObject *change_root(update *job, const change *changes, size_t count)
{
    kept_page *before = job->patch->of->root;
    page *root = &job->work[0];
    int status = load_page(job, 0, NULL, before);
    if (!status)
        status = change_page(job, 0, changes, count);
    if (status < 0)
        return NULL;
    uint8_t scratch[HASH_BYTES];
    place top = complete(root);
    job->patch->root = before;
    if (status && note_page(job, 0, top.length ? root : NULL, &job->patch->root) < 0)
        return NULL;
    return PyBytes_FromStringAndSize((const char *)compute_place_hash(&top, scratch), HASH_BYTES);
}

/* Return a patch in which nothing has changed yet. */
static patch_object *begin_patch(PyObject *module, pages_object *of)
{
    PyObject *type = PyObject_GetAttrString(module, "Patch");
    patch_object *patch = type ? (patch_object *)PyType_GenericAlloc((PyTypeObject *)type, 0) : NULL;
    Py_XDECREF(type);
    if (patch) {
        patch->of = (pages_object *)Py_NewRef((PyObject *)of);
        patch->version = of->version;
    }
    return patch;
}

/* Prepare what both an update and a part made from its leaves need; -1 with an exception. */
static int begin_job(update *job, pages_object *pages)
{
    PyObject *module = PyType_GetModule(Py_TYPE((PyObject *)pages));
    job->damaged = module ? PyObject_GetAttrString(module, "DamagedPageError") : NULL;
    job->patch = job->damaged ? begin_patch(module, pages) : NULL;
    if (!job->patch)
        return -1;
    job->work = PyMem_Malloc(KEY_NIBBLES * sizeof *job->work);
    if (!job->work)
        PyErr_NoMemory();
    return job->work ? 0 : -1;
}

static void end_job(update *job)
{
    PyMem_Free(job->work);
    Py_XDECREF((PyObject *)job->patch);
    Py_XDECREF(job->stored);
    Py_XDECREF(job->damaged);
}

static PyObject *run_update(update *job, PyObject *given)
{
    /* A copy, because the reader of pages might change the caller's own, whose bytes are read here. */
    PyObject *held = PyDict_Copy(given);
    size_t count = 0;
    change *changes = held ? list_changes(held, &count) : NULL;
    job->last = changes ? changes + count : NULL;
    PyObject *root = changes ? change_root(job, changes, count) : NULL;
    PyObject *result = root ? PyTuple_Pack(3, root, job->stored, (PyObject *)job->patch) : NULL;
    Py_XDECREF(root);
    PyMem_Free(changes);
    Py_XDECREF(held);
    return result;
}

PyObject *update_pages(PyObject *self, PyObject *args)
{
    update job = {0};
    PyObject *given, *result = NULL;
    pages_object *pages = (pages_object *)self;
    if (!PyArg_ParseTuple(args, "OO!y#y#:update", &job.read_page, &PyDict_Type, &given, &job.end, &job.end_bytes, &job.stored_from,
                          &job.stored_from_bytes))
        return NULL;
    if (pages->is_filling) {
        PyErr_SetString(PyExc_RuntimeError, "these pages are in use");
        return NULL;
    }
    pages->readers++;
    job.stored = PyDict_New();
    if (job.stored && !begin_job(&job, pages))
        result = run_update(&job, given);
    end_job(&job);
    pages->readers--;
    return result;
}

/* --------------------------------------------------------------------------------------- a part made from its leaves */

/* Whether these are leaves below the current path, and there is a page for them. */
static int are_leaves(const update *job, size_t depth, const change *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t digit = 0; digit < depth; digit++)
            if (!leaves[i].value || "0123456789abcdef"[get_nibble(leaves[i].key, digit)] != job->path[digit])
                return 0;
    return count > 1;
}

/* Hang the pages over these leaves where the current path leads to, in the place of what is there; return 1, or 0 unless the page
 * above it says that they are what has to be there. */
static int hang_part(update *job, kept_slot slot, size_t depth, const change *leaves, size_t count)
{
    outcome built;
    if (!slot.below || !are_leaves(job, depth, leaves, count))
        return 0;
    if (build_subtree(job, depth, leaves, count, &built) < 0)
        return -1;
    if (!is_subtree(&built.top, slot.bytes))
        return 0;
    drop_subtree(job->patch->of, *slot.below, depth);
    *slot.below = built.kept;
    adopt(job->patch->of, job->patch);
    return 1;
}

PyObject *build_pages(PyObject *self, PyObject *args)
{
    update job = {.end = "g", .end_bytes = 1}; /* all of them are kept */
    uint8_t digits[KEY_NIBBLES];
    PyObject *path, *given;
    pages_object *pages = (pages_object *)self;
    if (!PyArg_ParseTuple(args, "OO!:build", &path, &PyDict_Type, &given) || require_idle(pages) < 0)
        return NULL;
    Py_ssize_t depth = read_path(path, digits);
    if (depth < 1)
        return refuse("the path of a page below the root is wanted");
    memcpy(job.path, get_bytes(path), (size_t)depth);
    size_t count = 0;
    int status = -1;
    change *leaves = list_changes(given, &count);
    if (leaves && !begin_job(&job, pages))
        status = hang_part(&job, find_place(pages, digits, (size_t)depth), (size_t)depth, leaves, count);
    PyMem_Free(leaves);
    end_job(&job);
    return status < 0 ? NULL : PyBool_FromLong(status);
}

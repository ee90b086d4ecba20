/* Arrays of MessagePack, as ledger.arrays reads and grows them plainly. */

#include "native.h"

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

/* Pass what is in one value besides others, after its first byte; return how many of these are inside, or -1 where there is less. */
static int64_t pass_content(reader *r, uint8_t first)
{
    static const uint8_t FIXED[] = {1, 2, 4, 8, 16}; /* bytes of data */
    uint64_t data = 0, inside = 0;
    int found = 1;
    if (first >= 0x80 && first < 0x90)
        inside = 2 * (uint64_t)(first & 0xf);
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

/* Pass one value without those inside it; return how many these are, or -1 where the bytes are none. */
static inline int64_t pass_head(reader *r)
{
    if (r->at == r->end)
        return -1;
    uint8_t first = *r->at++;
    /* First what most values are: small integers, arrays, other integers, short bytes. */
    if (first < 0x80 || first >= 0xe0)
        return 0;
    if ((first & 0xf0) == 0x90)
        return first & 0xf;
    int data;
    if (first >= 0xcc && first <= 0xd3)
        data = 1 << ((first - 0xcc) & 3);
    else if (first == 0xc4 && r->at < r->end)
        data = 1 + *r->at;
    else
        return pass_content(r, first);
    if (data > r->end - r->at)
        return -1;
    r->at += data;
    return 0;
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

static PyObject *refuse_arguments(void)
{
    PyErr_SetString(PyExc_TypeError, "takes bytes, and so many numbers");
    return NULL;
}

static int begin_reading(PyObject *data, reader *r)
{
    if (!PyBytes_Check(data))
        return 0;
    r->at = (const uint8_t *)PyBytes_AS_STRING(data);
    r->end = r->at + PyBytes_GET_SIZE(data);
    return 1;
}

PyObject *count_apart(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t arg_count)
{
    reader r;
    if (arg_count != 4 || !begin_reading(args[0], &r))
        return refuse_arguments();
    Py_ssize_t field = PyLong_AsSsize_t(args[1]);
    if (field < 0)
        return PyErr_Occurred() ? NULL : refuse_array();
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

PyObject *survey_last(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t arg_count)
{
    reader r;
    if (arg_count != 2 || !begin_reading(args[0], &r))
        return refuse_arguments();
    Py_ssize_t field = PyLong_AsSsize_t(args[1]);
    if (field < 0)
        return PyErr_Occurred() ? NULL : refuse_array();
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

/* Bytes as they are, and after them an array of so many items, which are what two readers have yet to read. */
static PyObject *join_items(const uint8_t *kept, Py_ssize_t kept_bytes, int64_t count, reader before, reader after)
{
    uint8_t head[5] = {(uint8_t)(0x90 | count)};
    Py_ssize_t head_bytes = 1, first = before.end - before.at, last = after.end - after.at;
    if (count > 0xf) {
        head_bytes = count > 0xffff ? 5 : 3;
        head[0] = count > 0xffff ? 0xdd : 0xdc;
        for (Py_ssize_t i = 1; i < head_bytes; i++)
            head[i] = (uint8_t)(count >> 8 * (head_bytes - 1 - i));
    }
    PyObject *joined = PyBytes_FromStringAndSize(NULL, kept_bytes + head_bytes + first + last);
    if (joined) {
        char *to = PyBytes_AS_STRING(joined);
        memcpy(to, kept, (size_t)kept_bytes);
        memcpy(to + kept_bytes, head, (size_t)head_bytes);
        memcpy(to + kept_bytes + head_bytes, before.at, (size_t)first);
        memcpy(to + kept_bytes + head_bytes + first, after.at, (size_t)last);
    }
    return joined;
}

PyObject *grow_last(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t arg_count)
{
    reader old, new;
    if (arg_count != 2 || !begin_reading(args[0], &old) || !begin_reading(args[1], &new))
        return refuse_arguments();
    const uint8_t *begin = new.at, *old_head = NULL, *new_head = NULL;
    int64_t before = enter_last(&old, &old_head), added = enter_last(&new, &new_head), count = before + added;
    if (before < 0 || added < 0 || count > UINT32_MAX)
        return refuse_array();
    return join_items(begin, new_head - begin, count, old, new);
}

PyObject *append_items(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t arg_count)
{
    reader old, new;
    if (arg_count != 4 || !begin_reading(args[0], &old) || !begin_reading(args[2], &new))
        return refuse_arguments();
    int64_t added = PyLong_AsLongLong(args[1]), most = PyErr_Occurred() ? 0 : PyLong_AsLongLong(args[3]);
    if (PyErr_Occurred())
        return NULL;
    int64_t before = enter_array(&old);
    if (before < 0 || added < 0 || most > UINT32_MAX || added > most - before)
        return refuse_array();
    return join_items(new.at, 0, before + added, old, new);
}

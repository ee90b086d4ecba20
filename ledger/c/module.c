/* The module ledger.native: what Python sees of it all. */

#include "native.h"

static PyObject *choose(PyObject *Py_UNUSED(module), PyObject *by_instruction)
{
    int wanted = PyObject_IsTrue(by_instruction);
    return wanted < 0 ? NULL : PyBool_FromLong(choose_compressor(wanted));
}

static PyObject *count_hashes(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    return PyLong_FromUnsignedLongLong(get_hash_count());
}

static PyMethodDef FUNCTIONS[] = {
    {"hash_each", hash_each, METH_VARARGS, NULL},
    {"hash_pairs", hash_pairs, METH_VARARGS, NULL},
    {"hash_items", hash_items, METH_O, NULL},
    {"climb", climb, METH_VARARGS, NULL},
    {"choose_compressor", choose, METH_O, NULL},
    {"count_hashes", count_hashes, METH_NOARGS, NULL},
    {"count_apart", (PyCFunction)(void (*)(void))count_apart, METH_FASTCALL, NULL},
    {"survey_last", (PyCFunction)(void (*)(void))survey_last, METH_FASTCALL, NULL},
    {"append_items", (PyCFunction)(void (*)(void))append_items, METH_FASTCALL, NULL},
    {"grow_last", (PyCFunction)(void (*)(void))grow_last, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static int add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    int status = type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
    Py_XDECREF(type);
    return status;
}

static int make_ready(PyObject *module)
{
    choose_compressor(1);
    PyObject *damaged = PyErr_NewException("ledger.native.DamagedPageError", NULL, NULL);
    int status = damaged ? PyModule_AddObjectRef(module, "DamagedPageError", damaged) : -1;
    Py_XDECREF(damaged);
    if (status < 0 || add_type(module, &PAGES_SPEC) < 0 || add_type(module, &PATCH_SPEC) < 0)
        return -1;
    return PyModule_AddIntConstant(module, "INTERFACE", INTERFACE);
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

// A C extension for python3: numbers.add_all(list of int) -> int, and numbers.call(function, value) which
// calls back into Python. To be stopped in by a debugger, between the frames of the interpreter.

#define PY_SSIZE_T_CLEAN
#include <Python.h>

long add_one(long sum, long value) {
  return sum + value;
}

static PyObject* add_all(PyObject* self, PyObject* list) {
  (void)self;
  long sum = 0;
  if (!PyList_Check(list)) {
    PyErr_SetString(PyExc_TypeError, "a list of int is wanted");
    return NULL;
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) {
    long value = PyLong_AsLong(PyList_GET_ITEM(list, i));
    if (value == -1 && PyErr_Occurred()) return NULL;
    sum = add_one(sum, value);
  }
  return PyLong_FromLong(sum);
}

static PyObject* call_back(PyObject* self, PyObject* arguments) {
  (void)self;
  PyObject* function;
  long value;
  if (!PyArg_ParseTuple(arguments, "Ol", &function, &value)) return NULL;
  return PyObject_CallFunction(function, "l", value);
}

static PyMethodDef methods[] = {
    {"add_all", add_all, METH_O, "The sum of a list of int."},
    {"call", call_back, METH_VARARGS, "function(value)."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "cotrace_numbers",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit_cotrace_numbers(void) {
  return PyModule_Create(&module);
}

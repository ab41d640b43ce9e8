/* The functions of elements.py in C, because they are what an answer in XML costs. elements.py says
 * what they do, and is what is used where this is not compiled; tests compare their bytes.
 *
 * Here is what is frequent: tags, nulls, booleans, integers of 64 bits, and texts without a
 * character that XML does not have. All else is left to the functions of Python, so that they
 * alone know how. What is no element of this module (a free value, or a shape inside itself) is
 * a function of Python, too: elements are in each other only as deep as shapes are, and there is
 * no stack to exhaust.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifndef SOURCE
#define SOURCE "" /* setup.py names what this was compiled from, native.py compares it. */
#endif

#define NIL " xsi:nil=\"true\"/>"
#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

/* From elements.py: what makes the text of a scalar, by its type. */
static PyObject *texts;


/* ---- Bytes that become more. All that puts some returns -1 after an error, else 0. ---- */

typedef struct {
    char *bytes;
    Py_ssize_t length, room;
} Buffer;

static int
make_room(Buffer *to, Py_ssize_t length)
{
    if (length > PY_SSIZE_T_MAX / 2 - to->length) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t room = 2 * (to->length + length);
    char *moved = PyMem_Realloc(to->bytes, room);
    if (moved == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    to->bytes = moved;
    to->room = room;
    return 0;
}

static inline int
put(Buffer *to, const char *bytes, Py_ssize_t length)
{
    if (length > to->room - to->length && make_room(to, length) < 0) {
        return -1;
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
    return 0;
}

static int
put_bytes(Buffer *to, PyObject *bytes)
{
    return put(to, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes));
}

/* A text as it is, and lets it go. NULL is an error that came before. */
static int
put_str(Buffer *to, PyObject *text)
{
    if (text == NULL) {
        return -1;
    }
    /* Raises TypeError for what is no text. */
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &length);
    int failed = utf8 == NULL ? -1 : put(to, utf8, length);
    Py_DECREF(text);
    return failed;
}

static int
put_integer(Buffer *to, long long number)
{
    char digits[20], *first = digits + sizeof(digits);
    unsigned long long rest = number < 0 ? 0ULL - number : (unsigned long long)number;
    do {
        *--first = '0' + rest % 10;
    } while (rest /= 10);
    if (number < 0) {
        *--first = '-';
    }
    return put(to, first, digits + sizeof(digits) - first);
}

/* A text between two tags, as text.py writes it. 1 if it may need one of the escapes, which only
 * text.py knows: then what was put is to be taken back.
 */
static int
put_text(Buffer *to, const char *utf8, Py_ssize_t length)
{
    enum { PLAIN, ESCAPE, MARKUP, PERHAPS };
    static const char kinds[256] = {
        /* Below the blank all but tab and LF. */
        1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, MARKUP, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        ['&'] = MARKUP, ['<'] = MARKUP, ['>'] = MARKUP,
        /* How "_x", U+FFFE and U+FFFF begin. */
        ['_'] = PERHAPS, [0xEF] = PERHAPS,
    };
    const char *end = utf8 + length, *done = utf8;
    for (const char *at = utf8;; at++) {
        /* Behind the text is a NUL, which is not plain. */
        while (kinds[(unsigned char)*at] == PLAIN) {
            at++;
        }
        if (at == end) {
            return put(to, done, end - done);
        }
        int kind = kinds[(unsigned char)*at];
        if (kind == ESCAPE || (kind == PERHAPS && (at[1] == 'x' || at[1] == '\xBF'))) {
            return 1;
        }
        if (kind == MARKUP) {
            if (put(to, done, at - done) < 0 ||
                (*at == '&'   ? PUT(to, "&amp;")
                 : *at == '<' ? PUT(to, "&lt;")
                 : *at == '>' ? PUT(to, "&gt;")
                              : PUT(to, "&#13;")) < 0) {
                return -1;
            }
            done = at + 1;
        }
    }
}


/* ---- Elements ---- */

typedef enum { STRING, INTEGER, NUMBER, BOOLEAN, ARRAY, MAPPING } Kind;

typedef struct {
    PyObject_HEAD
    Kind kind;
    PyObject *start, *end, *nil; /* the tags, as bytes */
    PyObject *text;              /* of a scalar: the function that makes its text */
    PyObject *item;              /* of an array: the element of each item */
    PyObject *members;           /* of a mapping: tuples of a key and its element */
    PyObject *in_tag, *others;   /* of a mapping: functions that make texts, or None */
} Element;

static PyTypeObject ElementType;

static int put_element(Buffer *, Element *, PyObject *value, PyObject *attributes);

/* The element that `write` makes of a value: one of ours, or any function. */
static int
put_value(Buffer *to, PyObject *write, PyObject *value, PyObject *attributes)
{
    if (Py_IS_TYPE(write, &ElementType)) {
        return put_element(to, (Element *)write, value, attributes);
    }
    return put_str(to, PyObject_CallFunctionObjArgs(write, value, attributes, NULL));
}

static int
put_scalar(Buffer *to, Element *self, PyObject *value)
{
    if (self->kind == STRING && PyUnicode_CheckExact(value)) {
        Py_ssize_t length, before = to->length;
        const char *utf8 = PyUnicode_AsUTF8AndSize(value, &length);
        int result = utf8 == NULL ? 1 : put_text(to, utf8, length);
        if (result <= 0) {
            return result;
        }
        /* It needs an escape, if only for half a surrogate pair. */
        PyErr_Clear();
        to->length = before;
    }
    else if (self->kind == BOOLEAN && PyBool_Check(value)) {
        return value == Py_True ? PUT(to, "true") : PUT(to, "false");
    }
    else if ((self->kind == INTEGER || self->kind == NUMBER) && PyLong_CheckExact(value)) {
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (!overflow) {
            return put_integer(to, number);
        }
    }
    return put_str(to, PyObject_CallOneArg(self->text, value));
}

static int
put_items(Buffer *to, Element *self, PyObject *value)
{
    PyObject *items = PySequence_Fast(value, "An array cannot be made of this value.");
    int failed = items == NULL ? -1 : 0;
    /* Functions of Python are called on the way, so that the list may become shorter. */
    for (Py_ssize_t i = 0; !failed && i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        failed = put_value(to, self->item, item, NULL);
        Py_DECREF(item);
    }
    Py_XDECREF(items);
    return failed;
}

static int
put_members(Buffer *to, Element *self, PyObject *value)
{
    /* Most values have their members in the order of the shape. Where the next key is the very
     * object that is wanted, nothing has to be looked up.
     */
    Py_ssize_t found = 0, place = 0;
    for (Py_ssize_t i = 0;
         i < PyTuple_GET_SIZE(self->members) && found < PyDict_GET_SIZE(value); i++) {
        PyObject *member = PyTuple_GET_ITEM(self->members, i);
        PyObject *key, *item;
        Py_ssize_t ahead = place;
        if (PyDict_Next(value, &ahead, &key, &item) && key == PyTuple_GET_ITEM(member, 0)) {
            place = ahead;
        }
        else {
            item = PyDict_GetItemWithError(value, PyTuple_GET_ITEM(member, 0));
        }
        if (item != NULL) {
            found++;
            Py_INCREF(item);
            int failed = put_value(to, PyTuple_GET_ITEM(member, 1), item, NULL);
            Py_DECREF(item);
            if (failed) {
                return -1;
            }
        }
        else if (PyErr_Occurred()) {
            return -1;
        }
    }
    if (self->others != Py_None && PyDict_GET_SIZE(value) > found) {
        return put_str(to, PyObject_CallOneArg(self->others, value));
    }
    return 0;
}

static int
put_content(Buffer *to, Element *self, PyObject *value)
{
    return self->kind == MAPPING ? put_members(to, self, value)
         : self->kind == ARRAY   ? put_items(to, self, value)
                                 : put_scalar(to, self, value);
}

/* The tag up to its attributes, and these: those that the place wants, and those in the value. */
static int
put_open(Buffer *to, Element *self, PyObject *value, PyObject *attributes)
{
    if (put(to, PyBytes_AS_STRING(self->start), PyBytes_GET_SIZE(self->start) - 1) < 0 ||
        (attributes != NULL && put_str(to, Py_NewRef(attributes)) < 0)) {
        return -1;
    }
    if (self->in_tag == Py_None || value == Py_None) {
        return 0;
    }
    return put_str(to, PyObject_CallOneArg(self->in_tag, value));
}

static int
put_element(Buffer *to, Element *self, PyObject *value, PyObject *attributes)
{
    if (self->kind == MAPPING && value != Py_None && !PyDict_Check(value)) {
        PyErr_Format(PyExc_TypeError, "A dict was expected, not %s.", Py_TYPE(value)->tp_name);
        return -1;
    }
    if (attributes == NULL && self->in_tag == Py_None) {
        if (value == Py_None) {
            return put_bytes(to, self->nil);
        }
        if (put_bytes(to, self->start) < 0) {
            return -1;
        }
    }
    else {
        if (put_open(to, self, value, attributes) < 0) {
            return -1;
        }
        if (value == Py_None) {
            return PUT(to, NIL);
        }
        if (PUT(to, ">") < 0) {
            return -1;
        }
    }
    if (put_content(to, self, value) < 0) {
        return -1;
    }
    return put_bytes(to, self->end);
}

static PyObject *
element_call(Element *self, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"value", "attributes", NULL};
    PyObject *value, *attributes = NULL;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O|U", names, &value, &attributes)) {
        return NULL;
    }
    Buffer to = {NULL, 0, 0};
    PyObject *found = NULL;
    if (put_element(&to, self, value, attributes) == 0) {
        found = PyUnicode_DecodeUTF8(to.bytes, to.length, NULL);
    }
    PyMem_Free(to.bytes);
    return found;
}

static int
element_traverse(Element *self, visitproc visit, void *arg)
{
    Py_VISIT(self->text);
    Py_VISIT(self->item);
    Py_VISIT(self->members);
    Py_VISIT(self->in_tag);
    Py_VISIT(self->others);
    return 0;
}

static void
element_dealloc(Element *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->start);
    Py_XDECREF(self->end);
    Py_XDECREF(self->nil);
    Py_XDECREF(self->text);
    Py_XDECREF(self->item);
    Py_XDECREF(self->members);
    Py_XDECREF(self->in_tag);
    Py_XDECREF(self->others);
    PyObject_GC_Del(self);
}

/* There is no way to clear one: it is never changed. A cycle has a dict or a tuple in it, too. */
static PyTypeObject ElementType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "app.xml._elements.Element",
    .tp_basicsize = sizeof(Element),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_call = (ternaryfunc)element_call,
    .tp_traverse = (traverseproc)element_traverse,
    .tp_dealloc = (destructor)element_dealloc,
};


/* ---- The functions of the module, as in elements.py ---- */

static PyObject *
new_element(Kind kind, PyObject *name, PyObject *text, PyObject *item, PyObject *members,
            PyObject *in_tag, PyObject *others)
{
    const char *utf8 = PyUnicode_AsUTF8(name);
    Element *self = utf8 == NULL ? NULL : PyObject_GC_New(Element, &ElementType);
    if (self == NULL) {
        return NULL;
    }
    self->kind = kind;
    self->start = PyBytes_FromFormat("<%s>", utf8);
    self->end = PyBytes_FromFormat("</%s>", utf8);
    self->nil = PyBytes_FromFormat("<%s" NIL, utf8);
    self->text = Py_XNewRef(text);
    self->item = Py_XNewRef(item);
    self->members = Py_XNewRef(members);
    self->in_tag = Py_NewRef(in_tag);
    self->others = Py_NewRef(others);
    PyObject_GC_Track(self);
    if (self->start == NULL || self->end == NULL || self->nil == NULL) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static PyObject *
scalar(PyObject *module, PyObject *arguments)
{
    static const char *types[] = {"string", "integer", "number", "boolean"};
    PyObject *type, *name;
    if (!PyArg_ParseTuple(arguments, "UU", &type, &name)) {
        return NULL;
    }
    for (Kind kind = STRING; kind <= BOOLEAN; kind++) {
        if (PyUnicode_CompareWithASCIIString(type, types[kind]) == 0) {
            PyObject *text = PyDict_GetItemWithError(texts, type);
            return text == NULL ? NULL
                 : new_element(kind, name, text, NULL, NULL, Py_None, Py_None);
        }
    }
    PyErr_SetObject(PyExc_KeyError, type);
    return NULL;
}

static PyObject *
array(PyObject *module, PyObject *arguments)
{
    PyObject *item, *name;
    if (!PyArg_ParseTuple(arguments, "OU", &item, &name)) {
        return NULL;
    }
    return new_element(ARRAY, name, NULL, item, NULL, Py_None, Py_None);
}

static PyObject *
mapping(PyObject *module, PyObject *arguments)
{
    PyObject *members, *name, *in_tag, *others;
    if (!PyArg_ParseTuple(arguments, "O!UOO", &PyTuple_Type, &members, &name, &in_tag, &others)) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(members); i++) {
        PyObject *member = PyTuple_GET_ITEM(members, i);
        if (!PyTuple_Check(member) || PyTuple_GET_SIZE(member) != 2) {
            PyErr_SetString(PyExc_TypeError, "A member is a tuple of its key and its element.");
            return NULL;
        }
    }
    return new_element(MAPPING, name, NULL, NULL, members, in_tag, others);
}

static PyObject *
document(PyObject *module, PyObject *arguments)
{
    PyObject *write, *head, *attributes, *value;
    if (!PyArg_ParseTuple(arguments, "OUUO", &write, &head, &attributes, &value)) {
        return NULL;
    }
    Buffer to = {NULL, 0, 0};
    PyObject *found = NULL;
    if (put_str(&to, Py_NewRef(head)) == 0 && put_value(&to, write, value, attributes) == 0) {
        found = PyBytes_FromStringAndSize(to.bytes, to.length);
    }
    PyMem_Free(to.bytes);
    return found;
}

static PyMethodDef functions[] = {
    {"scalar", scalar, METH_VARARGS, NULL},
    {"array", array, METH_VARARGS, NULL},
    {"mapping", mapping, METH_VARARGS, NULL},
    {"document", document, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_elements", NULL, -1, functions, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit__elements(void)
{
    PyObject *reference = PyImport_ImportModule("app.xml.elements");
    texts = reference == NULL ? NULL : PyObject_GetAttrString(reference, "TEXTS");
    Py_XDECREF(reference);
    if (texts == NULL || !PyDict_Check(texts) || PyType_Ready(&ElementType) < 0) {
        return NULL;
    }
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddStringConstant(module, "SOURCE", SOURCE) < 0) {
        Py_CLEAR(module);
    }
    return module;
}

"""The elements in C and those in Python: which are used, and that nobody can tell them apart."""

import gc
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.xml import elements, native
from app.xml.encoding import ELEMENTS, Writers, encoder
from app.xml.shape import Shapes

pytestmark = pytest.mark.once

TEXT, NUMBER = {"type": "string", "nullable": True}, {"type": "number"}
INTEGER, BOOLEAN = {"type": "integer"}, {"type": "boolean"}
AGAIN = {"$ref": "#/components/schemas/Thing"}
TEXTS = {"type": "array", "items": TEXT, "xml": {"wrapped": True}}
# Everything that a shape can be, in itself.
THING = {
    "type": "object",
    "nullable": True,
    "properties": {
        "text": TEXT,
        "number": NUMBER,
        "integer": INTEGER,
        "boolean": BOOLEAN,
        "id": {**INTEGER, "xml": {"attribute": True}},
        "label": {"type": "string", "xml": {"attribute": True, "name": "l"}},
        "texts": {**TEXTS, "nullable": True},
        "free": {},
        "again": AGAIN,
    },
    "additionalProperties": TEXT,
}
IN_C, IN_PYTHON = ELEMENTS, elements


def encoded(value, by, schema=THING):
    root = Shapes({"components": {"schemas": {"Thing": schema}}}).root(AGAIN)
    return encoder(root, Writers(by))(value)


def test_the_elements_are_those_in_c_wherever_they_can_be_compiled():
    compiler = shutil.which(sysconfig.get_config_var("CC").split()[0])
    header = Path(sysconfig.get_path("include"), "Python.h")
    can_compile = compiler is not None and header.exists()
    advice = f"{sys.executable} setup.py build_ext --inplace"
    assert (ELEMENTS is not elements) == can_compile, advice


def test_what_was_compiled_from_another_source_is_not_used(monkeypatch, tmp_path):
    other = tmp_path / "_elements.c"
    other.write_bytes(native.SOURCE.read_bytes() + b"\n")
    monkeypatch.setattr(native, "SOURCE", other)
    assert native.compiled() is None


def test_where_nothing_is_compiled_there_are_the_elements_in_python(monkeypatch):
    monkeypatch.setitem(sys.modules, "app.xml._elements", None)
    monkeypatch.delattr("app.xml._elements", raising=False)
    assert native.compiled() is None


odd = st.sampled_from(
    [*'&<>\r\n\t"_x\x00\x07\x1f\x7f\x85\ud800\ufffd\ufffe\uffff', "_x0007_", "x005F_", "]]>"]
)
texts = st.lists(odd | st.characters()).map("".join)
free = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
numbers = st.floats() | st.integers() | st.booleans()
things = st.deferred(
    lambda: (
        st.none()
        | st.builds(
            lambda others, own: {**others, **own},
            st.dictionaries(texts, st.none() | texts, max_size=3),
            st.fixed_dictionaries(
                {},
                optional={
                    "again": things,
                    "text": st.none() | texts,
                    "number": numbers,
                    "integer": st.integers(),
                    "boolean": st.booleans(),
                    "id": st.integers(),
                    "label": texts,
                    "texts": st.none() | st.lists(st.none() | texts) | st.tuples(texts),
                    "free": free,
                },
            ),
        )
    )
)


@given(things)
@example({"integer": -(2**63), "number": 2**63 - 1})
@example({"integer": -(2**63) - 1, "number": 2**63})
@example({"text": "ä" * 5000 + "&" * 5000})
def test_both_write_the_same_bytes(value):
    assert encoded(value, IN_C) == encoded(value, IN_PYTHON)


@pytest.mark.parametrize("by", [IN_C, IN_PYTHON])
@pytest.mark.parametrize(
    "value",
    [5, {"text": 5}, {"text": ["a"]}, {"boolean": "true"}, {"texts": 5}, {"again": 5}, {5: "a"}],
)
def test_what_fits_no_shape_is_an_error(by, value):
    with pytest.raises((TypeError, AttributeError, KeyError)):
        encoded(value, by)


@pytest.mark.parametrize("by", [IN_C, IN_PYTHON])
@pytest.mark.parametrize("name", ["again", "free"])
def test_what_is_too_deep_is_an_error(by, name):
    value = {}
    for _ in range(100_000):
        value = {name: value}
    with pytest.raises(RecursionError):
        encoded(value, by)


class Thief(str):
    """A text that empties what it is in as soon as it is looked at."""

    def isprintable(self):
        self.place.clear()
        return super().isprintable()


@pytest.mark.parametrize("by", [IN_C, IN_PYTHON])
def test_a_value_may_change_while_it_is_written(by):
    thief = Thief("a")
    thief.place = {"text": thief, "number": 1, "other": "b"}
    assert b"><text>a</text></Thing>" in encoded(thief.place, by)
    thief.place = [thief, *"bcd"]
    assert b"><texts><item>a</item></texts></Thing>" in encoded({"texts": thief.place}, by)


def test_no_memory_is_lost():
    """What is made anew each time is all gone, after answers as after errors."""
    value = {"text": "é\x01", "label": "a", "other": "b", "texts": ["c"], "again": {"free": [0.5]}}

    def work(times):
        for _ in range(times):
            encoded(value, IN_C)
            with pytest.raises(AttributeError):
                encoded({"again": {"text": 5}}, IN_C)
        gc.collect()
        return sys.getallocatedblocks()

    work(20)
    before = work(20)
    assert work(200) - before < 100

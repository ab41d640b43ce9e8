"""Compiles what is in C: `python setup.py build_ext --inplace`. It only warns where it cannot."""

from hashlib import sha256
from pathlib import Path

from setuptools import Extension, setup

SOURCE = "app/xml/_elements.c"

setup(
    name="clientxcms",
    ext_modules=[
        Extension(
            "app.xml._elements",
            [SOURCE],
            define_macros=[("SOURCE", f'"{sha256(Path(SOURCE).read_bytes()).hexdigest()}"')],
            optional=True,
        )
    ],
)

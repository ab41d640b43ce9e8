"""XML as a twin of JSON: the schema gives the shape, and values come through unchanged.

`shape` compiles a schema into the form of its elements; `encoding`, `decoding` and `xsd` are three
readers of that form. What `encoding` puts together is in `elements`, and in C in `_elements.c`,
which is used where it was compiled. `text` knows the characters, `parsing` what a body may be.
Nothing here knows HTTP or a resource.
"""

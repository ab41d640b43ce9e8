"""Generators of clients, tried on the served document: their clients are compiled and used.

`python -m generators` writes docs/clients.md, and `tox -e clients` proves what it says.
"""

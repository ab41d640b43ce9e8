"""Tests of the contract. One with mistakes ends the run before it collects any of them."""

import tests

__all__ = ["tests"]

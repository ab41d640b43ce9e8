"""Imported once, by the process that those of all batches are copies of.

To work out how requests for an operation are made takes longer than to make a few of them.
"""

from spec_tests.long_run.cases import cases
from spec_tests.long_run.promises import promises

promises()
cases("warm", 2)

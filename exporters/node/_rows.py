"""Families as columns of a table: each device gives a row of values, and each column is a family.

Errors: ValueError for a row that is longer or shorter than its table.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from motes.shared.exposition import Family, Value
from motes.shared.frame import Frame

# Kind, name and HELP of a family.
Column = tuple[str, str, str]
# A label set, and a value for each column.
Row = tuple[bytes, Sequence[Value]]


def fill(columns: tuple[Column, ...], rows: Sequence[Row]) -> Family:
    """The families with a sample for each row; none without any rows."""
    frame = _frame(columns, tuple([label_set for label_set, _ in rows]))
    return frame.fill(chain.from_iterable(zip(*[values for _, values in rows], strict=True)))


# As many as there are tables, and devices that come and go.
@lru_cache(maxsize=32)
def _frame(columns: tuple[Column, ...], label_sets: tuple[bytes, ...]) -> Frame:
    return Frame([(*column, label_sets) for column in columns])

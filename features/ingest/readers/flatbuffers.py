"""Read fields of a flatbuffer, the form of the metadata in Arrow files.

pyarrow does not say how much memory a batch takes before it takes it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table: fields by number, found by a list of offsets; an absent field has its default.

    Each method raises struct.error or ValueError where the bytes are no table.
    """

    content: bytes
    place: int

    @classmethod
    def root(cls, content: bytes) -> Table:
        """Return the table that a buffer holds."""
        return cls(content, _at("<I", content, 0))

    def has(self, field: int) -> bool:
        """Return whether the field is present."""
        return self._place(field) is not None

    def byte(self, field: int) -> int:
        """Return an unsigned number of one byte."""
        place = self._place(field)
        return 0 if place is None else _at("<B", self.content, place)

    def long(self, field: int) -> int:
        """Return a number of 64 bits."""
        place = self._place(field)
        return 0 if place is None else _at("<q", self.content, place)

    def table(self, field: int) -> Table:
        """Return a table inside of this one."""
        place = self._place(field)
        if place is None:
            raise ValueError("a table is missing")
        return Table(self.content, place + _at("<I", self.content, place))

    def pairs(self, field: int) -> Iterator[tuple[int, int]]:
        """Yield the structs of two 64-bit numbers of a vector."""
        place = self._place(field)
        if place is None:
            return
        vector = place + _at("<I", self.content, place)
        count = _at("<I", self.content, vector)
        part = self.content[vector + 4 : vector + 4 + 16 * count]
        if len(part) != 16 * count:
            raise ValueError("a vector is cut")
        yield from struct.iter_unpack("<qq", part)

    def _place(self, field: int) -> int | None:
        offsets = self.place - _at("<i", self.content, self.place)
        slot = 4 + 2 * field
        if slot >= _at("<H", self.content, offsets):
            return None
        offset = _at("<H", self.content, offsets + slot)
        return self.place + offset if offset else None


def _at(form: str, content: bytes, place: int) -> int:
    if place < 0:
        raise ValueError("an offset is before the buffer")
    (number,) = struct.unpack_from(form, content, place)
    return int(number)

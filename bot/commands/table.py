"""Rows as aligned columns of text, for people at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

GAP = "  "


def columns(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The heading and the rows, each column as wide as its widest cell, the last as wide as it likes."""
    lines = [tuple(heading), *map(tuple, rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)][:-1]
    return "\n".join(_line(cells, widths) for cells in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return GAP.join([*padded, cells[-1]]).rstrip()

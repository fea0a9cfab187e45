"""Lines over a number of files, both axes in powers of ten, as a drawing (SVG)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 440, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 130, 36, 44
_COLOURS = ("#d1495b", "#30638e", "#66a182", "#edae49", "#8d6a9f", "#555555")
_STYLE = "font-family: sans-serif; font-size: 12px; fill: #333"


_LETTERS = 14
"""The height of a line of words."""
Place = tuple[float, float]


class Chart(NamedTuple):
    """One field of lines."""

    title: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    """Points by the names of the lines; none of them is at nought."""


class _Axis(NamedTuple):
    """From powers of ten to places on the drawing."""

    low: int
    high: int
    start: float
    end: float

    def place(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def marks(self) -> Iterator[tuple[float, str]]:
        for power in range(self.low, self.high + 1):
            value = 10.0**power
            yield self.place(value), f"{value:,.{max(0, -power)}f}"


def drawn(charts: Sequence[Chart]) -> str:
    """All of them, side by side."""
    width = _WIDTH * len(charts)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg"',
        f' viewBox="0 0 {width} {_HEIGHT}" style="{_STYLE}">',
        f'<rect width="{width}" height="{_HEIGHT}" fill="white"/>',
    ]
    for number, chart in enumerate(charts):
        parts.append(f'<g transform="translate({number * _WIDTH} 0)">')
        parts.extend(_chart(chart))
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _chart(chart: Chart) -> Iterator[str]:
    points = [point for line in chart.lines.values() for point in line]
    across = _axis([x for x, _ in points], _LEFT, _WIDTH - _RIGHT)
    up = _axis([y for _, y in points], _HEIGHT - _BOTTOM, _TOP)
    yield f'<text x="{_LEFT}" y="20" font-weight="bold">{escape(chart.title)}</text>'
    for x, word in across.marks():
        yield _line(x, _TOP, x, _HEIGHT - _BOTTOM)
        yield _text(x, _HEIGHT - _BOTTOM + 18, word, "middle")
    for y, word in up.marks():
        yield _line(_LEFT, y, _WIDTH - _RIGHT, y)
        yield _text(_LEFT - 6, y + 4, word, "end")
    yield _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8, "files", "middle")
    drawn = [
        (name, colour, [(across.place(x), up.place(y)) for x, y in line])
        for (name, line), colour in zip(chart.lines.items(), _COLOURS, strict=False)
    ]
    for _, colour, places in drawn:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in places:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    for name, colour, (x, y) in _apart([(*one[:2], one[2][-1]) for one in drawn if one[2]]):
        if x > across.end - 1:
            yield _text(x + 8, y + 4, name, "start", colour)
        else:
            # Others go on to the right of it.
            yield _text(x, y - 8, name, "end", colour)


def _apart(names: Sequence[tuple[str, str, Place]]) -> Iterator[tuple[str, str, Place]]:
    """Names at the ends of their lines, none of them over another one."""
    free: dict[float, float] = {}
    for name, colour, (x, y) in sorted(names, key=lambda one: one[2][1]):
        lower = max(y, free.get(x, 0.0))
        free[x] = lower + _LETTERS
        yield name, colour, (x, lower)


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return _Axis(low, max(high, low + 1), start, end)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    places = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {places} stroke="#ddd"/>'


def _text(x: float, y: float, word: str, anchor: str, colour: str = "#333") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place}>{escape(word)}</text>"

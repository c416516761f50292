"""A small chart of a number day by day, drawn on the server: a day without a value is a gap, and no line crosses it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

WIDTH: Final = 640
HEIGHT: Final = 120


class Valued(Protocol):
    """A day with its value; None where nothing is known."""

    @property
    def value(self) -> Decimal | None:
        """The value."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A day that stands between two gaps."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Days without a value, as a band."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines between measured days with the areas below them, dots where one day stands alone, bands where nothing is
    known."""

    lines: tuple[str, ...]
    areas: tuple[str, ...]
    dots: tuple[Dot, ...]
    gaps: tuple[Gap, ...]
    lowest: Decimal
    highest: Decimal
    width: int = WIDTH
    height: int = HEIGHT


def _runs(days: Sequence[Valued]) -> Iterable[list[tuple[int, Decimal]]]:
    run: list[tuple[int, Decimal]] = []
    for place, day in enumerate(days):
        if day.value is not None:
            run.append((place, day.value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def chart_of(days: Sequence[Valued]) -> Chart | None:
    """The chart of these days, from edge to edge; None where no day has a value. The scale begins at zero."""
    known = [day.value for day in days if day.value is not None]
    if not known:
        return None
    top = max(*known, Decimal(1))
    step = WIDTH / max(1, len(days) - 1)
    alone = len(days) == 1

    def at(place: int, value: Decimal) -> Dot:
        x = WIDTH / 2 if alone else place * step
        return Dot(round(x, 1), round(float(HEIGHT - 4 - value / top * (HEIGHT - 12)), 1))

    def around(place: int) -> Gap:
        """The half day before and after, as far as the chart goes."""
        left, right = max(0.0, (place - 0.5) * step), min(float(WIDTH), (place + 0.5) * step)
        return Gap(round(left, 1), round(right - left, 1))

    lines: list[str] = []
    areas: list[str] = []
    dots: list[Dot] = []
    for run in _runs(days):
        points = [at(*one) for one in run]
        if len(points) == 1:
            dots.append(points[0])
        else:
            lines.append(" ".join(f"{point.x},{point.y}" for point in points))
            areas.append(f"{points[0].x},{HEIGHT} {lines[-1]} {points[-1].x},{HEIGHT}")
    gaps = tuple(around(place) for place, day in enumerate(days) if day.value is None)
    return Chart(tuple(lines), tuple(areas), tuple(dots), gaps, min(known), max(known))

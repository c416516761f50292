"""A figure with its bound, printed as a ratio, and whether it reaches what it must."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its bound (or peer), both in the same unit; `at_most` is the largest allowed ratio,
    `at_least` the smallest."""

    name: str
    value: float
    bound: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float:
        """Value over bound."""
        return self.value / self.bound if self.bound else float("inf")

    @property
    def verdict(self) -> str:
        """Reached, missed, or just told."""
        if self.at_most is None and self.at_least is None:
            return ""
        low = self.at_least is not None and self.ratio < self.at_least
        high = self.at_most is not None and self.ratio > self.at_most
        return "MISSED" if low or high else "reached"

    @property
    def limit(self) -> str:
        """What the ratio must keep to, in words."""
        told = [(word, number) for word, number in (("at most", self.at_most), ("at least", self.at_least)) if number]
        return ", ".join(f"{word} {number:.2f}" for word, number in told)


def _shown(number: float) -> str:
    return f"{number:,.2f}" if number >= 1 or not number else f"{number:.3f}"


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| Figure | measured | bound or peer | ratio | must be | |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    lines += (
        f"| {figure.name} | {_shown(figure.value)} {figure.unit} | {_shown(figure.bound)} {figure.unit} "
        f"| {figure.ratio:.2f} | {figure.limit} | {figure.verdict} |"
        for figure in figures
    )
    return "\n".join(lines)

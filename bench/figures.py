"""A figure with its bound, printed as a ratio, and whether it reaches what it must."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its bound (or peer), both in the same unit; `at_most` is the largest allowed ratio."""

    name: str
    value: float
    bound: float
    unit: str
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        """Value over bound."""
        return self.value / self.bound if self.bound else float("inf")

    @property
    def verdict(self) -> str:
        """Reached, missed, or just told."""
        if self.at_most is None:
            return ""
        return "reached" if self.ratio <= self.at_most else "MISSED"


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| Figure | measured | bound or peer | ratio | at most | |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    for figure in figures:
        limit = "" if figure.at_most is None else f"{figure.at_most:.2f}"
        lines.append(
            f"| {figure.name} | {figure.value:,.2f} {figure.unit} | {figure.bound:,.2f} {figure.unit} "
            f"| {figure.ratio:.2f} | {limit} | {figure.verdict} |"
        )
    return "\n".join(lines)

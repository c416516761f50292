"""The items behind a number, frozen: which devices, seats or agents each metric counted on one day.

A list stays what it was after an item has left its module, or was corrected or forgotten there. Its digest is part of
the line's digest, and so of the plan's checksum (docs/decisions/0151-evidence-frozen.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.core.digest import Part, digest
from trueup.core.reason import Reason
from trueup.core.usage import Coverage, Scalar


@dataclass(frozen=True, slots=True)
class ItemShown:
    """One counted item: its name, its stable key, and the attributes that were kept of it. `original` is the digest of
    the item as it was, once its personal data were forgotten; empty before."""

    key: str
    name: str
    attributes: tuple[tuple[str, Scalar], ...]
    original: str = ""

    @property
    def digest(self) -> str:
        """Digest of the item as it was counted."""
        return self.original or digest(self.key, self.name, [[name, value] for name, value in self.attributes])


@dataclass(frozen=True, slots=True)
class Count:
    """One metric in one organization. `items` is None where the number came without its items, and `problem` says why;
    else the items and the number are of the same collection."""

    connection: str
    organization: str
    name: str
    value: Decimal | None
    coverage: Coverage
    items: tuple[ItemShown, ...] | None
    problem: Reason | None = None


@dataclass(frozen=True, slots=True)
class MetricShown:
    """One metric that the quantity needs: its value over the scope, and how it comes about. `expression` is the
    definition of a metric of one's own, `parts` the metrics it is worked out from; `condition` says which items count.
    """

    name: str
    label: str
    unit: str
    value: Decimal | None
    coverage: Coverage
    condition: str | None
    expression: str | None
    parts: tuple[str, ...]
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class FrozenEvidence:
    """What stood behind the units of one line: the usage day that gave them, and each metric with its items."""

    day: date
    metrics: tuple[MetricShown, ...]

    @property
    def digest(self) -> str:
        """Over the day, and each number with the digests of its items; a number without items says so by its own."""
        counted: list[Part] = [
            [
                metric.name,
                metric.value,
                [
                    [
                        count.connection,
                        count.organization,
                        count.value,
                        count.coverage.value,
                        None if count.items is None else sorted(item.digest for item in count.items),
                    ]
                    for count in metric.counts
                ],
            ]
            for metric in self.metrics
        ]
        return digest(self.day, counted)

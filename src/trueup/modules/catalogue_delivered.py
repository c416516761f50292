"""The catalogue file of a module without a public API: its billing types, which arrive by file import or push."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from trueup.core.usage import BillingType, Certainty, MetricKind
from trueup.modules.catalogue_schema import Described, DynamicMetrics, Name, Part, Secret, Setting, Stream


class DeliveredType(Part):
    """One billing type as the vendor (or ICB) names it; its counts are delivered, with items or without."""

    measure: ClassVar[str] = "value"

    label: str
    kind: MetricKind = MetricKind.LEVEL
    unit: str = "item"
    certainty: Certainty = Certainty.DOCUMENTED
    note: str | None = None


class DeliveredFile(Described):
    """One module that nobody can ask: `source` is `file`, and the billing types are what there is to know."""

    settings: ClassVar[Mapping[str, Setting]] = {}
    secret: ClassVar[Mapping[str, Secret]] = {}
    streams: ClassVar[Mapping[str, Stream]] = {}
    dynamic: ClassVar[tuple[DynamicMetrics, ...]] = ()

    source: Literal["file"]
    billing_types: dict[Name, DeliveredType]

    @property
    def counted(self) -> tuple[BillingType, ...]:
        """The billing types as the rest of Trueup knows them, in the file's order."""
        return tuple(
            BillingType(f"{self.module}.{name}", one.label, one.kind, one.unit, one.certainty)
            for name, one in self.billing_types.items()
        )

"""Billing types that a module names itself: one for each value of a field (a SKU, a product code)."""

from __future__ import annotations

import hashlib
import re

from trueup.core.expression import fold
from trueup.core.usage import BillingType
from trueup.modules.catalogue_schema import DynamicMetrics, Metric
from trueup.modules.counting import Measure
from trueup.modules.prepared import PreparedModule
from trueup.modules.rows import ItemRows

_CLEAN = re.compile(r"[a-z][a-z0-9_]*")


def key_of(value: str) -> str:
    """The value as a name for expressions; where letters had to give way, a few digits of its digest keep it unique."""
    folded = fold(value)
    if _CLEAN.fullmatch(folded):
        return folded
    plain = re.sub(r"[^a-z0-9]+", "_", folded).strip("_")
    return f"n_{plain}_{hashlib.sha256(folded.encode()).hexdigest()[:6]}"


def _quoted(value: str) -> str | None:
    """The value as a text of the expression language; None for one that cannot be written there."""
    if "\\" in value or not value.isprintable():
        return None
    mark = "'" if '"' in value else '"'
    return None if mark in value else f"{mark}{value}{mark}"


def dynamic_measures(prepared: PreparedModule, stream_name: str, rows: ItemRows) -> tuple[Measure, ...]:
    """What the stream's items name, in the order of the keys. Values that cannot be named are left to `watch`."""
    found: dict[str, Measure] = {}
    for spec in prepared.file.dynamic:
        if prepared.reads(spec.stream) == stream_name:
            for value in _values(prepared, stream_name, spec, rows):
                measure = _measure(prepared, stream_name, spec, value)
                if measure is not None:
                    found.setdefault(measure.type.key, measure)
    return tuple(found[key] for key in sorted(found))


def _values(prepared: PreparedModule, stream_name: str, spec: DynamicMetrics, rows: ItemRows) -> list[str]:
    place = prepared.attributes[stream_name].index(spec.name_from)
    values = {known.attributes[place] for known in rows.combinations if known.kept}
    return sorted({value.strip() for value in values if isinstance(value, str) and value.strip()})


def _measure(prepared: PreparedModule, stream_name: str, spec: DynamicMetrics, value: str) -> Measure | None:
    quoted = _quoted(value)
    if quoted is None:
        return None
    where = f"{spec.name_from} == {quoted}"
    general = prepared.condition(spec.where)
    if general is not None:
        where = f"({general}) and {where}"
    stream = prepared.file.streams[stream_name]
    billing_type = BillingType(
        key=f"{prepared.file.module}.{key_of(value)}" + (f"_{spec.suffix}" if spec.suffix else ""),
        label=f"{value} ({spec.suffix.replace('_', ' ')})" if spec.suffix else value,
        kind=spec.kind,
        unit=spec.unit or (stream.item.unit if stream.item else "item"),
        certainty=spec.certainty,
        stream=stream_name if stream.evidence else None,
        condition=where if stream.evidence else None,
    )
    metric = Metric(label=value, measure=spec.measure, field=spec.field)
    return Measure.of(billing_type, metric, where, prepared.attributes[stream_name])

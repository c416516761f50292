"""Digests: a short proof that two people (or two moments) speak of the same inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from trueup.core.contract import DAY, Contract, Line, UnitRow
from trueup.core.usage import DayUsage

Part = str | int | Decimal | date | bool | None | Iterable["Part"]


def _plain(part: Part) -> object:
    if part is None or isinstance(part, str | bool | int):
        return part
    if isinstance(part, Decimal):
        return f"d:{part.normalize():f}"
    if isinstance(part, date):
        return f"t:{part.isoformat()}"
    return [_plain(inner) for inner in part]


def digest(*parts: Part) -> str:
    """SHA-256 over the parts in their order, as hexadecimal text; equal decimals give equal digests (1.0 and 1.00)."""
    text = json.dumps([_plain(part) for part in parts], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def usage_part(days: Iterable[DayUsage]) -> Part:
    """Usage by day for a digest: each run of days in a row that say the same once, with its first and last day."""
    runs: list[tuple[DayUsage, date]] = []
    for day in days:
        if runs:
            first, last = runs[-1]
            same = day.metrics is first.metrics or day.metrics == first.metrics
            if same and day.evidence == first.evidence and day.day == last + DAY:
                runs[-1] = first, day.day
                continue
        runs.append((day, day.day))
    return [
        [first.day, last, first.evidence, [[name, m.value, m.coverage.value] for name, m in first.metrics]]
        for first, last in runs
    ]


def psa_digest(line: Line, contract: Contract, rows: tuple[UnitRow, ...]) -> str:
    """Over all that the PSA said about a line: rows with their posted marks, contract dates, price.

    Apply reads the line again just before writing and skips it when this differs (design law 3).
    """
    return digest(
        line.id,
        line.service_id,
        line.price,
        contract.id,
        contract.customer_id,
        contract.start,
        contract.end,
        int(contract.period),
        [[row.start, row.end, row.units, row.posted] for row in sorted(rows, key=lambda row: row.start)],
    )

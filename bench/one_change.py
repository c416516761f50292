"""What one change costs on the wire, and what its verification costs."""

from __future__ import annotations

import math
from datetime import timedelta

from bench.figures import Figure
from bench.processes import served
from bench.psa_calls import AS_OF, FIRST, LAST, PAGE, _psa
from trueup.psa.port import UnitChange, WriteStatus

CHANGES = 300


async def measure() -> list[Figure]:
    """POSTs for 300 changes, and the reads that verify them."""
    with served("autotask", 200, 2_000) as at:
        psa = _psa(at)
        snapshot = await psa.read(FIRST, LAST)
        chosen = snapshot.lines[:CHANGES]
        before = psa.calls
        for line in chosen:
            change = UnitChange(line.id, line.contract_id, line.service_id, AS_OF + timedelta(days=1), 1)
            result = await psa.adjust(change)
            assert result.status is WriteStatus.ACCEPTED, result
        written = psa.calls
        rows = await psa.read_units([line.id for line in chosen], FIRST, LAST)
        verified = psa.calls
        await psa.close()
    count = sum(len(found) for _, found in rows)
    return [
        Figure("Calls for 300 changes", written.writes - before.writes, CHANGES, "calls", 1.0),
        Figure("Reads that verify them", verified.reads - written.reads, math.ceil(count / PAGE), "calls", 2.0),
    ]

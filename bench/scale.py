"""What 1, 100, 5,000 and 50,000 MSPs need: `python -m bench.scale` writes docs/scale.md from docs/benchmarks.json.

Unit costs are the benchmark's own figures: a night is taken from real workers on PostgreSQL (bench/tenants.py). What it cannot know (how large an MSP is, what a machine holds and costs) are
the assumptions below, told on the page. The night is played, tenant by tenant, on as many workers as end it in time.
"""

from __future__ import annotations

import heapq
import json
import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench import served_tenants
from bench.page import DOCS, FIGURES

SIZES = (1, 100, 5_000, 50_000)
SEED = 7

CUSTOMERS, ITEMS, LINES, MODULES = 100, 5_000, 1_000, 8
"""A tenant in the middle; sizes of tenants are log-normal around it, so that one in a hundred has ten times as much."""
PLAYED_LINES, PLAYED_ITEMS = served_tenants.LINES, served_tenants.CUSTOMERS * sum(served_tenants.DEVICES.values())
"""What the tenant has whose night is measured."""
SPREAD = 1.0
NIGHT_SECONDS = 4 * 3600
LATENCY, SIDE_BY_SIDE, ROWS_A_CALL = 0.4, 3, 250
"""Seconds of a vendor's answer, calls at a time to one vendor (Autotask allows three), rows of a vendor's page."""
PLACES = 4
"""Rounds at a time in one worker (`trueup worker --at-once 4`)."""
YEARS, NIGHTS_KEPT = 3, 396
"""How long usage is kept at least, and lines of plans (13 months, decision 0177)."""

CORES_A_MACHINE, GIGABYTES_A_MACHINE, WRITES_A_SECOND, CONNECTIONS = 16, 2_000, 5_000, 500
"""What one database machine is taken to hold: cores, disk, rows written a second with every commit on disk, sessions."""
EUR_CORE_MONTH, EUR_GIGABYTE_MONTH = 15, 0.12


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """Measured. Of a whole night, by line: CPU seconds of the workers and of the database's server, rows written,
    megabytes grown. Of a tenant at which the workers look each minute: CPU seconds. Of items beyond those of that night: CPU seconds, and megabytes a year of 1 % change a day. Calls a
    line beyond the smallest reading."""

    cpu_line: float
    server_cpu_line: float
    rows_line: float
    megabytes_line_night: float
    cpu_look: float
    cpu_item: float
    megabytes_item_year: float
    calls_line: float


@dataclass(frozen=True, slots=True)
class Need:
    """What a platform of so many tenants needs. `loads` are shares of one machine, by what runs out."""

    tenants: int
    workers: int
    night_hours: float
    calls: int
    cpu_hours: float
    gigabytes: float
    eur_tenant_month: float
    loads: Mapping[str, float]

    @property
    def bottleneck(self) -> str:
        """What runs out first."""
        return max(self.loads, key=lambda name: self.loads[name])


def unit_costs(figures: Sequence[Mapping[str, object]]) -> UnitCosts:
    """The unit costs in the benchmark's figures. Raises KeyError for one that is not there."""

    def value(beginning: str) -> float:
        for one in figures:
            if str(one["name"]).startswith(beginning):
                return float(str(one["value"]))
        raise KeyError(beginning)

    return UnitCosts(
        cpu_line=value("CPU of a tenant's night, workers") / PLAYED_LINES,
        server_cpu_line=value("CPU of a tenant's night, database server") / PLAYED_LINES,
        rows_line=value("Rows written by a tenant's night") / PLAYED_LINES,
        megabytes_line_night=value("Growth of the database by a tenant's night") / 1000 / PLAYED_LINES,
        cpu_look=value("CPU of a worker's look at 1,000 tenants") / 1_000,
        cpu_item=value("CPU of an unchanged night, 50,000 devices") / 50_000,
        megabytes_item_year=value("A year of 200 customers, 20,000 items") / 20_000,
        calls_line=value("Autotask calls of a plan, 20,000 lines") / 20_000,
    )


def _calls(size: float, costs: UnitCosts) -> float:
    psa = 12 + costs.calls_line * LINES * size
    return psa + MODULES * (2 + ITEMS / MODULES * size / ROWS_A_CALL)


def night(sizes: Sequence[float], places: int, costs: UnitCosts) -> float:
    """Seconds until the last tenant is done: each free place takes the next tenant, which waits for its vendors and then
    works."""
    free = [0.0] * places
    for size in sizes:
        begins = heapq.heappop(free)
        waits = _calls(size, costs) * LATENCY / SIDE_BY_SIDE
        heapq.heappush(free, begins + waits + _cpu(size, costs))
    return max(free)


def _cpu(size: float, costs: UnitCosts) -> float:
    beyond = max(0.0, ITEMS - LINES * PLAYED_ITEMS / PLAYED_LINES)
    return size * (LINES * costs.cpu_line + beyond * costs.cpu_item)


def need(tenants: int, costs: UnitCosts) -> Need:
    """The smallest number of workers that ends the night in time, and what goes with it."""
    chance = random.Random(SEED)
    sizes = [1.0] if tenants == 1 else [chance.lognormvariate(0, SPREAD) for _ in range(tenants)]
    cpu, total = sum(_cpu(size, costs) for size in sizes), sum(sizes)
    looking = tenants * costs.cpu_look / 60  # cores that are busy with looks all night
    workers = max(1, math.ceil(cpu / NIGHT_SECONDS + looking))  # the places of a worker share one core
    while night(sizes, workers * PLACES, costs) > NIGHT_SECONDS:
        workers += max(1, workers // 8)
    lasts = night(sizes, workers * PLACES, costs)
    plans, usage = LINES * costs.megabytes_line_night * NIGHTS_KEPT, ITEMS * costs.megabytes_item_year * YEARS
    gigabytes = total * (plans + usage) / 1000
    server_cpu = total * LINES * costs.server_cpu_line
    cores = workers + max(1, math.ceil(server_cpu / NIGHT_SECONDS))
    cost = (cores * EUR_CORE_MONTH + max(10.0, gigabytes * 2) * EUR_GIGABYTE_MONTH) / tenants
    loads = {
        "worker cores": (cpu / NIGHT_SECONDS + looking) / CORES_A_MACHINE,
        "database cores": server_cpu / lasts / CORES_A_MACHINE,
        "look of the workers": tenants * costs.cpu_look / 60,
        "disk": gigabytes / GIGABYTES_A_MACHINE,
        "database writes": total * LINES * costs.rows_line / lasts / WRITES_A_SECOND,
        "database sessions": workers * PLACES / CONNECTIONS,
    }
    calls = round(sum(_calls(size, costs) for size in sizes))
    return Need(tenants, workers, lasts / 3600, calls, cpu / 3600, gigabytes, cost, loads)


ENGINES = {
    "worker cores": "more worker machines: they share nothing but the queue",
    "database cores": "a larger machine, then a distributed PostgreSQL by tenant (Citus): no statement crosses tenants",
    "look of the workers": "one query a minute names the tenants that may have something due; then several workers share it",
    "disk": "partitioning by tenant, which is first in every key, then a distributed PostgreSQL by tenant (Citus)",
    "database writes": "a distributed PostgreSQL by tenant (Citus): a tenant's rows are on one node, no statement crosses",
    "database sessions": "fewer places a worker, a pooler of sessions (PgBouncer), then a distributed PostgreSQL by tenant",
}


def page(found: Sequence[Need], costs: UnitCosts, measured: Mapping[str, str]) -> str:
    """docs/scale.md."""
    table = "\n".join(
        f"| {one.tenants:,} | {one.workers:,} | {one.night_hours:.2f} h | {one.calls:,} | {one.cpu_hours:,.2f} h "
        f"| {one.gigabytes:,.1f} GB | {one.eur_tenant_month:,.2f} | {one.bottleneck} ({one.loads[one.bottleneck]:.1%}) |"
        for one in found
    )
    loads = "\n".join(
        f"| {one.tenants:,} | " + " | ".join(f"{share:.1%}" for share in one.loads.values()) + " |" for one in found
    )
    names = " | ".join(found[0].loads)
    engines = "\n".join(f"- **{name}**: {engine}." for name, engine in ENGINES.items())
    return f"""# Growth

What a platform needs by its number of tenants. Made by `python -m bench.scale` from the figures of
[the benchmarks](benchmarks.md), measured on {measured["Machine"]}, Python {measured["Python"]}.

## The table
| MSPs | workers | the night | calls | CPU | disk, {YEARS} years | EUR each a month | first to run out (share of one machine) |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
{table}

Shares of one machine with {CORES_A_MACHINE} cores, {GIGABYTES_A_MACHINE:,} GB, {WRITES_A_SECOND:,} written rows a second and
{CONNECTIONS} sessions; above 100 % it needs what is named below.

| MSPs | {names} |
| ---: | {" | ".join("---:" for _ in found[0].loads)} |
{loads}

## What takes each bottleneck
{engines}
- **reading pages**: read replicas of PostgreSQL; a page reads one tenant in one moment and takes no lock.

## Unit costs, measured
| What | value |
| --- | ---: |
| CPU of a night in the workers, a line | {costs.cpu_line * 1e3:.2f} ms |
| CPU of a night in the database's server, a line | {costs.server_cpu_line * 1e3:.2f} ms |
| rows that a night writes, a line | {costs.rows_line:.1f} |
| growth of the database, a line and night | {costs.megabytes_line_night * 1e3:.2f} kB |
| CPU of a look, a tenant and minute | {costs.cpu_look * 1e3:.2f} ms |
| CPU of an unchanged night, an item more | {costs.cpu_item * 1e6:.1f} us |
| disk of an item, a year at 1 % change a day | {costs.megabytes_item_year * 1e3:.2f} kB |
| calls of the PSA, a line | {costs.calls_line:.4f} |

## Assumed
A tenant in the middle has {CUSTOMERS} customers, {ITEMS:,} items, {LINES:,} lines and {MODULES} modules; sizes are log-normal, so that one in a
hundred has ten times as much. A vendor answers in {LATENCY} s, {SIDE_BY_SIDE} calls at a time, {ROWS_A_CALL} rows a page. The night lasts
{NIGHT_SECONDS // 3600} hours; a worker has {PLACES} rounds at a time and one core. Lines of plans are kept for {NIGHTS_KEPT} nights. A core costs {EUR_CORE_MONTH} EUR
a month, a gigabyte {EUR_GIGABYTE_MONTH} EUR and is kept twice. The simulation hands each free place the next tenant and stops at the fewest
workers that end the night in time. Change a number in `bench/scale.py` and run it again.
"""


def main() -> int:
    """Write the page and print its table."""
    told = json.loads(FIGURES.read_text(encoding="utf-8"))
    costs = unit_costs(told["figures"])
    text = page([need(size, costs) for size in SIZES], costs, told["machine"])
    (DOCS / "scale.md").write_text(text, encoding="utf-8", newline="\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

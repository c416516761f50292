"""docs/benchmarks.md and docs/benchmarks.json: the figures of one run, and on what they were measured."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import postgres
from bench.figures import Figure, table

DOCS = Path(__file__).resolve().parents[1] / "docs"
FIGURES = DOCS / "benchmarks.json"
_NAMED = ("sqlalchemy", "httpx2", "msgspec", "pydantic", "starlette")


def machine() -> Mapping[str, str]:
    """What the figures depend on."""
    versions = ", ".join(f"{name} {version(name)}" for name in _NAMED)
    return {
        "Day": datetime.now(UTC).date().isoformat(),
        "Machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": postgres.version(),
        "Libraries": versions,
    }


def write(figures: Sequence[Figure], parts: Iterable[str]) -> None:
    """Write both files; `parts` are the names that the benchmark knows."""
    told = machine()
    rows = "\n".join(f"| {name} | {value} |" for name, value in told.items())
    text = f"""# Benchmarks

Each figure stands beside its bound, or beside a peer that was measured in the same run, so that the ratio says something
on another machine too. Made by `make bench WRITE=1`, which takes some minutes; absolute times depend on what else the
machine does. `python -m bench NAME ...` measures parts and writes nothing: `{"`, `".join(parts)}`.

Nights of many tenants are those of a sample: so many tenants are due for each number of workers, in an installation of a
thousand others, at which the workers look too. All have the same hundred customers in simulators of their own PSA and in
one shared RMM, which take their time over each call. `python -m bench tenants --due=1000 --at-once=8` lets a thousand be due
for each number of workers, of eight places each. **Played so on 27 November 2026** on two cores, with other work beside: 1,376 and
2,422 tenants an hour, 1.76 times as many (bound 1.8: **missed**); the largest worker took 169.4 MB after a thousand nights and 162.1 MB
after a hundred (1.05, bound 1.1), with two 164.3 and 159.0 MB (1.03); 43 calls of at least 29 a night (1.48). A worker then still looked
every minute at all tenants whose round was queued. Without that, on a quiet machine, **500 due for each**: 1,320 and 2,605 an hour,
1.97 times as many; memory 1.04 and 1.03, calls 1.48. A thousand were not played again.

| | |
| --- | --- |
{rows}

{table(list(figures))}

[Growth](scale.md) computes with these figures ([as data](benchmarks.json)).
"""
    (DOCS / "benchmarks.md").write_text(text, encoding="utf-8", newline="\n")
    kept = {"machine": told, "figures": [{**asdict(one), "ratio": round(one.ratio, 3)} for one in figures]}
    FIGURES.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8", newline="\n")

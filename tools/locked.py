"""The lock files as data: what is installed, in which version, under which hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("runtime", "postgresql")
"""Lock files of what Trueup runs with; the others are for its development."""

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Locked:
    """One distribution. `marker` says on which systems it is needed (PEP 508); empty on all."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def read_lock(text: str) -> tuple[Locked, ...]:
    """The distributions of a lock file, by name. Raises ValueError for a line that is neither pin nor hash."""
    found: list[tuple[str, str, str, list[str]]] = []
    for line in text.splitlines():
        pinned, hashed = _PINNED.match(line), _HASH.search(line)
        if pinned:
            found.append((pinned[1].lower(), pinned[2], (pinned[3] or "").strip(), []))
        elif hashed and found:
            found[-1][3].append(hashed[1])
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(line)
    every = (Locked(name, version, marker, tuple(sorted(hashes))) for name, version, marker, hashes in found)
    return tuple(sorted(every, key=lambda one: one.name))


def locked(*names: str) -> tuple[Locked, ...]:
    """Everything in these lock files of ours, once each, by name."""
    every = {}
    for name in names:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        every.update({one.name: one for one in read_lock(text)})
    return tuple(every[name] for name in sorted(every))

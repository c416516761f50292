"""Known vulnerabilities of the locked dependencies, from a stored database: no call leaves the machine.

`python -m tools.audit FOLDER` reads advisories in the OSV format (https://ossf.github.io/osv-schema), a JSON file
each or the ZIP of them that osv.dev offers for an ecosystem (`PyPI/all.zip`). Exit code 1 where a locked version is
affected.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import InvalidVersion, Version

from tools.locked import SHIPPED, Locked, locked

Advisory = Mapping[str, Any]


class Affected(NamedTuple):
    """A locked version with an advisory about it. `fixed` are the versions without it."""

    name: str
    version: str
    advisory: str
    summary: str
    fixed: tuple[str, ...]


def advisories(place: Path) -> Iterator[Advisory]:
    """Every advisory in a folder (also below it) or a ZIP. Raises ValueError for a file that is none."""
    if place.is_file():
        with zipfile.ZipFile(place) as packed:
            for name in sorted(packed.namelist()):
                yield json.loads(packed.read(name))
        return
    for file in sorted(place.rglob("*.json")):
        yield json.loads(file.read_text(encoding="utf-8"))


def affected(wanted: tuple[Locked, ...], known: Iterator[Advisory]) -> tuple[Affected, ...]:
    """The locked versions that an advisory is about; one that was withdrawn is about none."""
    by_name = {_normal(one.name): one for one in wanted}
    found = []
    for advisory in known:
        for package in () if advisory.get("withdrawn") else advisory.get("affected", ()):
            about = package.get("package", {})
            one = by_name.get(_normal(about.get("name", "")))
            if one is not None and about.get("ecosystem") == "PyPI" and _hits(one.version, package):
                fixed = tuple(event["fixed"] for event in _events(package) if "fixed" in event)
                told = advisory.get("summary") or advisory.get("details", "").partition("\n")[0]
                found.append(Affected(one.name, one.version, advisory["id"], told, fixed))
    return tuple(sorted(found))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _events(package: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for one in package.get("ranges", ()):
        if one.get("type") == "ECOSYSTEM":
            yield from one.get("events", ())


def _hits(version: str, package: Mapping[str, Any]) -> bool:
    """Named by itself, or behind an `introduced` that no later `fixed` or `last_affected` ends."""
    if version in package.get("versions", ()):
        return True
    here = Version(version)
    for one in package.get("ranges", ()):
        if one.get("type") != "ECOSYSTEM":
            continue
        inside = False
        for event in sorted(one.get("events", ()), key=lambda event: _at(next(iter(event.values())))):
            ((kind, at),) = event.items()
            if kind == "introduced" and here >= _at(at):
                inside = True
            elif (kind == "fixed" and here >= _at(at)) or (kind == "last_affected" and here > _at(at)):
                inside = False
        if inside:
            return True
    return False


def _at(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def main(arguments: list[str]) -> int:
    """Name what is affected, and what to do."""
    if len(arguments) != 1 or not Path(arguments[0]).exists():
        sys.stderr.write("python -m tools.audit FOLDER-OR-ZIP (advisories in the OSV format)\n")
        return 2
    found = affected(locked(*SHIPPED), advisories(Path(arguments[0])))
    for one in found:
        cure = f"fixed in {', '.join(one.fixed)}" if one.fixed else "no fix is known"
        sys.stderr.write(f"{one.name} {one.version}: {one.advisory} {one.summary} ({cure})\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

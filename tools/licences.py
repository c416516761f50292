"""Whether every locked dependency has a licence that may go with ours (Apache-2.0): `python -m tools.licences`."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata

from tools.locked import SHIPPED, Locked, locked

ALLOWED = frozenset(
    {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0"}
)
"""Licences that ask of whoever passes Trueup on no more than a notice; MPL-2.0 asks for changes of its own files."""

OPTIONAL = frozenset({"LGPL-3.0-only"})
"""Licences of what only an extra installs, as a package of its own, unchanged."""

_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def licence_of(name: str) -> str | None:
    """The licence of an installed distribution as an SPDX expression; "" where it does not say, None where it is not
    installed (another system needs it)."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return None
    for expression in said.get_all("License-Expression") or ():
        return str(expression)
    for line in said.get_all("Classifier") or ():
        found = _CLASSIFIERS.get(line.rpartition(" :: ")[2])
        if line.startswith("License ::") and found:
            return found
    return next((str(text).strip().partition("\n")[0] for text in said.get_all("License") or ()), "")


def fits(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an expression can be met with allowed licences alone: one of each `OR`, all of each `AND`."""
    choices = re.split(r"\s+OR\s+", expression.replace("(", "").replace(")", ""))
    return any(all(part in allowed for part in re.split(r"\s+AND\s+", choice)) for choice in choices)


def unfit(wanted: tuple[Locked, ...], allowed: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Names and licences of those that do not fit."""
    found = ((one.name, licence_of(one.name)) for one in wanted)
    return tuple((name, licence) for name, licence in found if licence is not None and not fits(licence, allowed))


def main() -> int:
    """Name what does not fit; exit code 1 where something does not."""
    always = unfit(locked("runtime"), ALLOWED)
    extras = unfit(locked(*SHIPPED), ALLOWED | OPTIONAL)
    for name, licence in sorted({*always, *extras}):
        sys.stderr.write(f"{name}: {licence or 'says nothing'}\n")
    return 1 if always or extras else 0


if __name__ == "__main__":
    sys.exit(main())

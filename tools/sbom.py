"""What Trueup is made of, as CycloneDX 1.6 JSON (an SBOM): what is locked, with the licences of what is installed of
it. The same locks give the same bytes.

Run as `python -m tools.sbom [FILE]`; without a file it goes to standard output.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from tools.licences import licence_of
from tools.locked import ROOT, SHIPPED, Locked, locked


def _component(one: Locked) -> Mapping[str, object]:
    purl = f"pkg:pypi/{one.name}@{one.version}"
    component: dict[str, object] = {
        "type": "library",
        "bom-ref": purl,
        "name": one.name,
        "version": one.version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": content} for content in one.hashes],
    }
    licence = licence_of(one.name)
    if licence:
        component["licenses"] = [{"expression": licence}]
    if one.marker:
        component["properties"] = [{"name": "trueup:marker", "value": one.marker}]
    return component


def bom() -> str:
    """The document. It holds no moment of its making: its serial number is made of its contents."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    itself = f"pkg:pypi/{project['name']}@{project['version']}"
    components = [_component(one) for one in locked(*SHIPPED)]
    serial = uuid5(NAMESPACE_URL, itself + json.dumps(components, sort_keys=True))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": itself,
                "name": project["name"],
                "version": project["version"],
                "purl": itself,
                "licenses": [{"expression": project["license"]}],
            }
        },
        "components": components,
    }
    return json.dumps(document, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write it."""
    if arguments:
        Path(arguments[0]).write_text(bom(), encoding="utf-8", newline="\n")
    else:
        sys.stdout.write(bom())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Usage faults in the person's language: what was wrong, how the command is called, where its help is."""

from __future__ import annotations

import sys

from trueup.cli.arguments import UsageFault
from trueup.cli.speaking import help_cure, help_text


def write_usage_fault(fault: UsageFault, *, as_json: bool) -> None:
    """Write it to standard error."""
    code = fault.code if not fault.params.get("near") else f"{fault.code}_near"
    text = help_text(code, **fault.params)
    cure = help_cure(code, **fault.params)
    if as_json:
        import json  # noqa: PLC0415 - for few

        told = {"code": fault.code, "text": text, "cure": cure, "params": fault.params}
        sys.stderr.write(json.dumps({"error": told}, ensure_ascii=False) + "\n")
        return
    lines = [f"{help_text('help.error')} {text}"]
    if cure:
        lines.append(f"  {cure}")
    if fault.usage:
        lines.append(fault.usage)
    lines += [help_text("help.try", command=fault.place), f"  [{fault.code}]"]
    sys.stderr.write("\n".join(lines) + "\n")

"""Usage errors in the person's language: what was wrong, how the command is called, where its help is."""

from __future__ import annotations

import json
import sys

from trueup.cli.arguments import UsageFault, near
from trueup.cli.bundled import BadOptionUsage, Context, MissingParameter, NoSuchOption, UsageError
from trueup.cli.speaking import help_cure, help_text
from trueup.cli.spoken import usage_of


def _options(ctx: Context | None) -> list[str]:
    params = ctx.command.get_params(ctx) if ctx is not None else []
    return [name for param in params if param.param_type_name == "option" for name in param.opts]


def fault_of(error: UsageError) -> UsageFault:
    """The parser's error in our own words and codes."""
    if isinstance(error, NoSuchOption):
        return UsageFault(
            "usage.unknown_option", option=error.option_name, near=near(error.option_name, _options(error.ctx))
        )
    if isinstance(error, MissingParameter):
        param = error.param
        name = (param.metavar or param.name or "") if param is not None else ""
        if param is not None and param.param_type_name == "option":
            return UsageFault("usage.missing_option", option=param.opts[0])
        return UsageFault("usage.missing_argument", argument=name)
    if isinstance(error, BadOptionUsage):
        code = "usage.takes_no_value" if "does not take" in error.message else "usage.value_missing"
        return UsageFault(code, option=error.option_name)
    if error.message.startswith("Missing command"):
        return UsageFault("usage.missing_command")
    return UsageFault("usage.other", detail=error.format_message())


def write_usage_error(error: UsageError | UsageFault, *, as_json: bool) -> None:
    """Write it to standard error."""
    fault = error if isinstance(error, UsageFault) else fault_of(error)
    ctx = error.ctx if isinstance(error, UsageError) else None
    code = fault.code if not fault.params.get("near") else f"{fault.code}_near"
    text = help_text(code, **fault.params)
    cure = help_cure(code, **fault.params)
    if as_json:
        told = {"code": fault.code, "text": text, "cure": cure, "params": fault.params}
        sys.stderr.write(json.dumps({"error": told}, ensure_ascii=False) + "\n")
        return
    lines = [f"{help_text('help.error')} {text}"]
    if cure:
        lines.append(f"  {cure}")
    if ctx is not None:
        lines += [usage_of(ctx.command, ctx), help_text("help.try", command=ctx.command_path)]
    else:
        lines.append(help_text("help.try", command=fault.place))
    lines.append(f"  [{fault.code}]")
    sys.stderr.write("\n".join(lines) + "\n")

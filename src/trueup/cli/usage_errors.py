"""What the parser could not use, as usage faults with our own codes: where it was, and how the command is called."""

from __future__ import annotations

from trueup.cli.arguments import UsageFault, near
from trueup.cli.bundled import BadOptionUsage, Context, MissingParameter, NoSuchOption, UsageError
from trueup.cli.spoken import usage_of


def _options(ctx: Context | None) -> list[str]:
    params = ctx.command.get_params(ctx) if ctx is not None else []
    return [name for param in params if param.param_type_name == "option" for name in param.opts]


def fault_of(error: UsageError) -> UsageFault:
    """The parser's error in our own words and codes."""
    fault = _fault(error)
    if error.ctx is not None:
        fault.place, fault.usage = error.ctx.command_path, usage_of(error.ctx.command, error.ctx)
    return fault


def _fault(error: UsageError) -> UsageFault:
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

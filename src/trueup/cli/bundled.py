"""The parts of Typer that Typer itself does not export; the one place that names them.

Typer builds a validator for every value that it parses, which costs more than the whole help. Our parameters are texts
and flags, read by `trueup.cli.arguments`, so `as_typed` lets them through as they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from typer._click import Command, Context, HelpFormatter
from typer._click.exceptions import BadOptionUsage, MissingParameter, NoSuchOption, UsageError
from typer._coercion import RuntimeParam
from typer.core import TyperArgument, TyperOption

__all__ = [
    "BadOptionUsage",
    "Command",
    "Context",
    "HelpFormatter",
    "MissingParameter",
    "NoSuchOption",
    "UsageError",
    "as_typed",
]


class _AsTyped(RuntimeParam):
    def _coerce_value(self, value: object, param: object, ctx: Context) -> object:
        del param, ctx
        return value


def as_typed(parameters: Iterable[object]) -> None:
    """Let the values of these parameters through as they were typed."""
    for parameter in parameters:
        if isinstance(parameter, TyperArgument | TyperOption):
            kind = parameter.type_descriptor
            parameter._runtime_param = _AsTyped(kind.parameter_info, kind.annotation)  # noqa: SLF001

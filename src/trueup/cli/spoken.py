"""Commands whose help is written in the person's language.

Help texts of options are keys of `messages/help.*.toml` and become words when the help is shown. A group finds its
commands by name and imports only the one that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import typer
from typer.core import TyperCommand, TyperGroup

from trueup.cli.arguments import UsageFault
from trueup.cli.bundled import Command, Context, HelpFormatter, as_typed
from trueup.cli.front import texts_of, unknown_command
from trueup.cli.help_page import HelpPage, width_here, written
from trueup.cli.speaking import help_text

Rows = list[tuple[str, str]]


def key_of(ctx: Context) -> str:
    """The key of a command's help: `command.plan`, `command.customers.map`; `command` for the whole."""
    names = ctx.command_path.split()[1:]
    return ".".join(("command", *names))


def _pieces(command: Command, ctx: Context) -> str:
    found = [help_text("help.options_place")]
    for param in command.get_params(ctx):
        if param.param_type_name == "argument":
            name = param.metavar or param.name
            many = "..." if param.nargs != 1 else ""
            found.append(f"{name}{many}" if param.required else f"[{name}{many}]")
    if isinstance(command, TyperGroup):
        found.append(help_text("help.command_place"))
    return " ".join(found)


def usage_of(command: Command, ctx: Context) -> str:
    """The line that says how a command is called."""
    return f"{help_text('help.usage')} {ctx.command_path} {_pieces(command, ctx)}"


def _parameters(command: Command, ctx: Context) -> tuple[Rows, Rows]:
    arguments: Rows = []
    options: Rows = []
    for param in command.get_params(ctx):
        if getattr(param, "hidden", False):
            continue
        key = getattr(param, "help", None) or ""
        text = help_text("help.help") if param.name == "help" else help_text(f"option.{key}")
        if param.param_type_name == "argument":
            arguments.append((param.metavar or param.name or "", text))
        else:
            place = f" {param.metavar}" if param.metavar else ""
            options.append((", ".join(param.opts) + place, text))
    return arguments, options


def page_of(command: Command, ctx: Context) -> HelpPage:
    """The whole help of a command, in the chosen language."""
    key = key_of(ctx)
    arguments, options = _parameters(command, ctx)
    commands: Rows = []
    if isinstance(command, TyperGroup):
        commands = [(name, help_text(f"{key}.{name}")) for name in command.list_commands(ctx)]
    return HelpPage(
        usage_of(command, ctx),
        texts_of(key),
        [
            (help_text("help.arguments"), arguments),
            (help_text("help.commands"), commands),
            (help_text("help.options"), options),
        ],
    )


def write_help(command: Command, ctx: Context, formatter: HelpFormatter) -> None:
    """Write it where the parser wants it."""
    formatter.write(written(page_of(command, ctx), ctx.terminal_width or width_here()))


def _refuse_extra(ctx: Context) -> None:
    if ctx.args:
        raise UsageFault("usage.extra_arguments", arguments=" ".join(ctx.args))


class SpokenCommand(TyperCommand):
    """One command."""

    def invoke(self, ctx: Context) -> object:
        """Run it; a usage fault learns where it happened."""
        try:
            return super().invoke(ctx)
        except UsageFault as fault:
            fault.place = ctx.command_path
            raise

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help."""
        write_help(self, ctx, formatter)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse, and refuse what is too much in the person's language."""
        ctx.allow_extra_args = True
        as_typed(self.get_params(ctx))
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            _refuse_extra(ctx)
        return rest


class SpokenGroup(TyperGroup):
    """A group of commands that are all there."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the options before the command."""
        as_typed(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help."""
        write_help(self, ctx, formatter)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find a command; a mistyped one is answered with those that look like it."""
        name = args[0]
        found = self.get_command(ctx, name)
        if found is None:
            raise unknown_command(name, self.list_commands(ctx))
        return name, found, args[1:]


class LazyGroup(SpokenGroup):
    """The top: each command's file is imported when the command is called."""

    files: Mapping[str, str] = {}

    def list_commands(self, ctx: Context) -> list[str]:
        """All names, in the order of a person's work."""
        del ctx
        return list(self.files)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of that name, built now; None where there is none."""
        del ctx
        if cmd_name not in self.files:
            return None
        app: typer.Typer = import_module(f"trueup.cli.commands.{self.files[cmd_name]}").app
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command


def new_app() -> typer.Typer:
    """An application of one command or, once it has several or a callback, a group of them."""
    return typer.Typer(
        cls=SpokenGroup,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=False,
    )

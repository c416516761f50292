"""What is answered before anything is parsed: the first page of help, and a first word that is no command.

Neither needs Typer, whose import is most of what both would cost.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trueup.cli.arguments import GLOBAL_FLAGS, GLOBAL_VALUES, UsageFault, near
from trueup.cli.help_page import HelpPage, width_here, written
from trueup.cli.speaking import help_text

COMMANDS = {
    "demo": "demo",
    "init": "init",
    "connect": "connect",
    "module": "module",
    "check": "check",
    "collect": "collect",
    "modules": "modules",
    "schedule": "schedule",
    "usage": "usage",
    "customers": "customers",
    "metrics": "metrics",
    "rules": "rules",
    "simulate": "simulate",
    "rails": "rails",
    "plan": "plan",
    "approve": "approve",
    "apply": "apply",
    "verify": "verify",
    "undo": "undo",
    "drift": "drift",
    "explain": "explain",
    "items": "items",
    "unbilled": "unbilled",
    "billed-twice": "billed_twice",
    "checks": "checks",
    "margins": "margins",
    "prices": "prices",
    "vendor-invoice": "vendor_invoice",
    "report": "report",
    "compare": "compare",
    "contested": "contested",
    "catch-up": "catch_up",
    "statement": "statement",
    "history": "history",
    "people": "people",
    "key": "key",
    "tokens": "tokens",
    "network": "network",
    "tenant": "tenant",
    "backup": "backup",
    "restore": "restore",
    "serve": "serve",
    "worker": "worker",
    "notify": "notify",
    "sim": "sim",
}
"""Command -> file in `trueup.cli.commands`, in the order of a person's work."""
OTHER_FLAGS = ("--version", "--help")
"""Flags of the whole, which end it."""


def first_page() -> HelpPage:
    """What `trueup --help` shows; the same that the parser knows, which a test compares."""
    options = [(f"{name} {place}", help_text(f"option.{_key(name)}")) for name, place in GLOBAL_VALUES.items()]
    options += [(name, help_text(f"option.{_key(name)}")) for name in GLOBAL_FLAGS]
    version, help_ = OTHER_FLAGS
    options += [(version, help_text("option.version")), (help_, help_text("help.help"))]
    return HelpPage(
        f"{help_text('help.usage')} trueup {help_text('help.options_place')} {help_text('help.command_place')}",
        texts_of("command"),
        [
            (help_text("help.commands"), [(name, help_text(f"command.{name}")) for name in COMMANDS]),
            (help_text("help.options"), options),
        ],
    )


def texts_of(key: str) -> list[str]:
    """What a command does, and what there is to say beyond it."""
    more = help_text(f"{key}.more")
    return [help_text(key), *([more] if more != f"{key}.more" else ())]


def _key(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


def answered(arguments: Sequence[str]) -> bool:
    """Whether nothing is left to do: `arguments` have their global options in front. Raises UsageFault
    `usage.unknown_command` for a first word that is no command."""
    rest = _behind_global_options(arguments)
    if not rest:
        return False
    if rest == ["--help"]:
        sys.stdout.write(written(first_page(), width_here()))
        return True
    if not rest[0].startswith("-") and rest[0] not in COMMANDS:
        raise unknown_command(rest[0], list(COMMANDS))
    return False


def unknown_command(name: str, known: Sequence[str]) -> UsageFault:
    """A mistyped command is answered with those that look like it."""
    return UsageFault("usage.unknown_command", name=name, known=", ".join(known), near=near(name, known))


def _behind_global_options(arguments: Sequence[str]) -> list[str]:
    """What is left; nothing where `--lang` asks for what is not spoken, which the parser refuses first."""
    rest = list(arguments)
    while rest:
        name, equals, value = rest[0].partition("=")
        if rest[0] in GLOBAL_FLAGS or (equals and name in GLOBAL_VALUES):
            taken = 1
        elif rest[0] in GLOBAL_VALUES and len(rest) > 1:
            value, taken = rest[1], 2
        else:
            break
        if name == "--lang" and value not in ("en", "fr"):
            return []
        del rest[:taken]
    return rest

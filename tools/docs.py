"""Pages of the documentation that are made from the program. Run as `python -m tools.docs codes commands modules api`.

`codes` writes `docs/codes.md` from the English message catalogue, `commands` writes `docs/reference/commands.md` from
the help of the commands, `modules` writes `docs/modules.md` from the catalogue files, `api` writes
`docs/reference/api.md` from the API's description; tests check that all are up to date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tools.api_page import api_page
from tools.commands_page import commands_page
from tools.modules_page import modules_page
from trueup.messages.catalogue import Message, messages_of

ROOT = Path(__file__).resolve().parent.parent
CODES = ROOT / "docs" / "codes.md"
COMMANDS = ROOT / "docs" / "reference" / "commands.md"
MODULES = ROOT / "docs" / "modules.md"
API = ROOT / "docs" / "reference" / "api.md"

FAMILIES: Mapping[str, str] = {
    "change": "Why a line changes.",
    "none": "Why a line stays as it is.",
    "unit_cost": "Why no unit cost of a service can be said from vendors' prices.",
    "scheduled": "A change that is seen and not due yet.",
    "held": "What holds a line for a person. A guard rail is released by its name without `held.`.",
    "unmapped": "Usage that is not known because nobody said whose it is. It is never taken for zero.",
    "drift": "Edits that somebody else made in the PSA.",
    "note": "What a person should know beside the outcome.",
    "step": "The chain from items to units and money, as `trueup explain` shows it.",
    "compare": "What the nights beside a clerk or another tool compared; see the guide beside-icb.",
    "contested": "Lines that something else keeps changing.",
    "plan": "What is said about a whole plan.",
    "approve": "Approving.",
    "apply": "Writing to the PSA, and what became of a line that was not written.",
    "journal": "How a write with an unclear outcome was settled.",
    "verify": "Reading back.",
    "undo": "Taking back what a run wrote.",
    "explain": "Explaining a line.",
    "history": "Past days, how a line's units came to be, and what is forgotten.",
    "simulate": "Rules tried on past months.",
    "statement": "Statements for customers, and their seals.",
    "unbilled": "Usage that no line bills, and lines that bill what nobody uses.",
    "cross_check": "Checks across modules: why a customer is not judged, or a check not saved.",
    "margin": "What does not agree between vendors, usage and lines.",
    "price": "Vendor prices and minimum quantities.",
    "report": "Reports and their files.",
    "invoice": "Invoices of vendors.",
    "items": "One item across all modules.",
    "catch_up": "Catch-up entries: why closed days owe something, and settling it.",
    "entries": "Asking for services and lines to be created.",
    "setup": "Connecting, and a tenant's choices.",
    "collect": "Collecting usage.",
    "schedule": "When modules are collected.",
    "round": "What a night does by itself.",
    "notice": "What people are told of.",
    "notify": "Receivers of notices, and messages that did not arrive.",
    "customers": "Whose organization it is.",
    "match": "Why a customer is suggested for an organization.",
    "metrics": "Metrics of one's own.",
    "rules": "Rules.",
    "group": "Allocation groups.",
    "rails": "The numbers of the guard rails.",
    "policy": "What makes no sense in a rule; refused when it is saved.",
    "suggest": "Warnings beside suggestions.",
    "expression": "What is wrong with an expression; the place is shown with it.",
    "check": "Prerequisites that `trueup check` asks.",
    "finding": "Questions of a PSA's adapter.",
    "autotask": "What Autotask answered. `autotask.fact.*` are the assumptions that `trueup check --facts` probes.",
    "module": "What a module answered, or did not.",
    "file": "What a usage file says, why a row or the whole file was not counted, and its profile.",
    "cure": "What to do about an answer.",
    "store": "The database and the stored credentials.",
    "key": "The key that protects the stored credentials, exchanged.",
    "activity": "What stands in the activity beside the entries of the audit trail.",
    "audit": "Entries of the audit trail.",
    "access": "Who may do what, and from where.",
    "password": "Passwords that are not taken.",
    "people": "People of a tenant.",
    "tokens": "API tokens.",
    "push": "What became of usage that a module pushes.",
    "platform": "Tenants of an installation.",
    "web": "What the web application says to those who ask it.",
    "usage": "What was typed on the command line; exit code 2.",
    "cli": "Errors of the command line itself.",
}
"""Families of codes, in the order of the page, each with one sentence."""

_TEXTS_ONLY = {"word", "noun", "help", "command", "option"}
_CLI_CODES = {"cli.unexpected", "cli.catalogue"}
_PLACE = re.compile(r"\{(\w+)(?::[\w.]+)?\}")

_HEAD = """# Codes

<!-- Made by `python -m tools.docs codes`; change the message catalogue instead. -->

Trueup's core never writes sentences: it gives a code and the numbers behind it. Commands, pages and the API turn them
into French or English. This page lists every code with its English sentence; words in italics are parameters.
Codes and their parameters are stable, sentences are not.

## Exit codes of the command line

| Code | Meaning |
| --- | --- |
| 0 | done |
| 1 | failed: something went wrong, or a prerequisite, a module or a line failed |
| 2 | usage: what was typed cannot be used |
| 3 | something is held or waits for approval |
| 4 | refused: the plan expired, was superseded, or no line is left to apply |

## What a plan says about a line

| Status | Meaning |
| --- | --- |
| `change` | one or more dated adjustments would be written once approved |
| `none` | the line is right |
| `scheduled` | a change is seen and due later |
| `held` | a guard rail or an open question holds it until a person decides |
| `unmapped` | the usage is not known, because no organization is mapped; this is not zero |
| `drift` | somebody edited the units in the PSA, and usage says something else |
"""


def _plain(text: str) -> str:
    shown = _PLACE.sub(lambda found: f"*{found[1]}*", text)
    return shown.replace("[", "(").replace("]", ")").replace("|", "\\|")


def _cure(message: Message, messages: Mapping[str, Message]) -> str:
    if message.cure is None:
        return ""
    return _plain(messages[message.cure[1:]].text if message.cure.startswith("@") else message.cure)


def explained() -> Iterator[tuple[str, Message]]:
    """Every code that the page explains, with its message."""
    for code, message in (*messages_of("en").items(), *messages_of("help.en").items()):
        family = code.partition(".")[0]
        if family not in _TEXTS_ONLY and (family != "cli" or code in _CLI_CODES):
            yield code, message


def codes_page() -> str:
    """The text of docs/codes.md. Raises KeyError for a family that nobody described."""
    messages = messages_of("en")
    by_family: dict[str, list[tuple[str, Message]]] = {family: [] for family in FAMILIES}
    for code, message in explained():
        by_family[code.partition(".")[0]].append((code, message))
    parts = [_HEAD]
    for family, entries in by_family.items():
        parts.append(f"\n## {family}\n\n{FAMILIES[family]}\n\n| Code | Sentence | What to do |\n| --- | --- | --- |\n")
        for code, message in sorted(entries):
            sentence = _plain(message.text)
            if message.meaning:
                sentence = f"{sentence}<br>{message.meaning}"
            parts.append(f"| `{code}` | {sentence} | {_cure(message, messages)} |\n")
    return "".join(parts)


PAGES: Mapping[str, tuple[Path, Callable[[], str]]] = {
    "codes": (CODES, codes_page),
    "commands": (COMMANDS, commands_page),
    "modules": (MODULES, modules_page),
    "api": (API, api_page),
}
"""Word -> where the page stands and what makes its text."""


def main(arguments: list[str]) -> int:
    if not arguments or not set(arguments) <= set(PAGES):
        sys.stderr.write(f"python -m tools.docs {' '.join(PAGES)}\n")
        return 2
    for name in arguments:
        path, text = PAGES[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a person typed, made into values; what cannot be used is a `UsageFault` with its option and its cure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

GLOBAL_VALUES = {"--store": "PATH", "--tenant": "NAME", "--key-file": "PATH", "--lang": "en|fr"}
"""Global options with the place of their value, in the order of the help."""
GLOBAL_FLAGS = ("--debug",)

DRIFT_POLICIES = ("wait", "keep", "take-back", "adopt")
"""What may happen to units that somebody edited in the PSA, as they are typed."""


class UsageFault(Exception):  # noqa: N818 - it is the person's, not the program's
    """Something typed cannot be used. `code` is a usage code, `params` its texts, `place` the command, `usage` the line
    that says how it is called, where the parser had come so far."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
        self.place = "trueup"
        self.usage = ""


def global_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with global options moved to the front, so that they may stand anywhere; nothing behind `--`."""
    front: list[str] = []
    rest: list[str] = []
    place = 0
    while place < len(arguments):
        argument = arguments[place]
        if argument == "--":
            rest.extend(arguments[place:])
            break
        name, equals, _ = argument.partition("=")
        if argument in GLOBAL_FLAGS or (equals and name in GLOBAL_VALUES):
            front.append(argument)
        elif argument in GLOBAL_VALUES and place + 1 < len(arguments):
            front.extend(arguments[place : place + 2])
            place += 1
        else:
            rest.append(argument)
        place += 1
    return front + rest


def near(word: str, known: Iterable[str]) -> str:
    """Known words that look like a mistyped one, joined with a comma; empty where none does."""
    import difflib  # noqa: PLC0415 - only when something was mistyped

    return ", ".join(difflib.get_close_matches(word, list(known), n=3))


def day_from(text: str | None, option: str) -> date | None:
    """A day written as YYYY-MM-DD."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageFault("usage.not_a_day", option=option, value=text) from None


def month_from(text: str | None, option: str) -> date | None:
    """A month written as YYYY-MM, as its first day."""
    if text is None:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageFault("usage.not_a_month", option=option, value=text) from None


def whole(text: str, option: str) -> int:
    """A whole number that must be there."""
    try:
        return int(text)
    except ValueError:
        raise UsageFault("usage.not_a_whole_number", option=option, value=text) from None


def whole_from(text: str | None, option: str) -> int | None:
    """A whole number."""
    return None if text is None else whole(text, option)


def decimal_from(text: str | None, option: str) -> Decimal | None:
    """An exact decimal number; a comma is taken for the point."""
    if text is None:
        return None
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise UsageFault("usage.not_a_number", option=option, value=text) from None
    if not found.is_finite():
        raise UsageFault("usage.not_a_number", option=option, value=text)
    return found


def one_of(text: str | None, known: Sequence[str], option: str) -> str | None:
    """One of the known words."""
    if text is not None and text not in known:
        raise UsageFault("usage.not_one_of", option=option, value=text, known=", ".join(known))
    return text


def pairs_from(texts: Sequence[str], option: str) -> Mapping[str, str]:
    """Settings written as NAME=VALUE."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageFault("usage.not_a_pair", option=option, value=text)
        found[name.strip()] = value
    return found

"""The language of this process's command line, and the words of its help and usage errors.

Chosen once, from `--lang` and the locale, before anything is parsed, so that help and usage errors speak it too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING

from trueup.messages.found import found_messages
from trueup.messages.language import language_from

if TYPE_CHECKING:
    from trueup.messages.sentences import Sentences

_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")
_PLACE = re.compile(r"\{(\w+)\}")


def choose(arguments: Sequence[str]) -> str:
    """Set the language from `--lang X` or `--lang=X`, else from the locale; gives the one that will be spoken."""
    asked: str | None = None
    for place, argument in enumerate(arguments):
        if argument == "--lang" and place + 1 < len(arguments):
            asked = arguments[place + 1]
        elif argument.startswith("--lang="):
            asked = argument.partition("=")[2]
    language = language_from(os.environ, asked)
    _LANGUAGE.set(language)
    return language


def language() -> str:
    """The language that was chosen."""
    return _LANGUAGE.get()


def help_text(key: str, **params: str) -> str:
    """A text of the help; the key itself where there is none."""
    message = found_messages(f"help.{language()}").get(key)
    if message is None:
        return key
    return _PLACE.sub(lambda found: params.get(found[1], found[0]), message.text)


def help_cure(key: str, **params: str) -> str | None:
    """What to do about a usage error."""
    message = found_messages(f"help.{language()}").get(key)
    if message is None or message.cure is None:
        return None
    return _PLACE.sub(lambda found: params.get(found[1], found[0]), message.cure)


def sentences() -> Sentences:
    """The message catalogue in the chosen language."""
    from trueup.messages.sentences import Sentences  # noqa: PLC0415 - not needed for help

    return Sentences.for_language(language())

"""Reading a language's files: nested tables become messages by their dotted code.

A message is a text, or a table with `text` (or `one` and `other`, chosen by the number in the parameter that `by`
names), `cure` (what to do; `@code` takes the text of another message), `text_pages` and `cure_pages` (the same where
they differ on pages and in the API, which know no commands) and `meaning` (for `docs/codes.md` only).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

_BEFORE_SIGN = re.compile(r" (?=[:;?!»%](?:\s|\]|$|\)))")
_WORDS = "word."
"""Lists of words: there `text` and `other` are words like any other."""

_FIELDS = ("text", "one", "other", "by", "cure", "cure_pages", "meaning", "text_pages")


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the catalogue. `one` is None where the sentence is the same for every number."""

    text: str
    one: str | None = None
    by: str = "count"
    cure: str | None = None
    cure_pages: str | None = None
    meaning: str | None = None
    text_pages: str | None = None

    def on_pages(self) -> Message:
        """The same as pages and the API say it."""
        return replace(self, text=self.text_pages or self.text, cure=self.cure_pages or self.cure)


def _message(fields: Mapping[str, str]) -> Message:
    text = fields.get("text", fields.get("other", ""))
    cures = (fields.get("cure"), fields.get("cure_pages"))
    return Message(
        text, fields.get("one"), fields.get("by", "count"), *cures, fields.get("meaning"), fields.get("text_pages")
    )


def _entries(table: Mapping[str, object], code: str) -> Iterator[tuple[str, Message]]:
    fields = (
        {} if code.startswith(_WORDS) else {name: table[name] for name in _FIELDS if isinstance(table.get(name), str)}
    )
    if code and ("text" in fields or "other" in fields):
        yield code, _message({name: str(text) for name, text in fields.items()})
        table = {name: inner for name, inner in table.items() if name not in fields}
    for name, inner in table.items():
        place = f"{code}.{name}" if code else name
        if isinstance(inner, str):
            yield place, Message(inner)
        elif isinstance(inner, dict):
            yield from _entries(inner, place)


def _typeset(message: Message) -> Message:
    """French typography: the blank before a double sign never breaks, so that no sign begins a line."""

    def set_text(text: str | None) -> str | None:
        return (
            None if text is None else _BEFORE_SIGN.sub("\N{NO-BREAK SPACE}", text).replace("« ", "«\N{NO-BREAK SPACE}")
        )

    return replace(
        message,
        text=set_text(message.text) or "",
        one=set_text(message.one),
        cure=set_text(message.cure),
        cure_pages=set_text(message.cure_pages),
        text_pages=set_text(message.text_pages),
    )


def read_messages(text: str) -> Mapping[str, Message]:
    """Messages by code. Raises tomllib.TOMLDecodeError."""
    return dict(_entries(tomllib.loads(text), ""))


def texts_of(name: str) -> Iterator[str]:
    """A language is a folder, one file a subject; help is one file, so that it starts at once."""
    place = Path(__file__).with_name(name)
    files = sorted(place.glob("*.toml")) if place.is_dir() else [place.with_name(f"{name}.toml")]
    for file in files:
        yield file.read_text(encoding="utf-8")


@cache
def messages_of(name: str) -> Mapping[str, Message]:
    """The packaged messages of a language (`en`) or of its command-line help (`help.en`).

    Raises ValueError for a code that two files of a language hold.
    """
    messages: dict[str, Message] = {}
    for text in texts_of(name):
        for code, message in read_messages(text).items():
            if code in messages:
                raise ValueError(code)
            messages[code] = message
    return typeset(messages) if name.endswith("fr") else messages


def typeset(messages: Mapping[str, Message]) -> Mapping[str, Message]:
    """The same as French sets it."""
    return {code: _typeset(message) for code, message in messages.items()}

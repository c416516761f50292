"""Messages read where they are asked for: a command says a dozen sentences of some thousand, and reading all of them
took it longer than its work. A table of a file is read when a code below its name is asked for."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from trueup.messages.catalogue import Message, messages_of, read_messages, texts_of, typeset

_TABLE = re.compile(r"^\[([\w.-]+)\]", re.MULTILINE)


class FoundMessages(Mapping[str, Message]):
    """The same as `messages_of`, table by table."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._unread: dict[str, list[str]] = defaultdict(list)
        self._read: dict[str, Message] = {}
        self._reading = threading.Lock()
        for text in texts_of(name):
            starts = [*_TABLE.finditer(text)]
            ends = [one.start() for one in starts[1:]] + [len(text)]
            for start, end in zip(starts, ends, strict=True):
                self._unread[start[1]].append(text[start.start() : end])

    def __getitem__(self, code: str) -> Message:
        """The message of a code; the tables that may hold it are read first. Raises KeyError."""
        known = self._read.get(code)
        if known is not None:
            return known
        with self._reading:  # of two threads the second must find what the first is reading
            at = len(code)
            while at > 0:
                for text in self._unread.pop(code[:at], ()):
                    found = read_messages(text)
                    self._read.update(typeset(found) if self._name.endswith("fr") else found)
                at = code.rfind(".", 0, at)
        return self._read[code]

    def __iter__(self) -> Iterator[str]:
        """All codes."""
        return iter(messages_of(self._name))

    def __len__(self) -> int:
        """How many there are."""
        return len(messages_of(self._name))


@cache
def found_messages(name: str) -> FoundMessages:
    """The packaged messages of a language (`en`) or of its command-line help (`help.en`), for whoever needs a few."""
    return FoundMessages(name)

"""Text with `{name}` in it, filled from named values; nothing else is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def names_in(template: str) -> frozenset[str]:
    """The names that the template needs."""
    return frozenset(_SLOT.findall(template))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Put the values in. Raises KeyError with the name that is missing."""
    return _SLOT.sub(lambda slot: values[slot.group(1)], template)


def filled_path(template: str, values: Mapping[str, str]) -> str:
    """Put the values into a path, each quoted so that it cannot leave its segment."""
    return _SLOT.sub(lambda slot: quote(values[slot.group(1)], safe=""), template)


def filled_body(template: object, values: Mapping[str, str]) -> object:
    """Put the values into every text of a JSON body."""
    if isinstance(template, str):
        return filled(template, values)
    if isinstance(template, Mapping):
        return {key: filled_body(inner, values) for key, inner in template.items()}
    if isinstance(template, (list, tuple)):
        return [filled_body(inner, values) for inner in template]
    return template


def texts_in(template: object) -> Iterator[str]:
    """Every text of a JSON body."""
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping):
        for inner in template.values():
            yield from texts_in(inner)
    elif isinstance(template, (list, tuple)):
        for inner in template:
            yield from texts_in(inner)

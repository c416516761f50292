"""Conditions of a catalogue file as predicates over tuples, in the project's expression language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from trueup.core.expression import compile_predicate, parse
from trueup.core.usage import Scalar
from trueup.modules.catalogue_schema import Choice, Condition

Row = tuple[Scalar, ...]
Predicate = Callable[[Row], bool]


def texts_of(condition: Condition | None) -> Iterator[str]:
    """Every text that the condition may turn into."""
    if isinstance(condition, Choice):
        found = [*condition.when.values(), condition.otherwise]
        yield from (text for text in found if text is not None)
    elif condition is not None:
        yield condition


def chosen(condition: Condition | None, settings: Mapping[str, str]) -> str | None:
    """The text that holds under these settings; None when everything passes."""
    if isinstance(condition, Choice):
        return condition.when.get(settings.get(condition.setting, ""), condition.otherwise)
    return condition


def names_needed(texts: Iterable[str]) -> frozenset[str]:
    """The names that conditions look at."""
    return frozenset(name for text in texts for name in parse(text).names)


def predicate_of(text: str | None, names: Sequence[str]) -> Predicate | None:
    """A predicate over tuples in the order of `names`. Raises ExpressionError where the text is no condition."""
    return None if text is None else _predicate(text, tuple(names))


@lru_cache(maxsize=4096)  # every collection of a module asks for the same ones
def _predicate(text: str, names: tuple[str, ...]) -> Predicate:
    return compile_predicate(parse(text), names)

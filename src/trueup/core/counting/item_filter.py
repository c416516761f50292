"""Which items count: the condition of a metric, a customer's part of a shared organization, and a rule's own filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from trueup.core.expression import Expression, ExpressionError, Row, compile_predicate, parse
from trueup.core.reason import Reason
from trueup.core.usage import Item

ITEM_NAME: Final = "item_name"
"""The name that a filter uses for an item's own name, beside the attributes."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Lets an item through when at least one of `shares` holds for it (there are none: all) and `items` holds too (it
    is None: all). Both are expressions over the attributes of items."""

    shares: tuple[str, ...] = ()
    items: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Every expression in it."""
        return self.shares if self.items is None else (*self.shares, self.items)


WHOLE: Final = ItemFilter()
"""No filter: every item."""


def names_for_items(attributes: tuple[str, ...], called: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names that an expression over items may use: attributes, `item_name`, and what the module calls the name. An
    attribute goes first where names meet."""
    more = [name for name in (ITEM_NAME, *called) if name not in attributes]
    return (*attributes, *dict.fromkeys(more))


def row_of(item: Item, names: int) -> Row:
    """The values of so many `names_for_items`."""
    return (*item.attributes, *(item.name,) * (names - len(item.attributes)))


def item_predicate(
    text: str | None, attributes: tuple[str, ...], called: tuple[str, ...] = (), today: date | None = None
) -> Callable[[Item], bool]:
    """A condition as a function over items; None fits every item. Raises ExpressionError where it does not read, and
    the function where an item cannot be judged."""
    if text is None:
        return lambda _item: True
    names = names_for_items(attributes, called)
    fits = compile_predicate(parse(text), names, today)
    if len(names) == len(attributes):
        return lambda item: fits(item.attributes)
    return lambda item: fits(row_of(item, len(names)))


def moves_by_itself(expression: Expression) -> bool:
    """Whether what it says of an unchanged item depends on the day."""
    return "days_since" in expression.text


class _Condition:
    """One expression over the rows of a stream. An expression that does not fit the stream judges nothing."""

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        self.text = text
        self.fault: ExpressionError | None = None
        self.moves = False
        self._names = names
        self._by_day: dict[date | None, Callable[[Row], bool]] = {}
        try:
            self._expression = parse(text)
            self.moves = moves_by_itself(self._expression)
            self._by_day[None] = compile_predicate(self._expression, names)
        except ExpressionError as error:
            self.fault = error

    def holds(self, row: Row, day: date) -> bool | None:
        """Whether it holds; None where that cannot be worked out, and `fault` says why."""
        if not self._by_day:
            return None
        when = day if self.moves else None
        try:
            if when not in self._by_day:
                self._by_day[when] = compile_predicate(self._expression, self._names, when)
            return self._by_day[when](row)
        except ExpressionError as error:
            self.fault = error
            return None


class Conditions:
    """A metric's condition and a filter over the items of one stream. `problem` tells of the last item that they could
    not judge. `window` bounds the days that are looked at where the answer depends on the day."""

    def __init__(
        self,
        condition: str | None,
        chosen: ItemFilter,
        attributes: tuple[str, ...],
        called: tuple[str, ...],
        window: tuple[date, date],
    ) -> None:
        self._names = names_for_items(attributes, called)
        self._all = [_Condition(text, self._names) for text in (condition, chosen.items) if text is not None]
        self._any = [_Condition(text, self._names) for text in chosen.shares]
        self._moves = any(one.moves for one in (*self._all, *self._any))
        self._window = window
        self._known: dict[tuple[Row, tuple[type, ...], date | None], bool | None] = {}
        self.problem: Reason | None = None

    def on(self, item: Item, day: date) -> bool | None:
        """Whether an item counts on a day; None where that cannot be said."""
        row = row_of(item, len(self._names))
        key = (row, tuple(map(type, row)), day if self._moves else None)
        if key not in self._known:
            self._known[key] = self._judge(row, day, item)
        return self._known[key]

    def _judge(self, row: Row, day: date, item: Item) -> bool | None:
        """All must hold, and one of the shares. Something that surely fails settles it, whatever cannot be judged."""
        said = {one: one.holds(row, day) for one in (*self._all, *self._any)}
        needed = [said[one] for one in self._all]
        if self._any:
            shares = [said[one] for one in self._any]
            needed.append(True if True in shares else None if None in shares else False)
        if False in needed:
            return False
        if None not in needed:
            return True
        for one, holds in said.items():
            if holds is None and one.fault is not None:
                error, place = one.fault.code, one.fault.position
                name = item.name or item.key
                self.problem = Reason.of(
                    "note.item_not_judged", item=name, filter=one.text, error=error, position=place
                )
        return None

    def over(
        self, item: Item, first: date, last: date | None
    ) -> Iterator[tuple[bool | None, tuple[date, date | None]]]:
        """What is said of an item over some days (None: still so), as intervals of one answer each."""
        if not self._moves:
            yield self.on(item, first), (first, last)
            return
        begin, end = max(first, self._window[0]), min(last or self._window[1], self._window[1])
        day = start = begin
        while day <= end:
            verdict = self.on(item, day)
            while day <= end and self.on(item, day) is verdict:
                day += _DAY
            yield verdict, (start, day - _DAY)
            start = day

"""A second, naive evaluator: random expressions are made as text together with their value in fractions.

Written from the guide, not from the source: every generated part is a pair of its text and a function that works it
out by the plainest means. A part that has no value raises `Fault` with the code that the language promises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

NUMBERS = ("a", "b", "datto_rmm.desktop", "é.x")
TEXTS = ("category", "site.name")
FLAGS = ("suspended", "deleted")
ALL_NAMES = NUMBERS + TEXTS + FLAGS

Values = dict[str, Decimal | str | bool | None]


class FaultError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Part:
    text: str
    work: Callable[[Values], object]


def number(part: Part, values: Values) -> Fraction:
    value = part.work(values)
    if value is None:
        raise FaultError("expression.null_in_calculation")
    assert isinstance(value, (Fraction, Decimal))
    return Fraction(value)


def truth(part: Part, values: Values) -> bool:
    return part.work(values) is True


blanks = st.sampled_from(["", " ", "  ", "\n", "\t"])
spaces = st.sampled_from([" ", "  ", "\n "])


def literal(value: Decimal) -> Part:
    return Part(format(value, "f"), lambda _: Fraction(value))


number_literals = st.decimals(min_value=0, max_value=10_000, places=2).map(literal) | st.integers(0, 99).map(
    lambda n: literal(Decimal(n))
)


def lookup(name: str) -> Part:
    return Part(name, lambda values: values[name])


def bracketed(part: Part) -> Part:
    return Part(f"({part.text})", part.work)


@st.composite
def rounding(draw, inner: st.SearchStrategy[Part]) -> Part:
    part = draw(inner)
    function = draw(st.sampled_from(["ceil", "floor", "abs", "round", "round2"]))

    def work(values: Values) -> Fraction:
        value = number(part, values)
        if function == "ceil":
            return Fraction(-((-value.numerator) // value.denominator))
        if function == "floor":
            return Fraction(value.numerator // value.denominator)
        if function == "abs":
            return -value if value < 0 else value
        scale = 100 if function == "round2" else 1
        doubled = abs(value) * scale * 2 + 1
        whole = doubled.numerator // doubled.denominator // 2
        return Fraction(-whole if value < 0 else whole, scale)

    text = f"round({part.text}, 2)" if function == "round2" else f"{function}({part.text})"
    return Part(text, work)


@st.composite
def extreme(draw, inner: st.SearchStrategy[Part]) -> Part:
    parts = draw(st.lists(inner, min_size=2, max_size=3))
    function = draw(st.sampled_from(["min", "max"]))

    def work(values: Values) -> Fraction:
        ordered = sorted(number(part, values) for part in parts)
        return ordered[0] if function == "min" else ordered[-1]

    return Part(f"{function}({', '.join(part.text for part in parts)})", work)


@st.composite
def choice(draw, inner: st.SearchStrategy[Part], truths: st.SearchStrategy[Part]) -> Part:
    then, condition, otherwise = draw(inner), draw(truths), draw(inner)

    def work(values: Values) -> object:
        return (then if truth(condition, values) else otherwise).work(values)

    return Part(f"({then.text} if {condition.text} else {otherwise.text})", work)


@st.composite
def factor(draw, inner: st.SearchStrategy[Part], truths: st.SearchStrategy[Part]) -> Part:
    part = draw(
        number_literals
        | st.sampled_from(NUMBERS).map(lookup)
        | inner.map(bracketed)
        | rounding(inner)
        | extreme(inner)
        | choice(inner, truths)
    )
    if draw(st.integers(0, 5)):
        return part
    return Part(f"-{part.text}", lambda values: -number(part, values))


@st.composite
def product(draw, inner: st.SearchStrategy[Part], truths: st.SearchStrategy[Part]) -> Part:
    first, *others = draw(st.lists(factor(inner, truths), min_size=1, max_size=3))
    steps = [(draw(st.sampled_from("*/")), part) for part in others]
    if not steps:
        return first
    text = first.text + "".join(f"{draw(blanks)}{sign}{draw(blanks)}{part.text}" for sign, part in steps)

    def work(values: Values) -> Fraction:
        result = number(first, values)
        for sign, part in steps:
            value = number(part, values)
            if sign == "/" and value == 0:
                raise FaultError("expression.division_by_zero")
            result = result * value if sign == "*" else result / value
        return result

    return Part(text, work)


@st.composite
def total(draw, inner: st.SearchStrategy[Part], truths: st.SearchStrategy[Part]) -> Part:
    first, *others = draw(st.lists(product(inner, truths), min_size=1, max_size=3))
    steps = [(draw(st.sampled_from("+-")), part) for part in others]
    if not steps:
        return first
    text = first.text + "".join(f"{draw(blanks)}{sign}{draw(blanks)}{part.text}" for sign, part in steps)

    def work(values: Values) -> Fraction:
        result = number(first, values)
        for sign, part in steps:
            value = number(part, values)
            result = result + value if sign == "+" else result - value
        return result

    return Part(text, work)


COMPARE: dict[str, Callable[[object, object], bool]] = {
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
    "<": lambda x, y: x < y,  # type: ignore[operator]
    "<=": lambda x, y: x <= y,  # type: ignore[operator]
    ">": lambda x, y: x > y,  # type: ignore[operator]
    ">=": lambda x, y: x >= y,  # type: ignore[operator]
}


def comparable(value: object) -> object:
    if isinstance(value, str):
        return value.strip().casefold()
    return Fraction(value) if isinstance(value, Decimal) else value


@st.composite
def comparison(draw, operands: st.SearchStrategy[Part]) -> Part:
    parts = draw(st.lists(operands, min_size=2, max_size=3))
    signs = [draw(st.sampled_from(sorted(COMPARE))) for _ in parts[1:]]
    text = parts[0].text + "".join(
        f"{draw(blanks)}{sign}{draw(blanks)}{part.text}" for sign, part in zip(signs, parts[1:], strict=True)
    )

    def work(values: Values) -> bool:
        left = comparable(parts[0].work(values))
        for sign, part in zip(signs, parts[1:], strict=True):
            right = comparable(part.work(values))
            if left is None or right is None or not COMPARE[sign](left, right):
                return False
            left = right
        return True

    return Part(text, work)


words = st.sampled_from(["Desktop", "laptop ", " SERVER", "", "Straße", "ÉCRAN", "b"])
text_parts = words.map(lambda w: Part(f'"{w}"', lambda _: w)) | st.sampled_from(TEXTS).map(lookup)


@st.composite
def membership(draw) -> Part:
    name = draw(st.sampled_from(TEXTS))
    options = draw(st.lists(words, min_size=1, max_size=4))
    negated = draw(st.booleans())
    listed = ", ".join(f"'{option}'" for option in options) + ("," if len(options) == 1 else "")

    def work(values: Values) -> bool:
        value = values[name]
        if value is None:
            return False
        return any(comparable(value) == comparable(option) for option in options) is not negated

    return Part(f"{name} {'not in' if negated else 'in'} ({listed})", work)


def null_test(name: str, negated: bool) -> Part:
    return Part(f"{name} is {'not ' if negated else ''}None", lambda values: (values[name] is None) is not negated)


@st.composite
def predicate(draw, numbers: st.SearchStrategy[Part], inner: st.SearchStrategy[Part]) -> Part:
    part = draw(
        st.sampled_from(FLAGS).map(lookup)
        | comparison(numbers.map(bracketed) | st.sampled_from(NUMBERS).map(lookup))
        | comparison(text_parts)
        | membership()
        | st.builds(null_test, st.sampled_from(ALL_NAMES), st.booleans())
        | inner.map(bracketed)
    )
    if draw(st.booleans()):
        return part
    return Part(f"not {part.text}", lambda values: not truth(part, values))


@st.composite
def logic(draw, numbers: st.SearchStrategy[Part], inner: st.SearchStrategy[Part]) -> Part:
    groups = draw(st.lists(st.lists(predicate(numbers, inner), min_size=1, max_size=3), min_size=1, max_size=2))
    text = f"{draw(spaces)}or ".join(" and ".join(part.text for part in group) for group in groups)

    def work(values: Values) -> bool:
        for group in groups:
            for part in group:
                if not truth(part, values):
                    break
            else:
                return True
        return False

    return Part(text, work)


plain_numbers = number_literals | st.sampled_from(NUMBERS).map(lookup)
plain_truths = st.sampled_from(FLAGS).map(lookup) | membership() | comparison(text_parts)
truths_1 = logic(plain_numbers, plain_truths)
numbers_1 = total(plain_numbers, plain_truths)
numbers = total(numbers_1, truths_1)
truths = logic(numbers_1, truths_1)

number_values = st.none() | st.decimals(min_value=-1000, max_value=1000, places=3) | st.integers(-3, 3).map(Decimal)
all_values = st.fixed_dictionaries(
    dict.fromkeys(NUMBERS, number_values)
    | {name: st.none() | words for name in TEXTS}
    | {name: st.none() | st.booleans() for name in FLAGS}
)

"""Reading a pattern: the regular subset that `matches` knows, as a small tree of repeats, choices and characters.

Known: literal characters, `.` (any character), classes `[a-z_]` and `[^0-9]`, `\\d \\w \\s` and their opposites, a
backslash before a sign, `* + ?`, counts `{2}`, `{2,}`, `{2,5}`, `|`, groups `( )`, and the anchors `^` and `$`.
Not known, because they are not regular or not needed: references, looking ahead or behind, lazy and possessive
repeats, word boundaries, flags.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trueup.core.expression.codes import Code, PatternFault

MAX_COUNT = 500
"""The largest number in `{m,n}`; larger patterns are refused anyway when they unfold."""

Test = Callable[[str], bool]
"""Whether a folded character fits."""


class PatternError(Exception):
    """A fault in a pattern, with its place in the pattern; the grammar turns it into an ExpressionError."""

    def __init__(self, code: Code, position: int, length: int, detail: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.position = position
        self.length = length
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Character:
    """One character that passes a test."""

    test: Test


@dataclass(frozen=True, slots=True)
class Anchor:
    """The start of the text, or its end."""

    at_end: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other; no parts match the empty text."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several parts."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part `least` to `most` times; `most` None is without end."""

    part: Part
    least: int
    most: int | None


Part = Character | Anchor | Sequence | Either | Repeat


def read_pattern(pattern: str, max_depth: int) -> Part:
    """The tree of a pattern; raises PatternError with the place of the fault."""
    reader = _Reader(pattern, max_depth)
    part = reader.alternatives(0)
    if reader.at < len(pattern):
        raise PatternError(Code.PATTERN, reader.at, 1, PatternFault.GROUP_NOT_OPENED)
    return part


def _one_of(characters: str) -> Test:
    return characters.__contains__


def _is_digit(character: str) -> bool:
    return character in "0123456789"


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _not(test: Test) -> Test:
    return lambda character: not test(character)


_SHORTHANDS: dict[str, Test] = {
    "d": _is_digit,
    "w": _is_word,
    "s": str.isspace,
    "D": _not(_is_digit),
    "W": _not(_is_word),
    "S": _not(str.isspace),
}

_ANY = Character(lambda _: True)


def _forms(character: str) -> set[str]:
    """The character in both cases, so that `[A-Z]` holds "a" although text is folded before it is matched."""
    return {form for form in (character, character.lower(), character.upper()) if len(form) == 1}


def _between(first: str, last: str) -> Test:
    return lambda character: any(first <= form <= last for form in _forms(character))


class _Reader:
    """Recursive descent over the characters of a pattern."""

    def __init__(self, pattern: str, max_depth: int) -> None:
        self.pattern = pattern
        self.max_depth = max_depth
        self.at = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def alternatives(self, depth: int) -> Part:
        options = [self.sequence(depth)]
        while self.peek() == "|":
            self.at += 1
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else Either(tuple(options))

    def sequence(self, depth: int) -> Part:
        parts: list[Part] = []
        while self.peek() not in ("", "|", ")"):
            anchor = self.peek() in "^$"
            parts.append(self.repeats(self.atom(depth), anchor=anchor))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def repeats(self, part: Part, *, anchor: bool) -> Part:
        start = self.at
        count = self.count()
        if count is None:
            return part
        if anchor:
            raise PatternError(Code.PATTERN, start, self.at - start, PatternFault.NOTHING_TO_REPEAT)
        if self.peek() and self.peek() in "*+?{":
            raise PatternError(Code.PATTERN, self.at, 1, PatternFault.REPEATED_TWICE)
        return Repeat(part, *count)

    def count(self) -> tuple[int, int | None] | None:
        sign = self.peek()
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if sign in simple:
            self.at += 1
            return simple[sign]
        if sign != "{":
            return None
        start = self.at
        end = self.pattern.find("}", start)
        least, comma, most = self.pattern[start + 1 : end].partition(",")
        if end < 0 or not _is_count(least) or (most and not _is_count(most)):
            raise PatternError(Code.PATTERN, start, 1, PatternFault.COUNT_MALFORMED)
        self.at = end + 1
        low = int(least)
        high = int(most) if most else (None if comma else low)
        if high is not None and high < low:
            raise PatternError(Code.PATTERN, start, self.at - start, PatternFault.COUNT_REVERSED)
        if max(low, high or 0) > MAX_COUNT:
            raise PatternError(Code.PATTERN_TOO_LARGE, start, self.at - start, MAX_COUNT)
        return low, high

    def atom(self, depth: int) -> Part:
        start = self.at
        character = self.peek()
        self.at += 1
        if character == "(":
            return self.group(start, depth)
        if character == "[":
            return Character(self.character_class(start))
        if character == "\\":
            return self.escaped(start)
        if character in "*+?{":
            raise PatternError(Code.PATTERN, start, 1, PatternFault.NOTHING_TO_REPEAT)
        single: dict[str, Part] = {".": _ANY, "^": Anchor(at_end=False), "$": Anchor(at_end=True)}
        return single.get(character) or _literal(character)

    def group(self, start: int, depth: int) -> Part:
        if depth >= self.max_depth:
            raise PatternError(Code.TOO_DEEP, start, 1, self.max_depth)
        if self.pattern.startswith("?:", self.at):
            self.at += 2
        elif self.peek() == "?":
            found = self.pattern[start : start + 3]
            raise PatternError(Code.PATTERN_UNSUPPORTED, start, len(found), found)
        part = self.alternatives(depth + 1)
        if self.peek() != ")":
            raise PatternError(Code.PATTERN, start, 1, PatternFault.GROUP_NOT_CLOSED)
        self.at += 1
        return part

    def escaped(self, start: int) -> Part:
        character = self.escape(start)
        return Character(_SHORTHANDS[character]) if character in _SHORTHANDS else _literal(character)

    def escape(self, start: int) -> str:
        """The character behind the backslash at `start`: a sign, or a letter of the shorthands."""
        character = self.peek()
        if not character:
            raise PatternError(Code.PATTERN, start, 1, PatternFault.ENDS_WITH_BACKSLASH)
        self.at += 1
        if _is_word(character) and character != "_" and character not in _SHORTHANDS:
            raise PatternError(Code.PATTERN_UNSUPPORTED, start, 2, "\\" + character)
        return character

    def character_class(self, start: int) -> Test:
        negated = self.peek() == "^"
        self.at += negated
        tests: list[Test] = []
        while self.peek() != "]":
            if not self.peek():
                raise PatternError(Code.PATTERN, start, 1, PatternFault.CLASS_NOT_CLOSED)
            tests.append(self.class_member())
        self.at += 1
        if not tests:
            raise PatternError(Code.PATTERN, start, self.at - start, PatternFault.CLASS_EMPTY)

        def inside(character: str) -> bool:
            return any(test(character) for test in tests) is not negated

        return inside

    def class_member(self) -> Test:
        begin = self.at
        first, shorthand = self.class_character()
        if shorthand:
            return _SHORTHANDS[first]
        if self.peek() != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
            return _between(first, first)
        self.at += 1
        last, shorthand = self.class_character()
        if shorthand or last < first:
            raise PatternError(Code.PATTERN, begin, self.at - begin, PatternFault.RANGE_REVERSED)
        return _between(first, last)

    def class_character(self) -> tuple[str, bool]:
        begin = self.at
        character = self.peek()
        self.at += 1
        if character != "\\":
            return character, False
        character = self.escape(begin)
        return character, character in _SHORTHANDS


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6


def _literal(character: str) -> Part:
    """A character as it stands in folded text: `SS` for a sharp s, lower case for most others."""
    folded = character.casefold()
    parts = tuple(Character(_one_of(c)) for c in folded)
    return parts[0] if len(parts) == 1 else Sequence(parts)

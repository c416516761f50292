"""From characters to tokens: everything that needs exact positions is decided here, before the grammar.

The result holds the tokens as they were written and a *skeleton*: a text of the same length, in ASCII and on one
line, in which every name is `nnn`, every number `111` and every text `"___"`. Python's `ast` reads the skeleton and
gives the structure; names, digits and texts are taken from the tokens. That way an offset of `ast` is an offset in
characters, no digit passes through a float, no text passes through Python's escapes, and no warning of Python's
(an unknown escape, a digit before a word) depends on its version.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from trueup.core.expression.arithmetic import DIGITS
from trueup.core.expression.codes import Code, Construct
from trueup.core.expression.errors import ExpressionError, fault

MAX_LENGTH = 2_000
"""Characters of an expression."""


class TokenKind(Enum):
    """What a run of characters is."""

    NAME = auto()
    WORD = auto()
    NUMBER = auto()
    TEXT = auto()
    OPERATOR = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A run of characters as written, with its place in the text."""

    kind: TokenKind
    source: str
    position: int

    @property
    def length(self) -> int:
        """Characters of the token."""
        return len(self.source)

    @property
    def end(self) -> int:
        """Position behind the last character."""
        return self.position + len(self.source)


WORDS = frozenset(["and", "or", "not", "in", "is", "if", "else", "None", "True", "False"])
"""Words of the language; every other word of Python's is refused, and the rest are names."""

_OPERATORS = frozenset(["+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "(", ")", "[", "]", ","])

_INSTEAD: Mapping[str, str] = {
    "=": "==",
    ":=": "==",
    "===": "==",
    "<>": "!=",
    "!": "not",
    "&": "and",
    "&&": "and",
    "|": "or",
    "||": "or",
    "//": "floor",
    "?": "if, else",
    ";": ",",
}

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+)
    | (?P<number>\.?[0-9][\w.]*)
    | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    | (?P<text>"(?:[^"\\\n\r]|\\[^\n\r])*"|'(?:[^'\\\n\r]|\\[^\n\r])*')
    | (?P<operator>===|!==|\*\*=?|//=?|<<|>>|<>|<=|>=|==|!=|:=|->|&&|\|\||[-+*/%@&|^~<>=!?:;.,()\[\]{}])
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+")
_ESCAPE = re.compile(r"\\([\\\"'])")


@dataclass(frozen=True, slots=True)
class Scan:
    """The tokens of a text, in their order, and its skeleton for `ast`."""

    text: str
    tokens: tuple[Token, ...]
    skeleton: str


def scan(text: str) -> Scan:
    """Cut a text into tokens; raises ExpressionError at the first character that cannot belong to an expression."""
    if len(text) > MAX_LENGTH:
        raise fault(Code.TOO_LONG, text, MAX_LENGTH, len(text) - MAX_LENGTH, MAX_LENGTH, len(text))
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _bad_character(text, position)
        if match.lastgroup != "blank":
            token = Token(_kind(match), match.group(), position)
            _refuse(text, token, tokens[-1] if tokens else None)
            tokens.append(token)
        position = match.end()
    if not tokens:
        raise fault(Code.EMPTY, text, 0, len(text))
    return Scan(text, tuple(tokens), _skeleton(text, tokens))


def text_value(token: Token) -> str:
    """The text that a token stands for: a backslash protects quotes and itself, and is kept before anything else.

    So `"\\d+"` and `"\\\\d+"` are the same pattern, and `"C:\\new"` is a path.
    """
    return _ESCAPE.sub(r"\1", token.source[1:-1])


def text_offset(token: Token, index: int) -> int:
    """Position in the expression of the character with that index in the token's text value."""
    source = token.source
    at = 1
    for _ in range(index):
        at += 2 if _ESCAPE.match(source, at) else 1
    return token.position + at


def _kind(match: re.Match[str]) -> TokenKind:
    if match.lastgroup == "name":
        return TokenKind.WORD if match.group() in WORDS else TokenKind.NAME
    return {"number": TokenKind.NUMBER, "text": TokenKind.TEXT}.get(match.lastgroup or "", TokenKind.OPERATOR)


def _refuse(text: str, token: Token, previous: Token | None) -> None:
    """Raise what is wrong with a token by itself or beside the one before it."""
    if token.kind is TokenKind.NUMBER:
        _refuse_number(text, token)
    elif token.kind is TokenKind.OPERATOR and token.source not in _OPERATORS:
        raise fault(Code.OPERATOR, text, token.position, token.length, token.source, _INSTEAD.get(token.source, ""))
    elif token.kind is TokenKind.NAME and keyword.iskeyword(token.source.partition(".")[0]):
        raise fault(Code.CONSTRUCT, text, token.position, token.length, Construct.KEYWORD)
    elif token.kind is TokenKind.NAME and not token.source.isascii():
        _refuse_letters(text, token)
    elif token.kind is TokenKind.TEXT and previous is not None:
        if previous.kind is TokenKind.TEXT:
            raise fault(Code.TEXTS_ADJACENT, text, token.position, token.length)
        if previous.kind is TokenKind.NAME and previous.end == token.position:
            raise fault(Code.CONSTRUCT, text, previous.position, previous.length, Construct.TEXT_PREFIX)


def _refuse_number(text: str, token: Token) -> None:
    if not _NUMBER.fullmatch(token.source):
        raise fault(Code.NUMBER, text, token.position, token.length, token.source)
    if sum(c.isdigit() for c in token.source) > DIGITS:
        raise fault(Code.NUMBER_TOO_LONG, text, token.position, token.length, DIGITS)


def _refuse_letters(text: str, token: Token) -> None:
    """Letters of every script may stand in a name; signs that merely look like letters or digits may not."""
    for index, character in enumerate(token.source):
        if character != "." and not f"n{character}".isidentifier():
            raise _bad_character(text, token.position + index)


def _bad_character(text: str, position: int) -> ExpressionError:
    character = text[position]
    if character in "\"'":
        line = re.split("[\n\r]", text[position:], maxsplit=1)[0]
        return fault(Code.TEXT_NOT_CLOSED, text, position, len(line), character)
    shown = character if character.isprintable() else ""
    return fault(Code.CHARACTER, text, position, 1, shown, f"U+{ord(character):04X}")


def _skeleton(text: str, tokens: list[Token]) -> str:
    parts: list[str] = []
    end = 0
    for token in tokens:
        parts.append(" " * (token.position - end))
        if token.kind is TokenKind.NAME:
            parts.append("n" * token.length)
        elif token.kind is TokenKind.NUMBER:
            parts.append("1" * token.length)
        elif token.kind is TokenKind.TEXT:
            parts.append('"' + "_" * (token.length - 2) + '"')
        else:
            parts.append(token.source)
        end = token.end
    return "".join(parts) + " " * (len(text) - end)

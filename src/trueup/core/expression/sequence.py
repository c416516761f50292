"""Which token may follow which: finds the first token that stands in a wrong place.

Python's parser would refuse the same texts, but it points at the operand before a missing comma or at the whole
line, differently in each version. This says exactly which token is the wrong one.
"""

from __future__ import annotations

from trueup.core.expression.codes import Code
from trueup.core.expression.errors import ExpressionError, fault
from trueup.core.expression.scan import Scan, Token, TokenKind

_PARTNERS = {")": "(", "]": "["}
_CONSTANTS = frozenset(["None", "True", "False"])
_SIGNS = frozenset(["-", "+"])


def check_sequence(scan: Scan, max_depth: int) -> None:
    """Raise ExpressionError at the first token that cannot stand where it does, or at the end if it comes early."""
    _Sequence(scan, max_depth).walk()


class _Sequence:
    """Walks the tokens once; `want` says whether an operand must come next."""

    def __init__(self, scan: Scan, max_depth: int) -> None:
        self.scan = scan
        self.max_depth = max_depth
        self.open: list[Token] = []
        self.pending_ifs = [0]
        self.want = True
        self.infix_not = False
        self.previous: Token | None = None

    def walk(self) -> None:
        for index, token in enumerate(self.scan.tokens):
            following = self.scan.tokens[index + 1].source if index + 1 < len(self.scan.tokens) else ""
            if token.source in ("(", "["):
                self.opens(token)
            elif token.source in _PARTNERS:
                self.closes(token)
            elif token.kind is TokenKind.OPERATOR:
                self.operator(token)
            elif token.kind is TokenKind.WORD and token.source not in _CONSTANTS:
                self.word(token, following)
            else:
                self.operand(token)
            self.previous = token
        last = self.scan.tokens[-1]
        if self.open:
            token = self.open[-1]
            raise fault(Code.BRACKET, self.scan.text, token.position, token.length, token.source)
        if self.want or self.pending_ifs[-1]:
            raise fault(Code.ENDS_EARLY, self.scan.text, last.end, 1)

    def wrong(self, token: Token) -> ExpressionError:
        return fault(Code.SYNTAX, self.scan.text, token.position, token.length, token.source)

    def operand(self, token: Token) -> None:
        if not self.want:
            raise self.wrong(token)
        self.want = False

    def opens(self, token: Token) -> None:
        if len(self.open) >= self.max_depth:
            raise fault(Code.TOO_DEEP, self.scan.text, token.position, token.length, self.max_depth)
        if not self.want and token.source == "(" and not self.callable_before():
            raise self.wrong(token)
        self.open.append(token)
        self.pending_ifs.append(0)
        self.want = True

    def callable_before(self) -> bool:
        """Whether the token before may be what a bracket calls; the grammar then says which calls it knows."""
        before = self.previous
        return before is not None and (before.kind is TokenKind.NAME or before.source in _PARTNERS)

    def closes(self, token: Token) -> None:
        if not self.open or self.open[-1].source != _PARTNERS[token.source]:
            raise fault(Code.BRACKET, self.scan.text, token.position, token.length, token.source)
        empty = self.previous is self.open[-1]
        after_comma = self.previous is not None and self.previous.source == ","
        if (self.want and not empty and not after_comma) or self.pending_ifs[-1]:
            raise self.wrong(token)
        self.open.pop()
        self.pending_ifs.pop()
        self.want = False

    def operator(self, token: Token) -> None:
        prefix = self.want and token.source in _SIGNS
        if (self.want and not prefix) or (token.source == "," and self.pending_ifs[-1]):
            raise self.wrong(token)
        self.want = True

    def word(self, token: Token, following: str) -> None:
        if token.source == "not":
            self.not_(token, following)
            return
        after_not = self.previous is not None and self.previous.source == "not" and token.source == "in"
        if self.want and not (after_not and self.infix_not):
            raise self.wrong(token)
        if token.source == "if":
            self.pending_ifs[-1] += 1
        elif token.source == "else":
            if not self.pending_ifs[-1]:
                raise self.wrong(token)
            self.pending_ifs[-1] -= 1
        self.want = True

    def not_(self, token: Token, following: str) -> None:
        """`not` stands before an operand, or inside `not in` and `is not`."""
        self.infix_not = not self.want
        if self.infix_not and following != "in":
            raise self.wrong(token)
        self.want = True

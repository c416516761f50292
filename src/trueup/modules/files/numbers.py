"""Numbers as files write them: which sign is the decimal one is settled for the whole file, or the file is refused.

`1.234` is one thousand in one country and a little over one in another; a file in which nothing settles it is not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from trueup.modules.files.refusing import implausible

LARGEST = Decimal(10) ** 9
"""No count of anything reaches it; what does is a number of another kind (an id, an amount in another unit)."""

_LONGEST = 40
"""Characters of a number; what is longer is none, and is not worked on."""
_SPACES = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}'\N{RIGHT SINGLE QUOTATION MARK}]"
_SPACED = re.compile(rf"-?\d{{1,3}}({_SPACES}\d{{3}})+([.,]\d+)?", re.ASCII)
_SPACE = re.compile(_SPACES)
_DIGITS = re.compile(r"-?[\d.,]*\d", re.ASCII)
_FORMS = {
    sign: re.compile(rf"-?(\d{{1,3}}({re.escape(group)}\d{{3}})+|\d*)({re.escape(sign)}\d+)?", re.ASCII)
    for sign, group in ((",", "."), (".", ","))
}


def _bare(text: str) -> str | None:
    """The text without blanks between thousands; None when it is no number in any country."""
    trimmed = text.strip()
    if len(trimmed) > _LONGEST:
        return None
    if _SPACED.fullmatch(trimmed):
        trimmed = _SPACE.sub("", trimmed)
    return trimmed if _DIGITS.fullmatch(trimmed) else None


@dataclass(slots=True)
class DecimalSign:
    """Collects what the numbers of a file say about its decimal sign, with the line where they first did."""

    found: dict[str, int] = field(default_factory=dict)
    undecided: tuple[int, str] | None = None

    def see(self, line: int, text: str) -> None:
        """Take one number into account."""
        bare = _bare(text)
        if bare is None:
            return
        signs = [letter for letter in bare if letter in ",."]
        if not signs:
            return
        last, other = signs[-1], "." if signs[-1] == "," else ","
        whole, _, rest = bare.rpartition(last)
        if len(set(signs)) == 2:
            self.found.setdefault(last, line)
        elif len(signs) > 1:
            self.found.setdefault(other, line)
        elif len(rest) != 3 or len(whole.lstrip("-")) > 3 or whole.lstrip("-") in ("", "0"):
            self.found.setdefault(last, line)
        elif self.undecided is None:
            self.undecided = (line, bare)

    def settled(self) -> str:
        """The sign: a point where no number has any. Raises FileRefusedError `file.numbers_mixed`,
        `file.numbers_ambiguous`."""
        if len(self.found) == 2:
            raise implausible("file.numbers_mixed", comma=self.found[","], point=self.found["."])
        if not self.found and self.undecided is not None:
            raise implausible("file.numbers_ambiguous", line=self.undecided[0], value=self.undecided[1])
        return next(iter(self.found), ".")


def number_of(text: str, sign: str) -> Decimal | None:
    """An exact number, written with this decimal sign; None when it is none."""
    bare = _bare(text)
    if bare is None or not _FORMS[sign].fullmatch(bare):
        return None
    group = "." if sign == "," else ","
    return Decimal(bare.replace(group, "").replace(sign, "."))

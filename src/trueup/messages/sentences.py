"""Reasons become sentences. A code that is not in the catalogue is shown as it is, with its parameters: never a crash.

Texts hold places such as `{units}`; what stands there is written by its type (numbers grouped, days as days). A place
may say how: `{amount:money}`, `{change:signed}`, `{difference:signed_money}`, `{share:percent}`, `{price:price}`,
`{id:plain}`, `{lines:noun.line}` (a number with its noun, from the message `noun.line`; `signed.line` with its sign,
`size.line` without), `{state:word.coverage}` (a word of a list in the catalogue) and `{failure:code}` (the sentence of
another code). A part in square brackets is left out when a parameter inside it is missing: `refused[ from {address}]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from trueup.core.reason import Param, Reason
from trueup.messages.catalogue import Message, messages_of
from trueup.messages.formats import Formats
from trueup.messages.found import found_messages
from trueup.messages.language import LANGUAGES, language_of

Given = Mapping[str, "Param | datetime"]

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACE = re.compile(r"\{(\w+)(?::([\w.]+))?\}")
_UNKNOWN_ASIDE = re.compile("\\s?\\([^()]*\N{HORIZONTAL ELLIPSIS}[^()]*\\)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Text from outside without control characters, so that no name can steer a terminal; newlines become blanks."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", " ").replace("\n", " "))


@dataclass(frozen=True, slots=True)
class _Place:
    """A place of a text: the parameter, how it is written, and the place as it stands."""

    name: str
    how: str | None
    text: str


@dataclass(frozen=True, slots=True)
class _Optional:
    """A part in square brackets."""

    parts: tuple[str | _Place, ...]

    @property
    def places(self) -> tuple[_Place, ...]:
        """What has to be there."""
        return tuple(one for one in self.parts if isinstance(one, _Place))


def _with_places(text: str) -> Iterator[str | _Place]:
    at = 0
    for found in _PLACE.finditer(text):
        yield text[at : found.start()]
        yield _Place(found[1], found[2], found[0])
        at = found.end()
    yield text[at:]


@cache  # as many as there are messages
def _parts_of(text: str) -> tuple[str | _Place | _Optional, ...]:
    """A text taken apart once, for all the times that it is said."""
    parts: list[str | _Place | _Optional] = []
    at = 0
    for found in _OPTIONAL.finditer(text):
        parts += [*_with_places(text[at : found.start()]), _Optional(tuple(_with_places(found[1])))]
        at = found.end()
    return tuple(one for one in (*parts, *_with_places(text[at:])) if one != "")


class Sentences:
    """Speaks one language. Made by `for_language`; holds no state that changes."""

    def __init__(self, language: str, messages: Mapping[str, Message]) -> None:
        self.language = language
        self._messages = messages
        self._formats = Formats(language)
        self._plain: dict[str, str | None] = {}
        self._written: Mapping[str, Callable[[Param | datetime, str | None], str]] = {
            "money": lambda value, currency: self.money(_exact(value), currency),
            "signed_money": lambda value, currency: self._formats.signed_money(_exact(value), currency),
            "price": lambda value, currency: self._formats.price(_exact(value), currency),
            "percent": lambda value, _: self._formats.percent(_exact(value)),
            "signed": lambda value, _: self._formats.signed(_exact(value)),
            "plain": lambda value, _: harmless(str(value)),
            "month": lambda value, _: self.month(value) if isinstance(value, date) else harmless(str(value)),
            "code": lambda value, _: self._bare(str(value)),
        }

    def _bare(self, code: str) -> str:
        """The sentence of a code whose parameters are not known: what stands in round brackets with one is left out."""
        said = _PLACE.sub("\N{HORIZONTAL ELLIPSIS}", self.say(Reason(code))).rstrip(".")
        return _UNKNOWN_ASIDE.sub("", said)

    @classmethod
    def for_pages(cls, language: str) -> Sentences:
        """The same with the texts of the pages, and with cures that name no command."""
        return _spoken_on_pages(language_of(language) or LANGUAGES[0])

    @classmethod
    def for_language(cls, language: str) -> Sentences:
        """The sentences of a language tag; English where the catalogue does not speak it."""
        return _spoken(language_of(language) or LANGUAGES[0])

    def say(self, reason: Reason, currency: str | None = None) -> str:
        """What happened. `currency` is used for amounts of a reason that carries none of its own."""
        message = self._messages.get(reason.code)
        if message is None:
            return _bare(reason)
        return self._filled(message, reason.as_dict(), currency)

    def cure(self, reason: Reason, currency: str | None = None) -> str | None:
        """What to do about it; None where there is nothing to do."""
        message = self._messages.get(reason.code)
        if message is None or message.cure is None:
            return None
        if message.cure.startswith("@"):
            return self.say(Reason(message.cure[1:], reason.params), currency)
        return self._fill(message.cure, reason.as_dict(), currency)

    def knows(self, code: str) -> bool:
        """Whether there is a message for the code."""
        return code in self._messages

    def text(self, key: str, /, **params: Param | datetime) -> str:
        """The text of a key with its places filled in."""
        plain = self.plain(key)
        if plain is not None:  # as most texts of a page are
            return plain
        message = self._messages.get(key)
        if message is None:
            shown = {name: str(value) for name, value in params.items()}
            return _bare(Reason.of(key, **shown))
        return self._filled(message, params, None)

    def plain(self, key: str) -> str | None:
        """The text of a key that has no places, and is the same whatever is counted; None for any other."""
        if key not in self._plain:
            message = self._messages.get(key)
            is_plain = message is not None and message.one is None and message.text in _parts_of(message.text)
            self._plain[key] = message.text if message is not None and is_plain else None
        return self._plain[key]

    def word(self, group: str, value: str) -> str:
        """The word for a value of a list, such as `coverage`; the value itself where the list does not hold it."""
        message = self._messages.get(f"word.{group}.{value}")
        return message.text if message is not None else harmless(value)

    @property
    def colon(self) -> str:
        """What stands between a name and what is said of it; French sets it off."""
        return "\N{NO-BREAK SPACE}: " if self.language == "fr" else ": "

    def money(self, amount: Decimal, currency: str | None) -> str:
        """An amount with its currency."""
        return self._formats.money(amount, currency)

    def signed_money(self, amount: Decimal, currency: str | None) -> str:
        """An amount with its sign and its currency."""
        return self._formats.signed_money(amount, currency)

    def price(self, price: Decimal, currency: str | None) -> str:
        """A price per unit, with all its decimals."""
        return self._formats.price(price, currency)

    def number(self, value: Decimal | int) -> str:
        """A number, grouped."""
        return self._formats.number(value)

    def signed(self, value: Decimal | int) -> str:
        """A number with its sign."""
        return self._formats.signed(value)

    def day(self, day: date) -> str:
        """A calendar day."""
        return self._formats.day(day)

    def month(self, day: date) -> str:
        """The calendar month of a day."""
        return self._formats.month(day)

    def moment(self, moment: datetime) -> str:
        """A moment, in the time zone that it carries."""
        return self._formats.moment(moment)

    def _filled(self, message: Message, params: Given, currency: str | None) -> str:
        text = message.text
        if message.one is not None:
            value = params.get(message.by)
            if isinstance(value, int | Decimal) and self._formats.plural(value) == "one":
                text = message.one
        return self._fill(text, params, currency)

    def _fill(self, text: str, params: Given, currency: str | None) -> str:
        own = params.get("currency")
        chosen = str(own) if own else currency

        written: list[str] = []
        for part in _parts_of(text):
            if isinstance(part, str):
                written.append(part)
            elif isinstance(part, _Place):
                written.append(self._put(part, params, chosen))
            elif all(params.get(place.name) not in (None, "") for place in part.places):
                written += [one if isinstance(one, str) else self._put(one, params, chosen) for one in part.parts]
        return "".join(written)

    def _put(self, place: _Place, params: Given, currency: str | None) -> str:
        return self._value(params[place.name], place.how, currency) if place.name in params else place.text

    def _value(self, value: Param | datetime, how: str | None, currency: str | None) -> str:
        if value is None:
            return self.text("word.nothing")
        if how is not None:
            return self._as(value, how, currency)
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return self.number(value)
        return harmless(str(value))

    def _counted(self, value: int | Decimal, group: str, name: str) -> str:
        figure = (
            self.signed(value)
            if group == "signed"
            else self.number(Decimal(value).copy_abs() if group == "size" else value)
        )
        message = self._messages.get(f"noun.{name}")
        if message is None:
            return figure
        one = message.one is not None and self._formats.plural(value) == "one"
        return (message.one if one and message.one is not None else message.text).replace("{count}", figure)

    def _as(self, value: Param | datetime, how: str, currency: str | None) -> str:
        group, _, name = how.partition(".")
        if group == "word":
            return self.word(name, str(value))
        if group in ("noun", "signed", "size") and name and isinstance(value, int | Decimal):
            return self._counted(value, group, name)
        write = self._written.get(how)
        if write is None or (how not in ("plain", "code", "month") and not isinstance(value, int | Decimal)):
            return harmless(str(value))
        return write(value, currency)


def _exact(value: Param | datetime) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _bare(reason: Reason) -> str:
    shown = ", ".join(f"{name}={harmless(str(value))}" for name, value in reason.params)
    return f"{reason.code} ({shown})" if shown else reason.code


@cache
def _spoken(language: str) -> Sentences:
    return Sentences(language, found_messages(language))


@cache
def _spoken_on_pages(language: str) -> Sentences:
    said = {code: one.on_pages() for code, one in messages_of(language).items()}
    return Sentences(language, {**said, **messages_of(f"pages.{language}")})

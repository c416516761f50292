"""Shapes of the REST API: what goes in is checked to the letter, what comes out is made from a use case's result.

Amounts, prices and measured values are text with all their digits, units are whole numbers, days and moments are ISO.
A reason is a code with its parameters for programs, and a sentence in the caller's language for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
)

from trueup.core.finding import Finding
from trueup.core.reason import Param, Reason
from trueup.core.usage import Failure
from trueup.messages.sentences import Sentences

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_ANY_LINES = r"^[^\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]*$"

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_ONE_LINE)]
"""A name or an id, without control characters."""

Words = Annotated[str, StringConstraints(max_length=2000, pattern=_ANY_LINES)]
"""What a person writes: a reason, an expression."""

Units = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]
"""Units of a line."""

Days = Annotated[int, Field(ge=0, le=366)]
"""A number of days."""

ExactIn = Annotated[
    Decimal, Field(max_digits=28, decimal_places=10, allow_inf_nan=False, ge=Decimal(-(10**15)), le=Decimal(10**15))
]
"""An exact number: text or a number without an exponent."""


def _iso_day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    msg = "a day is written as YYYY-MM-DD"
    raise ValueError(msg)


Day = Annotated[date, BeforeValidator(_iso_day)]
"""A day in ISO form; no number of seconds is taken for one."""

Exact = Annotated[Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str)]
"""An exact number as text."""


class Answer(BaseModel):
    """What the API gives. Made from a result by `told`."""

    model_config = ConfigDict(from_attributes=True, validate_by_name=True, validate_by_alias=True, frozen=True)


class Asked(BaseModel):
    """What the API is given: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReasonAnswer(Answer):
    """Why something is as it is: a stable code and its numbers, a sentence and, where something can be done, a cure."""

    code: str
    params: dict[str, str | int | None]
    text: str
    cure: str | None


class FailureAnswer(ReasonAnswer):
    """Why a source could not be read."""

    category: str


class FindingAnswer(ReasonAnswer):
    """The answer to one prerequisite."""

    question: str
    state: str


def param_text(value: Param) -> str | int | None:
    """One parameter of a reason: decimals as text with all their digits, days in ISO form."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def _sentences(info: ValidationInfo) -> tuple[Sentences, str | None]:
    context = cast("Mapping[str, Any]", info.context)
    currency = info.data.get("currency") or context.get("currency")
    return context["said"], currency


def reason_told(reason: Reason, said: Sentences, currency: str | None = None) -> dict[str, Any]:
    """The parts of a reason's answer."""
    return {
        "code": reason.code,
        "params": {name: param_text(value) for name, value in reason.params},
        "text": said.say(reason, currency),
        "cure": said.cure(reason, currency),
    }


def finding_told(finding: Finding, said: Sentences, currency: str | None = None) -> dict[str, Any]:
    """The parts of a finding's answer."""
    answer = reason_told(finding.reason, said, currency)
    if finding.cure is not None:
        answer["cure"] = said.say(finding.cure, currency)
    return {"question": finding.code, "state": finding.state.value, **answer}


def _reason(value: object, info: ValidationInfo) -> object:
    return reason_told(value, *_sentences(info)) if isinstance(value, Reason) else value


def _failure(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, Failure):
        return value
    return {"category": value.category.value, **reason_told(value.reason, *_sentences(info))}


def _finding(value: object, info: ValidationInfo) -> object:
    return finding_told(value, *_sentences(info)) if isinstance(value, Finding) else value


Told = Annotated[ReasonAnswer, BeforeValidator(_reason)]
ToldFailure = Annotated[FailureAnswer, BeforeValidator(_failure)]
ToldFinding = Annotated[FindingAnswer, BeforeValidator(_finding)]


def joined(result: DataclassInstance, **more: object) -> SimpleNamespace:
    """A result (a dataclass) with further parts beside its own, for a shape that shows both."""
    return SimpleNamespace(**{part.name: getattr(result, part.name) for part in fields(result)} | more)


A = TypeVar("A", bound=Answer)


def told(shape: type[A], result: object, said: Sentences, currency: str | None = None) -> A:
    """A result as the API gives it. `currency` is for amounts in sentences whose result names none itself."""
    return shape.model_validate(result, context={"said": said, "currency": currency})

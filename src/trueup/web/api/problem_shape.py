"""The shape of every refusal of the API: problem details (RFC 9457) with a stable code."""

from __future__ import annotations

from pydantic import BaseModel, Field

from trueup.web.api.shapes import FindingAnswer, ReasonAnswer


class WrongPart(BaseModel):
    """One part of a call that cannot be used."""

    place: str = Field(description="Where: `body/quantity`, `query/limit`; of an expression, its text.")
    kind: str = Field(description="What kind of fault, or the code of the expression's fault.")
    detail: str
    position: int | None = Field(default=None, description="Of an expression: the character where the fault begins.")
    length: int | None = Field(default=None, description="Of an expression: so many characters.")


class Problem(BaseModel):
    """Why a call was refused. Nothing was changed, unless the code's page says otherwise."""

    type: str = Field(description="`urn:trueup:code:` and the code.")
    title: str = Field(description="The status in words.")
    status: int
    code: str = Field(description="Stable; docs/codes.md explains every one.")
    detail: str = Field(description="What happened, in the language of Accept-Language.")
    cure: str | None = Field(default=None, description="What to do about it.")
    errors: list[WrongPart] | None = Field(default=None, description="The parts that cannot be used.")
    more: list[ReasonAnswer] | None = Field(default=None, description="Further reasons of the same refusal.")
    findings: list[FindingAnswer] | None = Field(default=None, description="The answers of a live test that failed.")

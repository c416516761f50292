"""Statements for customers, sealed, and whether a file is still what was handed out."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import File, Path, Query, UploadFile
from fastapi.responses import Response

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.statements import issuing
from trueup.app.statements.issuing import Issued
from trueup.app.statements.sealing import public_key_text
from trueup.core.reason import Reason
from trueup.web.api.margins import month_of
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Name
from trueup.web.asking import AdministratorHere, BillingHere, ViewerHere

router = api_router("statements")

Customer = Annotated[Name, Path(description="Id of a customer, or a name that is the only one.")]
Month = Annotated[str, Query(pattern=r"^[0-9]{4}-[0-9]{2}$", description="A calendar month, as 2026-06.")]
Format = Annotated[Literal["pdf", "xlsx", "csv"], Query(alias="format")]
Language = Annotated[Literal["en", "fr"] | None, Query(description="Without it the tenant's.")]


BYTES: Final = {"schema": {"type": "string", "format": "binary"}}


class PublicKeyAnswer(Answer):
    """The key that statements are checked with: its fingerprint, and its 32 bytes in base64."""

    key: str
    public_key: str


class CheckedAnswer(Answer):
    """Whether a file is as it was sealed, else the parts that were altered, are missing, or were added."""

    unaltered: bool
    format: str
    key: str
    content: str
    altered: list[str]
    missing: list[str]
    added: list[str]


def statement_answer(issued: Issued) -> Response:
    """The file as an answer."""
    name = f"attachment; filename={issued.name}"
    return Response(issued.data, media_type=issued.media, headers={"Content-Disposition": name})


@router.get(
    "/customers/{customer}/statement",
    operation_id="getStatement",
    response_class=Response,
    responses={
        200: {
            "content": {"application/octet-stream": BYTES},
            "description": "The sealed file.",
        }
    },
)
async def get_statement(
    here: BillingHere, customer: Customer, month: Month, kind: Format = "pdf", language: Language = None
) -> Response:
    """A customer's month as a sealed file; a month that is not over gives a provisional one."""
    day = month_of(month)
    if day is None:
        raise UseCaseError(Reason.of("web.shape", place="month"), Exit.USAGE)
    return statement_answer(await issuing.issue(here.ws, customer, day, kind, language))


@router.get("/statements/public-key", operation_id="getStatementKey")
async def get_statement_key(here: BillingHere) -> PublicKeyAnswer:
    """The public key of the key that signs now, for publishing."""
    pair = await issuing.public_key(here.ws)
    return PublicKeyAnswer(key=pair.id, public_key=public_key_text(pair.public))


@router.post("/statements/verify", operation_id="verifyStatement")
async def verify_statement(here: ViewerHere, file: Annotated[UploadFile, File()]) -> CheckedAnswer:
    """Check a file that was handed out here."""
    checked = await issuing.verify(here.ws, await file.read())
    found = checked.differences
    return CheckedAnswer(
        unaltered=checked.unaltered,
        format=checked.format,
        key=checked.key,
        content=checked.content,
        altered=list(found.altered) if found else [],
        missing=list(found.missing) if found else [],
        added=list(found.added) if found else [],
    )


def logo_answer(image: bytes | None) -> Response:
    """The logo as its own kind of image. Raises UseCaseError `statement.unknown_logo` where there is none."""
    if image is None:
        raise failed("statement.unknown_logo")
    return Response(image, media_type="image/png" if image.startswith(b"\x89PNG") else "image/jpeg")


@router.get(
    "/statements/logo",
    operation_id="getStatementLogo",
    response_class=Response,
    responses={200: {"content": {"image/png": BYTES, "image/jpeg": BYTES}, "description": "The logo."}},
)
async def get_statement_logo(here: ViewerHere) -> Response:
    """The logo on top of PDF statements."""
    return logo_answer(await issuing.logo(here.ws))


@router.put("/statements/logo", operation_id="setStatementLogo", status_code=204)
async def set_statement_logo(here: AdministratorHere, file: Annotated[UploadFile, File()]) -> None:
    """Put a PNG or JPEG on top of PDF statements."""
    await issuing.set_logo(here.ws, await file.read())


@router.delete("/statements/logo", operation_id="removeStatementLogo", status_code=204)
async def remove_statement_logo(here: AdministratorHere) -> None:
    """Take the logo away."""
    await issuing.set_logo(here.ws, None)

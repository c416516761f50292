"""Usage that arrives as files: looked at first, then delivered; and what the columns of a source mean."""

from __future__ import annotations

import tempfile
from datetime import date
from typing import Annotated

from fastapi import File, Form, UploadFile
from fastapi import Path as InPath
from pydantic import BeforeValidator, Field

from trueup.app.usage import importing, profiles
from trueup.app.usage.importing import ImportState
from trueup.core.usage import Coverage, MetricKind
from trueup.modules.files.rows import FILE_LIMIT
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Day, Exact, Name, Told, ToldFailure, Words, told
from trueup.web.asking import BillingHere, Here, ViewerHere
from trueup.web.sent_files import written

router = api_router("usage-files", "/usage-files")

SourceName = Annotated[Name, InPath(description="Name of a source that is fed by files.")]


class WrittenAnswer(Answer):
    """How a file is written."""

    format: str
    encoding: str
    delimiter: str
    sheet: str
    decimal: str


class RejectedAnswer(Answer):
    """A row that was not understood."""

    line: int
    reason: Told


class FileCountAnswer(Answer):
    """One number of the file, beside what counted before."""

    organization: str
    name: str
    metric: str
    label: str
    value: Exact
    coverage: Coverage
    before: Exact | None


class ImportAnswer(Answer):
    """What a file says and what became of it. A refused file is on record with its failure."""

    state: ImportState
    source: str = Field(validation_alias="connection")
    kind: str
    file: str
    day: date | None
    written: WrittenAnswer | None
    rows: int
    rows_left_out: int = Field(validation_alias="left_out")
    rows_rejected: int = Field(validation_alias="rejected_rows")
    rejected: list[RejectedAnswer]
    coverage: Coverage
    items: int
    counts: list[FileCountAnswer]
    notes: list[Told]
    failure: ToldFailure | None


class TypeAnswer(Answer):
    """A billing type of the source."""

    key: str
    label: str
    kind: MetricKind
    unit: str


class SourceAnswer(Answer):
    """A source with its profile."""

    source: str = Field(validation_alias="name")
    kind: str
    settings: Annotated[dict[str, str], BeforeValidator(dict)]
    billing_types: list[TypeAnswer] = Field(validation_alias="types")
    delivered_day: date | None = Field(validation_alias="delivered")


class ProfileAsked(Asked):
    """Keys of a profile; an empty value takes one away."""

    kind: Name | None = Field(default=None, description="The module whose billing types it counts.")
    settings: dict[Name, Words] = Field(default={}, max_length=100)


async def _imported(here: Here, source: str, file: UploadFile, asked: importing.Asked) -> ImportAnswer:
    with tempfile.TemporaryDirectory() as folder:
        found = await importing.import_file(here.ws, source, await written(file, folder), asked)
    return told(ImportAnswer, found, here.said)


@router.get("", operation_id="listProfiles")
async def list_profiles(here: ViewerHere) -> list[SourceAnswer]:
    """Sources that are fed by files."""
    return [told(SourceAnswer, one, here.said) for one in await profiles.list_profiles(here.ws)]


@router.put("/{source}", operation_id="saveProfile")
async def save_profile(here: BillingHere, source: SourceName, asked: ProfileAsked) -> SourceAnswer:
    """Save what the columns of a source's files mean (docs/guides/files.md)."""
    return told(SourceAnswer, await profiles.save_profile(here.ws, source, asked.kind, asked.settings), here.said)


@router.post("/{source}/import", operation_id="importUsageFile", max_body_size=FILE_LIMIT + 100_000)
async def import_usage_file(
    here: BillingHere,
    source: SourceName,
    file: Annotated[UploadFile, File(description="CSV, XLSX or JSON.")],
    day: Annotated[Day | None, Form(description="The usage day, where the file does not say.")] = None,
    preview: Annotated[bool, Form(description="Only look; nothing is recorded.")] = False,
    again: Annotated[bool, Form(description="Deliver it though a later file took its place.")] = False,
    short_because: Annotated[Words | None, Form(description="Why fewer rows than before are right.")] = None,
) -> ImportAnswer:
    """Read a usage file by its source's profile and deliver it for one usage day, or only show what it says."""
    return await _imported(here, source, file, importing.Asked(day, preview, again, short_because))

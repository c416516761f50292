"""Statements handed out: gathered, written in a language and a format, sealed; and checked when they come back."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import date
from typing import Final

from PIL import Image, UnidentifiedImageError

from trueup.app.counting.item_metrics import wrong
from trueup.app.statements import csv_file, pdf_file, workbook_file
from trueup.app.statements.document import document
from trueup.app.statements.sealing import FORMATS, MEDIA, Checked, check, fingerprint, sealed, signing_key
from trueup.app.statements.stating import statement
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.statements.statement import Statement
from trueup.messages.language import LANGUAGES
from trueup.messages.sentences import Sentences
from trueup.store.codec import encode
from trueup.store.statements import SigningKey

_LARGEST_LOGO: Final = 512 * 1024
_LOGO_PIXELS: Final = 2_000 * 2_000


@dataclass(frozen=True, slots=True)
class Issued:
    """A statement as a file. `content` is the digest of what it says, the same in every format and language."""

    statement: Statement
    format: str
    language: str
    name: str
    media: str
    data: bytes
    content: str


def _written(made: Statement, kind: str, language: str, logo: bytes | None, pair: SigningKey) -> Issued:
    content = hashlib.sha256(encode(made).encode()).hexdigest()
    words = document(made, content, Sentences.for_language(language))
    if kind == "pdf":
        data = pdf_file.write(words, logo)
    else:
        data = workbook_file.write(words) if kind == "xlsx" else csv_file.write(words)
    safe = "".join(one if one.isalnum() else "-" for one in made.customer_id)
    name = f"{made.first:%Y-%m}-{safe}-{language}.{kind}"
    return Issued(made, kind, language, name, MEDIA[kind], sealed(kind, data, content, pair), content)


def _issue(ws: Workspace, made: Statement, kind: str, language: str) -> Issued:
    pair = signing_key(ws)
    issued = _written(made, kind, language, ws.store.statements.logo(), pair)
    detail = Reason.of(
        "audit.statement_issued", customer=made.customer_id, month=made.first, format=kind, content=issued.content[:12]
    )
    ws.store.audit.add(ws.actor, "statement.issued", detail, now=ws.now())
    return issued


async def issue(ws: Workspace, customer: str, month: date, kind: str = "pdf", language: str | None = None) -> Issued:
    """A customer's statement as a sealed file (`pdf`, `xlsx`, `csv`), in the tenant's language unless another is asked
    for. Raises what `stating.statement` raises; UseCaseError `statement.unknown_format`, `statement.unknown_language`
    (exit code 2); StoreError `store.key_missing`."""
    if kind not in FORMATS:
        raise wrong("statement.unknown_format", format=kind, known=", ".join(FORMATS))
    settings = await ws.step(ws.store.settings.get)
    chosen = language or settings.language
    if chosen not in LANGUAGES:
        raise wrong("statement.unknown_language", language=chosen, known=", ".join(LANGUAGES))
    made = await statement(ws, customer, month)
    return await ws.step(_issue, ws, made, kind, chosen)


def _public_keys(ws: Workspace) -> dict[str, bytes]:
    return ws.store.statements.public_keys()


async def verify(ws: Workspace, data: bytes, public: bytes | None = None) -> Checked:
    """Check a statement with the tenant's own keys, or with the public key that is given. Raises what
    `sealing.check` raises."""
    keys = await ws.step(_public_keys, ws) if public is None else {fingerprint(public): public}
    return await ws.step(check, data, keys)


async def public_key(ws: Workspace) -> SigningKey:
    """The key that signs now, made where there is none. Raises StoreError `store.key_missing`."""
    return await ws.step(signing_key, ws)


async def logo(ws: Workspace) -> bytes | None:
    """The PNG or JPEG on top of PDF statements; None without one."""
    return await ws.step(ws.store.statements.logo)


def _set_logo(ws: Workspace, image: bytes | None) -> None:
    with ws.store.writing():
        ws.store.statements.set_logo(image, ws.actor, now=ws.now())
        detail = Reason.of("audit.statement_logo", bytes=len(image or b""))
        ws.store.audit.add(ws.actor, "statement.logo", detail, now=ws.now())


async def set_logo(ws: Workspace, image: bytes | None) -> None:
    """Put a PNG or JPEG on top of PDF statements, or take it away (None). Raises UseCaseError `statement.bad_logo`
    (exit code 2)."""
    if image is not None:
        await ws.step(_refuse_bad_logo, image)
    await ws.step(_set_logo, ws, image)


def _refuse_bad_logo(image: bytes) -> None:
    if len(image) > _LARGEST_LOGO:
        raise wrong("statement.bad_logo", kilobytes=_LARGEST_LOGO // 1024)
    try:
        with Image.open(io.BytesIO(image), formats=("PNG", "JPEG")) as opened:
            too_many = opened.width * opened.height > _LOGO_PIXELS
            if not too_many:
                opened.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise wrong("statement.bad_logo", kilobytes=_LARGEST_LOGO // 1024) from None
    if too_many:
        raise wrong("statement.bad_logo", kilobytes=_LARGEST_LOGO // 1024)

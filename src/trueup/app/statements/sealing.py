"""Seals: Ed25519 signatures over a statement's document, made with the tenant's key and checked with the public one.

Source of the method: RFC 8032 (Ed25519). What is signed, and how a document is cut into parts:
docs/decisions/0159-sealed-statements.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from trueup.app.counting.item_metrics import wrong
from trueup.app.errors import failed
from trueup.app.statements import csv_file, pdf_file, workbook_file
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.statements.seal import Differences, Seal, differences, seal_from, unsigned_seal
from trueup.store.statements import SigningKey

FORMATS: Final[Mapping[str, ModuleType]] = {"pdf": pdf_file, "xlsx": workbook_file, "csv": csv_file}
MEDIA: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_LARGEST: Final = 32 * 1024 * 1024


def fingerprint(public: bytes) -> str:
    """The name of a public key: the first 32 digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:32]


def new_pair() -> SigningKey:
    """A new key pair."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return SigningKey(fingerprint(public), public, private.private_bytes_raw())


def signing_key(ws: Workspace) -> SigningKey:
    """The tenant's key pair, made where there is none. Raises StoreError `store.key_missing`."""
    store = ws.store
    with store.writing():
        found = store.statements.signing_key()
        if found is None:
            found = new_pair()
            store.statements.add_key(found, ws.actor, now=ws.now())
            detail = Reason.of("audit.statement_key_made", key=found.id)
            store.audit.add(ws.actor, "statement.key_made", detail, now=ws.now())
    return found


def sealed(kind: str, data: bytes, content: str, pair: SigningKey) -> bytes:
    """The document with its seal. `content` is the digest of what the statement says."""
    form = FORMATS[kind]
    parts, _ = form.parts_of(data)
    seal = unsigned_seal(kind, content, pair.id, parts)
    signed = seal.with_signature(Ed25519PrivateKey.from_private_bytes(pair.private).sign(seal.signed))
    made: bytes = form.with_seal(data, signed.text())
    return made


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a document found. `differences` is None for one that is as it was sealed."""

    format: str
    key: str
    content: str
    differences: Differences | None

    @property
    def unaltered(self) -> bool:
        """Whether the document is what was sealed."""
        return self.differences is None


def public_key_from(text: str) -> bytes:
    """A public key as it is published: 32 bytes in base64. Raises UseCaseError `statement.bad_key` (exit code 2)."""
    try:
        found = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise wrong("statement.bad_key") from None
    if len(found) != 32:
        raise wrong("statement.bad_key")
    return found


def public_key_text(public: bytes) -> str:
    """A public key for publishing."""
    return base64.b64encode(public).decode("ascii")


def _kind(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return "pdf"
    return "xlsx" if data.startswith(b"PK\x03\x04") else "csv"


def check(data: bytes, keys: Mapping[str, bytes]) -> Checked:
    """Check a document against public keys by fingerprint; needs no store.

    Raises UseCaseError `statement.too_large`, `statement.unreadable`, `statement.no_seal`, `statement.unknown_key`,
    `statement.wrong_signature`. A document that differs from its seal is an answer and no error.
    """
    if len(data) > _LARGEST:
        raise failed("statement.too_large")
    kind = _kind(data)
    try:
        parts, word = FORMATS[kind].parts_of(data)
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, OSError) as error:
        raise failed("statement.unreadable", detail=type(error).__name__) from None
    seal: Seal | None = seal_from(word) if word is not None else None
    if seal is None or seal.format != kind:
        raise failed("statement.no_seal")
    public = keys.get(seal.key)
    if public is None or fingerprint(public) != seal.key:
        raise failed("statement.unknown_key", key=seal.key)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(seal.signature, seal.signed)
    except (InvalidSignature, ValueError):
        raise failed("statement.wrong_signature", key=seal.key) from None
    return Checked(kind, seal.key, seal.content, differences(seal, parts))

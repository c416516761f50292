"""The seal of a document: a digest of everything in it, digests of its parts, and a signature over all of them.

A part is what a reader can point at: a page, a row. The digest of the whole decides; those of the parts only say where
to look, and are shortened. How a document is cut into parts is its format's business
(docs/decisions/0159-sealed-statements.md).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

LAYOUT = 1
_SHORT = 16


@dataclass(frozen=True, slots=True)
class Seal:
    """`content` is the digest of what the statement says, the same in every format and language; `key` names the public
    key (its fingerprint); `signature` is Ed25519 over `signed`."""

    format: str
    content: str
    key: str
    whole: str
    parts: tuple[tuple[str, str], ...]
    signature: bytes = b""

    @property
    def signed(self) -> bytes:
        """What the signature covers: everything but itself, as JSON with sorted names and no blanks."""
        return json.dumps(self._plain(), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")

    def with_signature(self, signature: bytes) -> Seal:
        """The seal, signed."""
        return replace(self, signature=signature)

    def _plain(self) -> dict[str, object]:
        return {
            "trueup_seal": LAYOUT,
            "format": self.format,
            "content": self.content,
            "key": self.key,
            "whole": self.whole,
            "parts": [list(part) for part in self.parts],
        }

    def text(self) -> str:
        """The seal as one word, for its place in the document."""
        signature = base64.b64encode(self.signature).decode("ascii")
        plain = {**self._plain(), "signature": signature}
        return base64.b64encode(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode("ascii")).decode(
            "ascii"
        )


def seal_from(text: str) -> Seal | None:
    """The seal behind its word; None where it is none."""
    try:
        found = json.loads(base64.b64decode(text.strip(), validate=True))
        if found["trueup_seal"] != LAYOUT:
            return None
        return Seal(
            str(found["format"]),
            str(found["content"]),
            str(found["key"]),
            str(found["whole"]),
            tuple((str(name), str(value)) for name, value in found["parts"]),
            base64.b64decode(found["signature"], validate=True),
        )
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None


def unsigned_seal(kind: str, content: str, key: str, parts: Mapping[str, bytes]) -> Seal:
    """The seal of a document that consists of these parts, to be signed."""
    return Seal(kind, content, key, whole_of(parts), tuple((name, _short(part)) for name, part in parts.items()))


def whole_of(parts: Mapping[str, bytes]) -> str:
    """The digest of a document: over its parts with their names and lengths, in their order."""
    whole = hashlib.sha256()
    for name, part in parts.items():
        whole.update(f"{len(name.encode())}:{name}:{len(part)}:".encode())
        whole.update(part)
    return whole.hexdigest()


def _short(part: bytes) -> str:
    return hashlib.sha256(part).hexdigest()[:_SHORT]


@dataclass(frozen=True, slots=True)
class Differences:
    """Parts of a document that are not what was sealed, by name; all three are empty where only their order differs."""

    altered: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]


def differences(seal: Seal, parts: Mapping[str, bytes]) -> Differences | None:
    """What differs from the seal; None where nothing does."""
    if whole_of(parts) == seal.whole:
        return None
    sealed = dict(seal.parts)
    return Differences(
        altered=tuple(name for name, part in parts.items() if name in sealed and _short(part) != sealed[name]),
        missing=tuple(name for name in sealed if name not in parts),
        added=tuple(name for name in parts if name not in sealed),
    )

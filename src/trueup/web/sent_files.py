"""Files that were sent, under names that are safe to write and to show."""

from __future__ import annotations

from pathlib import Path, PurePath

from fastapi import UploadFile

from trueup.messages.sentences import harmless


def name_of(sent: str | None) -> str:
    """The file's own name, without any folder of who sent it."""
    found = harmless(PurePath((sent or "").replace("\\", "/")).name)[-80:]
    return "file" if found.strip(". ") == "" else found


async def written(file: UploadFile, folder: str) -> Path:
    """What was sent, written into a folder."""
    path = Path(folder) / name_of(file.filename)
    path.write_bytes(await file.read())
    return path

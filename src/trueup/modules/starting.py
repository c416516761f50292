"""A commented catalogue file to begin with."""

from __future__ import annotations

import re
from importlib import resources

from trueup.modules.catalogue_schema import NAME


def starter(name: str, language: str) -> str:
    """The text of a new file for the module `name`, with comments in that language; it can be read as it is.

    Raises ValueError for a name that no module may have (small letters, digits, underscores; a letter first).
    """
    if not re.fullmatch(NAME, name):
        raise ValueError(name)
    text = resources.files("trueup.modules").joinpath("starters", f"{language}.yaml").read_text(encoding="utf-8")
    return text.replace("NAME", name).replace("LABEL", name.replace("_", " ").title())

"""Templates: Jinja with the sentences of one language, escaping on, and nothing that a page could forget."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from trueup.messages.sentences import Sentences

STATIC: Final = Path(__file__).with_name("static")


@cache
def static_version() -> str:
    """A short digest over all static files: their addresses change when they do, so that browsers may keep them."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def static_address(name: str) -> str:
    """The address of a static file."""
    return f"/static/{static_version()}/{name}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("trueup.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,  # the templates of a package do not change while it serves
    )
    environment.lstrip_blocks = True
    environment.globals["static"] = static_address
    return environment


def rendered(template: str, said: Sentences, /, **shown: object) -> str:
    """A template in one language. Inside: `t(key, ...)` for a text, `said` for numbers, money, days and reasons."""
    return _environment().get_template(template).render(said=said, t=said.text, language=said.language, **shown)

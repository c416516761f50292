"""Templates: Jinja with the sentences of one language, escaping on, and nothing that a page could forget."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

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


class _Known(Extension):
    """Puts what never changes where it is asked for, when a template is compiled: `t("key")` of a text without places,
    and addresses of static files. Two hundred calls of a page are gone with it."""

    identifier = "trueup.known"

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The template's tokens, with the text instead of `name("constant")`."""
        known: Mapping[str, Callable[[str], str | None]] = self.environment.globals["known"]  # type: ignore[assignment]
        held: list[Token] = []
        for token in stream:
            held.append(token)
            if token.type != _CALL[len(held) - 1] or (len(held) == 1 and token.value not in known):
                yield from held
                held = []
            elif len(held) == len(_CALL):
                text = known[held[0].value](held[2].value)
                yield from held if text is None else (Token(held[0].lineno, "string", text),)
                held = []
        yield from held


_CALL: Final = ("name", "lparen", "string", "rparen")


@cache
def environment_of(said: Sentences) -> Environment:
    """Templates in one language."""
    environment = Environment(
        loader=PackageLoader("trueup.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,  # the templates of a package do not change while it serves
    )
    environment.lstrip_blocks = True
    environment.globals["static"] = static_address
    environment.globals["known"] = {"t": said.plain, "static": static_address}
    environment.add_extension(_Known)
    return environment


def rendered(template: str, said: Sentences, /, **shown: object) -> str:
    """A template in one language. Inside: `t(key, ...)` for a text, `said` for numbers, money, days and reasons."""
    return environment_of(said).get_template(template).render(said=said, t=said.text, language=said.language, **shown)


@lru_cache(maxsize=512)
def piece(template: str, said: Sentences, shown: NamedTuple) -> Markup:
    """A part of a page that is made of these values and of nothing else. It is kept by them, so that the next page that
    shows the same has it at once and none has an older one."""
    return Markup(rendered(template, said, **shown._asdict()))  # noqa: S704 - the template escapes what it is given

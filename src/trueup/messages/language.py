"""Which language to speak: what a person asked for, else the locale of the process, else English."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "fr")
"""Languages of the catalogue; the first is spoken where nothing better is known."""

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(text: str | None) -> str | None:
    """The catalogue's language for a tag such as `fr`, `fr_CA.UTF-8` or `fr-FR`; None when it is not spoken here."""
    word = (text or "").strip().lower().replace("-", "_").partition(".")[0].partition("_")[0]
    return word if word in LANGUAGES else None


def language_from(environment: Mapping[str, str], asked: str | None = None) -> str:
    """The language to speak. The first of LC_ALL, LC_MESSAGES and LANG that is set decides, as POSIX says."""
    if asked is not None:
        return language_of(asked) or LANGUAGES[0]
    told = next((environment[name] for name in _VARIABLES if environment.get(name)), None)
    return language_of(told) or LANGUAGES[0]

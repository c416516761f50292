"""The one message catalogue: every code of Trueup as a sentence, in French and English.

`en.toml` and `fr.toml` hold the sentences; `Sentences` fills them in. Nothing else in the package writes sentences.
"""

from __future__ import annotations

from trueup.messages.language import LANGUAGES, language_from, language_of
from trueup.messages.sentences import Sentences

__all__ = ["LANGUAGES", "Sentences", "language_from", "language_of"]

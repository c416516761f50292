"""A notice as words, in the receiver's language: what is the matter, what to do, and nothing secret."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.messages.sentences import Sentences
from trueup.store.notices import Message


@dataclass(frozen=True, slots=True)
class Written:
    """A message in words."""

    title: str
    text: str


def written(message: Message, language: str, tenant: str) -> Written:
    """The words of a message."""
    said = Sentences.for_language(language)
    reason = message.notice.reason
    sentence, cure = said.say(reason), said.cure(reason)
    title = said.text(f"notice.title_{message.event}", tenant=tenant, what=sentence)
    parts = [sentence] if message.event == "closed" or cure is None else [sentence, cure]
    return Written(title, "\n\n".join(parts))


def written_test(language: str, tenant: str, name: str) -> Written:
    """The words of a test."""
    said = Sentences.for_language(language)
    return Written(said.text("notice.title_test", tenant=tenant), said.text("notice.test", receiver=name))

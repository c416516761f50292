"""Pages outside the frame, for people who are not signed in yet."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request
from fastapi.responses import HTMLResponse

from trueup.app.errors import UseCaseError
from trueup.messages.sentences import Sentences
from trueup.web.asking import language_asked
from trueup.web.faults import status_of
from trueup.web.rendering import rendered


def alone(request: Request, template: str, error: UseCaseError | None = None, /, **shown: object) -> HTMLResponse:
    """A page in the browser's language. With an error: its status, and its sentence and cure as `wrong` and `cure`."""
    said = Sentences.for_pages(language_asked(request))
    status = HTTPStatus.OK if error is None else status_of(error.reason, error.exit_code)
    wrong = None if error is None else said.say(error.reason)
    cure = None if error is None else said.cure(error.reason)
    code = None if error is None else error.reason.code
    answer = HTMLResponse(rendered(template, said, wrong=wrong, cure=cure, code=code, **shown), status.value)
    if error is not None and error.reason.code == "access.too_many":
        answer.headers["Retry-After"] = str(error.reason.get("seconds"))
    return answer


def inside(to: str) -> str:
    """An address of ours to go on to; the front page for anything else, so that nobody is led away."""
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and "\\" not in to
    return to if plain else "/"

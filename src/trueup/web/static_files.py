"""Static files, served from the package under an address that changes with their content."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from trueup.web.rendering import STATIC, static_version


class _Kept(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def add_static_files(app: FastAPI) -> None:
    """Serve what pages load; nothing ever comes from another host."""
    app.mount(f"/static/{static_version()}", _Kept(directory=STATIC))

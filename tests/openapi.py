"""Checks answers against the vendors' OpenAPI files: shapes, field names, types, documented statuses.

    answers = OpenApiAnswers.autotask()          # or .datto_rmm()
    client = httpx2.Client(event_hooks={"response": [answers.check]})

Every answer that the client sees is then validated; `answers.seen` counts what was checked. Where a test makes
the simulator break its answers on purpose, wrap the calls: `with answers.tolerating("half a body"): ...`.

Two liberties are taken with the vendors' files, because neither marks them: any property may be null (both
vendors answer so), and an object with listed properties may have no others (else an invented field would pass).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_FILES = Path(__file__).parent / "openapi"
_VENDOR = "urn:vendor"
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_FORMATS = FormatChecker(formats=("date-time",))


@_FORMATS.checks("int32")
def _int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@_FORMATS.checks("int64")
def _int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


class AnswerMismatchError(AssertionError):
    """An answer is not what the vendor's OpenAPI file describes."""


@dataclass(frozen=True)
class Undocumented:
    """An answer that the vendor's file leaves out although it is known to be given.

    `status` and a regular expression for the path; `body` is "json" (any JSON), "text" (anything), "empty", or
    "message" (`{"Message": text}`, the web framework's own error).
    """

    status: int
    body: str
    path: str = ".*"
    why: str = ""


AUTOTASK_UNDOCUMENTED = (
    Undocumented(404, "message", why="routing error of the web framework; also an over-long address"),
    Undocumented(405, "message", why="routing error of the web framework"),
    Undocumented(429, "errors", why="thread limit and hourly limit"),
    Undocumented(401, "errors", why="switch: refusals with a body"),
    Undocumented(404, "item", r".*/\d+", why="switch: a missing row is 404"),
)
DATTO_UNDOCUMENTED = (
    Undocumented(429, "text", why="rate limit, documented in prose only"),
    Undocumented(403, "text", why="address block, documented in prose only"),
    Undocumented(404, "text", why="unknown paths"),
    Undocumented(200, "json", r"/auth/oauth/token", why="the token endpoint is not part of the file"),
    Undocumented(400, "json", r"/auth/oauth/token", why="the token endpoint is not part of the file"),
    Undocumented(401, "json", r"/auth/oauth/token", why="the token endpoint is not part of the file"),
)


@dataclass
class OpenApiAnswers:
    """Validates answers against one OpenAPI file (Swagger 2.0 or OpenAPI 3.1)."""

    document: Mapping[str, Any]
    strip: str
    """Regular expression (case-insensitive) for what precedes the file's paths in a real address."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Regular expression -> replacement, for paths that the file leaves out but that answer like another one."""
    undocumented: tuple[Undocumented, ...] = ()
    ignore_case: bool = False
    epoch_dates: bool = False
    """Date-times may be numbers (milliseconds since 1970), as Datto RMM sends them."""
    extra_fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Definition name -> fields that it carries although the file does not list them."""
    ignored_paths: str = r"^/_simulator(/|$)"
    seen: Counter[str] = field(default_factory=Counter)
    """How many answers were checked, by `METHOD template status`."""
    _tolerated: str | None = None

    @classmethod
    def autotask(cls) -> OpenApiAnswers:
        """The Autotask subset (Swagger 2.0)."""
        return cls(
            document=_load("autotask-openapi.json"),
            strip=r"^(/[^/]+)*?/ATServicesRest(?=/)",
            aliases={r"/query/(next|previous)$": "/query"},
            undocumented=AUTOTASK_UNDOCUMENTED,
            ignore_case=True,
        )

    @classmethod
    def datto_rmm(cls, **changes: Any) -> OpenApiAnswers:
        """The Datto RMM API (OpenAPI 3.1)."""
        options: dict[str, Any] = {
            "document": _load("datto-rmm-openapi.json"),
            "strip": r"^/api(?=/v\d)",
            "undocumented": DATTO_UNDOCUMENTED,
            "epoch_dates": True,
            # sent by v2 (structured only in v3); the file defines `Udf` but forgets to use it in `Device`
            "extra_fields": {"Device": frozenset({"udf"})},
        }
        return cls(**{**options, **changes})

    def check(self, response: httpx2.Response) -> None:
        """Event hook for `httpx2.Client`: reads and validates one answer."""
        if self._is_ignored(response.request.url.path):
            return
        response.read()
        self._check(response)

    async def acheck(self, response: httpx2.Response) -> None:
        """Event hook for `httpx2.AsyncClient`."""
        if self._is_ignored(response.request.url.path):
            return
        await response.aread()
        self._check(response)

    @contextmanager
    def tolerating(self, fault: str) -> Iterator[None]:
        """Let broken answers through while a fault is provoked on purpose; `fault` says which, for the reader."""
        before, self._tolerated = self._tolerated, fault
        try:
            yield
        finally:
            self._tolerated = before

    def validate(self, method: str, path: str, status: int, body: object) -> None:
        """Raise `AnswerMismatchError` unless the file describes this answer.

        `path` is a path or a whole address; `body` is bytes, text, or a value parsed from JSON.
        """
        path = self._normal(urlsplit(path).path)
        if self._is_ignored(path) or self._tolerated is not None:
            return
        where = f"{method.upper()} {path} -> {status}"
        template, operations = self._operations(path)
        value, is_json = _parsed(body)
        if operations is not None and method.lower() in operations:
            described = operations[method.lower()]["responses"].get(str(status))
            schema = None if described is None else self._answer_schema(described)
            if described is not None:
                self.seen[f"{method.upper()} {template} {status}"] += 1
            if described is not None and schema is None and value is None:
                return
            if schema is not None:
                if not is_json:
                    if self._is_known(path, status, value, is_json):
                        return
                    raise AnswerMismatchError(f"{where}: the body is not JSON: {body!r:.200}")
                validator = self._validator(template, method.lower(), status, schema)
                problems = [_told(error) for error in validator.iter_errors(value)]
                if problems and not self._is_known(path, status, value, is_json):
                    raise AnswerMismatchError(f"{where}: " + "; ".join(problems[:5]))
                return
        elif status == 200 and not self._is_known(path, status, value, is_json):
            raise AnswerMismatchError(f"{where}: the file knows no such operation")
        if not self._is_known(path, status, value, is_json):
            raise AnswerMismatchError(f"{where}: neither the file nor the exceptions know this: {value!r:.200}")
        self.seen[f"{method.upper()} {template or '(unknown path)'} {status}"] += 1

    def _check(self, response: httpx2.Response) -> None:
        request = response.request
        self.validate(request.method, str(request.url), response.status_code, response.content)

    def _is_ignored(self, path: str) -> bool:
        return re.search(self.ignored_paths, path) is not None

    def _normal(self, path: str) -> str:
        path = re.sub(r"/{2,}", "/", path)
        path = path.rstrip("/") if len(path) > 1 else path
        if self._is_ignored(path):
            return path
        path = re.sub(self.strip, "", path, count=1, flags=re.IGNORECASE)
        for pattern, replacement in self.aliases.items():
            path = re.sub(pattern, replacement, path, flags=re.IGNORECASE)
        return path

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
        flags = re.IGNORECASE if self.ignore_case else 0
        found = []
        for template, operations in self.document["paths"].items():
            pattern = "".join(
                # an id is a number in Autotask; the other vendor has unique ids, never one of its own words
                (r"-?\d+" if self.ignore_case else r"[^/]+") if part.startswith("{") else re.escape(part)
                for part in re.split(r"(\{[^}]+\})", template)
            )
            found.append(
                (re.compile(f"^{pattern}$", flags), template, {m: o for m, o in operations.items() if m in _METHODS})
            )
        return sorted(found, key=lambda entry: entry[1].count("{"))

    def _operations(self, path: str) -> tuple[str, dict[str, Any] | None]:
        for pattern, template, operations in self._templates:
            if pattern.match(path):
                return template, operations
        return "", None

    def _resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in str(node["$ref"]).removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _answer_schema(self, described: Mapping[str, Any]) -> Mapping[str, Any] | None:
        answer = self._resolve(described)
        if "schema" in answer:  # Swagger 2.0
            return answer["schema"]
        for media, content in answer.get("content", {}).items():  # OpenAPI 3.1
            if "json" in media or media == "*/*":
                return content.get("schema")
        return None

    @cached_property
    def _registry(self) -> Registry[Any]:
        converted = self._converted(self.document)
        resource = Resource(contents=converted, specification=DRAFT202012)
        return Registry().with_resource(_VENDOR, resource)

    @cached_property
    def _validators(self) -> dict[tuple[str, str, int], Validator]:
        return {}

    def _validator(self, template: str, method: str, status: int, schema: Mapping[str, Any]) -> Validator:
        key = (template, method, status)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(
                self._converted(schema), registry=self._registry, format_checker=_FORMATS
            )
        return self._validators[key]

    def _converted(self, node: Any, name: str = "") -> Any:
        """A schema of the file as JSON Schema 2020-12: absolute references, closed objects, nullable properties."""
        if isinstance(node, list):
            return [self._converted(entry) for entry in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return {"$ref": _VENDOR + node["$ref"]}
        out = {key: self._converted(value, key) for key, value in node.items() if key not in {"example", "x-note"}}
        properties = node.get("properties")
        if isinstance(properties, dict) and "additionalProperties" not in node:
            out["properties"] = {key: self._nullable(value) for key, value in out["properties"].items()}
            for extra in self.extra_fields.get(name, ()):
                out["properties"].setdefault(extra, {})
            out["additionalProperties"] = False
        if self.epoch_dates and node.get("format") == "date-time" and node.get("type") == "string":
            out["type"] = ["string", "integer"]
        return out

    @staticmethod
    def _nullable(schema: Any) -> Any:
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return {"anyOf": [schema, {"type": "null"}]}
        if "type" not in schema:
            return schema
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        changed = {**schema, "type": [*kinds, "null"]}
        if "enum" in schema:
            changed["enum"] = [*schema["enum"], None]
        return changed

    def _is_known(self, path: str, status: int, value: object, is_json: bool) -> bool:
        return any(
            known.status == status and re.fullmatch(known.path, path) and _fits(known.body, value, is_json)
            for known in self.undocumented
        )


def _told(error: ValidationError) -> str:
    while error.context:
        error = next((inner for inner in error.context if inner.message != "None is not of type 'null'"), error)
        if len(error.context or ()) == 0:
            break
    return f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message}"[:300]


def _load(name: str) -> Mapping[str, Any]:
    return json.loads((_FILES / name).read_text(encoding="utf-8"))


def _parsed(body: object) -> tuple[object, bool]:
    if isinstance(body, bytes | bytearray):
        body = bytes(body).decode("utf-8", errors="replace")
    if not isinstance(body, str):
        return body, True
    if not body:
        return None, False
    try:
        return json.loads(body), True
    except ValueError:
        return body, False


def _fits(kind: str, value: object, is_json: bool) -> bool:
    if kind == "text":
        return True
    if kind == "empty":
        return value is None
    if not is_json:
        return False
    if kind == "message":
        return isinstance(value, dict) and set(value) == {"Message"} and isinstance(value["Message"], str)
    if kind == "errors":
        return (
            isinstance(value, dict)
            and set(value) == {"errors"}
            and isinstance(value["errors"], list)
            and all(isinstance(text, str) for text in value["errors"])
        )
    if kind == "item":
        return value == {"item": None}
    return kind == "json"

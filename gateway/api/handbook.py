"""GET /docs: `/openapi.json` as a page for people. It loads nothing from elsewhere: a court's network has no way out."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.lean import LeanRoute

router = APIRouter(route_class=LeanRoute, include_in_schema=False)

_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "X-Content-Type-Options": "nosniff"}
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{border-top:1px solid #ccc;padding-top:1rem}
code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:#f5f5f5;padding:.6rem;overflow:auto}
td{vertical-align:top;padding:.15rem .8rem .15rem 0}
ul{margin:0;padding-left:1.1rem}"""


@router.get("/docs")
async def get_handbook(request: Request) -> Response:
    """Return the page."""
    return Response("".join(_page(request.app.openapi())), 200, _HEADERS, "text/html")


def _page(described: Mapping[str, Any]) -> Iterator[str]:
    title = escape(described["info"]["title"])
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>'
    yield '<p>The machine-readable form is <a href="openapi.json">openapi.json</a>.</p>'
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            yield from _operation(method, path, operation)
    yield "<h2>Schemas</h2>"
    for name, schema in sorted(described["components"]["schemas"].items()):
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><pre>{_json(schema)}</pre></details>'
    yield "</html>"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    about = f"{escape(operation['summary'])}. {escape(operation.get('description', ''))}"
    yield f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{about}</p><table>"
    for one in operation.get("parameters", ()):
        needed = "required" if one.get("required") else "optional"
        yield f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one['in'])}, {needed}<td>{escape(one.get('description', ''))}"
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<tr><td>body<td><code>{escape(media_type)}</code><td>{_schema(content.get('schema', {}))}"
    for status, answer in operation["responses"].items():
        schemas = " ".join(_schema(content.get("schema", {})) for content in answer.get("content", {}).values())
        yield f"<tr><td>{escape(str(status))}<td>{schemas}<td>{_description(answer['description'])}"
    yield "</table>"


def _schema(schema: Mapping[str, Any]) -> str:
    name = escape(str(schema.get("$ref", "")).rpartition("/")[2])
    return f'<a href="#{name}"><code>{name}</code></a>' if name else escape(str(schema.get("type", "")))


def _description(text: str) -> str:
    """Return a description; its lines that begin with a dash are a list."""
    if not text.startswith("- "):
        return escape(text)
    return "<ul>" + "".join(f"<li>{escape(line[2:].replace('`', ''))}" for line in text.splitlines()) + "</ul>"


def _json(schema: Mapping[str, Any]) -> str:
    return escape(orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode())

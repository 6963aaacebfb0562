"""`chakong dead-letters`: what an operator does about messages that were set aside, over the REST API, with the operator's own token."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import httpx
import typer

commands = typer.Typer(help="Messages that were set aside.", no_args_is_help=True)

_Url = Annotated[str, typer.Option(envvar="CHAKONG_GATEWAY_URL", help="where the API is")]
_Token = Annotated[str, typer.Option(envvar="TOKEN", help="an operator's token, as `chakong token --role operator` prints one")]
_Reason = Annotated[str | None, typer.Option(help="set aside for this reason only")]
_Topic = Annotated[str | None, typer.Option(help="that came from this topic only")]
_Agency = Annotated[str | None, typer.Option(help="that name this agency only")]
_HERE = "http://127.0.0.1:8080"
#: Columns of the list, and of the histogram.
_LINE = ("id", "at", "state", "reason", "topic", "action", "agency", "redrives", "asked_by")
_COUNT = ("reason", "topic", "letters", "open", "due", "redriven", "quarantined", "oldest_at", "newest_at")


class CallFailed(RuntimeError):
    """The API did not do what was asked."""


@commands.command("list")
def list_(
    *, token: _Token, url: _Url = _HERE, reason: _Reason = None, topic: _Topic = None, agency: _Agency = None, limit: int = 50,
) -> None:
    """List the newest."""
    query = {"reason": reason, "topic": topic, "agency": agency, "limit": limit}
    _table(_LINE, _call("GET", url, "", token, params={name: value for name, value in query.items() if value is not None})["items"])


@commands.command()
def reasons(token: _Token, url: _Url = _HERE) -> None:
    """Count them by reason and topic."""
    _table(_COUNT, _call("GET", url, "/reasons", token)["items"])


@commands.command()
def redrive(
    *, token: _Token, ids: Annotated[list[str] | None, typer.Argument(help="which; none: those that fit the options")] = None, url: _Url = _HERE,
    reason: _Reason = None, topic: _Topic = None, agency: _Agency = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell what would become of each")] = False,
) -> None:
    """Send messages again as they came; commands that change what an agency holds need a second person to say the same."""
    _verb("/redrives", token, url, ids, {"reason": reason, "topic": topic, "agency": agency}, dry_run=dry_run)


@commands.command()
def quarantine(token: _Token, ids: Annotated[list[str], typer.Argument(help="which")], url: _Url = _HERE) -> None:
    """Keep messages where no filter finds them."""
    _verb("/quarantines", token, url, ids, {}, dry_run=False)


def _verb(path: str, token: str, url: str, ids: list[str] | None, given: Mapping[str, str | None], *, dry_run: bool) -> None:
    which = {"ids": ids} if ids else {"filter": {name: value for name, value in given.items() if value is not None}}
    done = _call("POST", url, path, token, json={**which, "dry_run": dry_run}, headers={"Idempotency-Key": secrets.token_hex(16)})
    _table(("id", "verdict"), done["items"])
    print(", ".join(f"{verdict} {count}" for verdict, count in done["counts"].items()) or "nothing fits")


def _call(method: str, url: str, path: str, token: str, **more: Any) -> Any:
    """Call the API.

    Raises: CallFailed with what its problem document says
    """
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
    try:
        answer = httpx.request(method, f"{url.rstrip('/')}/v1/dead-letters{path}", headers=headers, trust_env=False, timeout=60, **more)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CallFailed(f"{url}: {type(error).__name__}; is the API there? (--url, CHAKONG_GATEWAY_URL)") from error
    if answer.is_success:
        return answer.json()
    told = answer.json() if answer.headers.get("content-type") == "application/problem+json" else {}
    wrong = "; ".join(f"{one['pointer']}: {one['en']}" for one in told.get("errors", ()))
    raise CallFailed(f"{answer.status_code} {told.get('code', '')}: {told.get('title', 'not an answer of the API')} {wrong}".strip())


def _table(columns: tuple[str, ...], items: list[Mapping[str, Any]]) -> None:
    """Print a line each, parts with tabs between: nothing is wrapped or cut, and other programs read it."""
    print("\t".join(columns))
    for one in items:
        print("\t".join("" if one[name] is None else str(one[name]) for name in columns))

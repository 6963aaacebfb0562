"""The commands `chakong keys …`: new keys for the keyring, and what is in it."""

import json
from typing import Annotated, cast

import typer
import yaml

from contracts.signing import Algorithm, KeyRow, Role
from deploy import keys

app = typer.Typer(help="The keys that messages are signed with.", no_args_is_help=True)


@app.command("new")
def new(
    keyid: Annotated[str, typer.Argument(help="its name: lower-case letters, digits, hyphens; say whose and which, such as yunan-rcb-2026")],
    role: Annotated[str, typer.Option(help="gateway, adapters or agency; with --agency: agency")] = "",
    agency: Annotated[list[str] | None, typer.Option(help="agency: whose replies it signs; gateway: to whom alone it signs commands")] = None,
    algorithm: Annotated[str, typer.Option(help="ed25519 or hmac-sha256")] = "ed25519",
) -> None:
    """Make a key: print its row for the keyring file, and its secret, which is kept nowhere."""
    wanted = role or ("agency" if agency else "")
    row, secret = keys.new_key(keyid, cast("Algorithm", algorithm), cast("Role", wanted), agency or ())
    try:
        KeyRow.model_validate(row)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    print("# a row of `keys` in the file that CHAKONG_MESSAGE_KEYS names")
    print(f"- {yaml.safe_dump(row, default_flow_style=True, width=10_000).strip()}")
    print("# an entry of CHAKONG_MESSAGE_SECRETS, for those who sign with it (hmac-sha256: who verifies too); shown once")
    print(json.dumps({keyid: secret}))

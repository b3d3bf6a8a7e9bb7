"""Holds the API in local mode to openapi.json: schemathesis makes requests of the description, good and bad ones.

usage: contract.py SCHEMATHESIS LOCAL DIRECTORY

Fails for an answer of 5xx, for a status, a type of content or a body that the description does not have. Local mode runs on
ports of its own with one account that has a plan, usage, credits and an invoice; requests come from the vendor's key and from a
person of staff. The seed is fixed: the same description gives the same requests.
"""

import os
import subprocess
import sys

from own_local import call, own_local

PORT = 3400
SEED = 20261130
# Most time of one caller's run, in seconds.
SECONDS_MAX = 50
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Each write of one of these ends the account that all other requests are about, or every key.
EXCLUDED = [
    "POST /v1/staff/accounts/{id}/terminate",
    "POST /v1/staff/accounts/{id}/close",
    "POST /webhooks/stripe",
]


def prepare(gateway, keys):
    """An account with something in each list."""
    vendor = keys["vendor"]
    account = f"{gateway}/v1/accounts/acme"
    call("POST", f"{gateway}/v1/accounts", vendor, {"id": "acme", "name": "Acme", "email": "billing@acme.example"})
    member = {"email": "ada@acme.example", "role": "account_administrator"}
    call("PUT", f"{account}/members/ada", vendor, member)
    events = [{"account": "acme", "resource": "sessions", "quantity": 5}]
    call("POST", f"{gateway}/v1/usage", vendor, {"batch_id": "contract", "events": events})
    call("POST", f"{account}/credits/purchases", vendor, {"pack": "starter"})
    call("POST", f"{account}/credits/reservations", vendor, {"tokens": 10, "ttl_seconds": 3600})


def settings(directory):
    """Configuration of schemathesis: each path that names an account names ours."""
    path = os.path.join(directory, "schemathesis.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write('[parameters]\n"path.id" = "acme"\n')
    return path


def run(schemathesis, directory, gateway, key):
    command = [
        schemathesis, "--config-file", settings(directory), "run", f"{gateway}/openapi.json", "--url", gateway,
        "--header", f"Authorization: Bearer {key}", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing",
        "--max-examples", "20", "--seed", str(SEED), "--no-shrink", "--max-time", str(SECONDS_MAX),
        "--request-timeout", "30", "--suppress-health-check", "all", "--warnings", "off",
    ]
    for operation in EXCLUDED:
        command += ["--exclude-name", operation]
    return subprocess.run(command, check=False, cwd=directory).returncode


def main():
    schemathesis, local, directory = sys.argv[1:]
    schemathesis = os.path.abspath(schemathesis)
    with own_local(local, PORT, directory) as (gateway, keys):
        prepare(gateway, keys)
        failed = [name for name in ("vendor", "staff") if run(schemathesis, directory, gateway, keys[name]) != 0]
    if failed:
        raise SystemExit(f"openapi.json is not what is answered to: {', '.join(failed)}")


main()

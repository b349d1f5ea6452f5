#!/usr/bin/env python3
"""Keeps service accounts and their tokens as a YAML file says.

    declarative.py plan|apply URL FILE

OPERATOR_KEY in the environment is an operator key with the rights `users`, `tokens` and
`service-tokens`. `plan` changes nothing. README.md describes the file.
"""

import json
import os
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from ipaddress import ip_network
from pathlib import Path
from urllib import error, parse, request

import yaml  # PyYAML


class NoRedirect(request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None  # It would take the key elsewhere.


class Service:
    """The administration interface of one deployment."""

    def __init__(self, url, key):
        if not url.startswith("https://") and parse.urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost"):
            sys.exit("the operator key goes over https only")
        self.root, self.key = f"{url.rstrip('/')}/api/administration/", key
        self.opener = request.build_opener(NoRedirect)

    def call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with self.opener.open(request.Request(self.root + path, data, headers, method=method), timeout=60) as answer:
                return json.load(answer)["Data"]
        except error.HTTPError as refusal:
            sys.exit(f"{method} {path}: {refusal.code} {refusal.read().decode(errors='replace')}")

    def all(self, path, **query):
        items, page, total = [], 1, 1
        while (page - 1) * 100 < total:
            answer = self.call("GET", f"{path}?{parse.urlencode({**query, 'PageSize': 100, 'Page': page})}")
            items, page, total = items + answer["Items"], page + 1, answer["Total"]
        return items


def fields(of, what, required, optional):
    """A part of the file with its defaults. A field that is misspelt or missing is refused."""
    if wrong := (set(of) - {*required, *optional}) | (set(required) - set(of)):
        sys.exit(f"{what}: {', '.join(sorted(wrong))} is unknown or missing")
    return {**optional, **of}


def steps(service, accounts, folder):
    """What there is to do, in order: a sentence, and a function that does it."""
    users = {user["UserName"].casefold(): user for user in service.all("users")}
    files = set()
    for name, account in accounts.items():
        account = fields(account, name, ["responsible"], {"display-name": name, "tokens": {}})
        key, owned = name.casefold(), {}
        if key not in users:
            person = users.get(account["responsible"].casefold()) or sys.exit(f"there is no {account['responsible']}")
            new = {"UserName": name, "DisplayName": account["display-name"], "Kind": "Service", "ResponsibleId": person["Id"]}
            yield f"add account {name}", lambda: users.update({key: service.call("POST", "users", new)})
        elif users[key]["Kind"] != "Service":
            sys.exit(f"{name} is a person")
        elif users[key]["Disabled"]:
            print(f"account {name} is disabled: left as it is", file=sys.stderr)
            continue
        else:
            listed = service.all("personalaccesstoken", Owner=name, Status="Active")
            owned = {entry["Token"]["Name"]: entry["Token"] for entry in listed}
        for token in sorted(owned.keys() - account["tokens"].keys()):
            yield f"revoke token {name}/{token}", lambda: revoke(service, owned[token])
        for token, like in account["tokens"].items():
            defaults = {"description": "", "scopes": ["all"], "networks": [], "days": 90, "renew-days": 14}
            like = fields(like, f"{name}/{token}", ["secret-file"], defaults)
            file, before = folder / like["secret-file"], owned.get(token)
            if file in files:
                sys.exit(f"{file} is the file of two tokens")
            files.add(file)
            if reason := reason_to_make(before, like, file):
                yield f"make token {name}/{token}: {reason}", lambda: make(service, users[key], token, like, file, before)


def reason_to_make(token, like, file):
    if token is None:
        return "there is none"
    if set(token["Scopes"]) != set(like["scopes"]) or networks(token["AllowedNetworks"]) != networks(like["networks"]):
        return "its scopes or networks are others"
    if not file.exists():
        return "its secret is not in the file"
    left = datetime.fromisoformat(token["ExpiresAt"].replace("Z", "+00:00")) - datetime.now(timezone.utc)
    return "it expires soon" if left < timedelta(days=like["renew-days"]) else None


def networks(of):
    return {ip_network(network, strict=False) for network in of or []}


def revoke(service, token):
    service.call("POST", f"personalaccesstoken/{token['Id']}/revoke")


def make(service, account, name, like, file, before):
    if before:
        revoke(service, before)
    expires_at = (datetime.now(timezone.utc) + timedelta(days=like["days"])).isoformat()
    new = {"Name": name, "Description": like["description"], "ExpiresAt": expires_at, "Scopes": like["scopes"]}
    made = service.call("POST", f"users/{account['Id']}/personalaccesstoken", new | {"AllowedNetworks": like["networks"] or None})
    # Whole or not at all, and readable by its owner alone. If this is interrupted, the next run makes another token.
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "w") as output:
        output.write(made["Secret"] + "\n")
        output.flush()
        os.fsync(output.fileno())
    os.replace(beside, file)


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("plan", "apply"):
        sys.exit(__doc__)
    service = Service(sys.argv[2], os.environ.get("OPERATOR_KEY") or sys.exit("OPERATOR_KEY is not set"))
    path, changes = Path(sys.argv[3]), 0
    accounts = fields(yaml.safe_load(path.read_text()), path, ["accounts"], {})["accounts"]
    for sentence, step in steps(service, accounts, path.parent):
        print(sentence, flush=True)
        if sys.argv[1] == "apply":
            step()
        changes += 1
    print(f"{changes} to do" if changes and sys.argv[1] == "plan" else f"{changes} done" if changes else "nothing to do")


if __name__ == "__main__":
    main()

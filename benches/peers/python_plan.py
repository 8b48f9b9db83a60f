"""What a careful script does: PyYAML with libyaml, requests with one connection, dictionaries compared field by field."""

import os
import sys

import requests
import yaml

folder, url = sys.argv[1:]
with open(f"{folder}/people.yaml") as file:
    declared = yaml.load(file, Loader=yaml.CSafeLoader)["users"]
session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['CALLSHEET_SANDBOX_TOKEN']}"
live, cursor = {}, None
while True:
    query = {"limit": 1000, **({"cursor": cursor} if cursor else {})}
    page = session.get(f"{url}/v1/users", params=query).json()
    live.update((user["username"], user) for user in page["items"])
    cursor = page["next"]
    if not cursor:
        break


def text(value):
    if isinstance(value, dict):
        return {name: text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [text(one) for one in value]
    return str(value).lower()


def differs(fields, held):
    if isinstance(fields, dict):
        return any(differs(value, (held or {}).get(name)) for name, value in fields.items())
    if isinstance(fields, list):
        return len(fields) != len(held or []) or any(differs(one, other) for one, other in zip(fields, held))
    return text(fields) != text(held)


changed = [key for key, fields in declared.items() if key not in live or differs(fields, live[key])]
print(f"{len(changed)} to change, {len(live.keys() - declared.keys())} undeclared")
sys.exit(bool(changed))

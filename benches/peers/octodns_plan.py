"""octoDNS with its own YAML provider and a target that reads the same pages: a plan of a zone without changes."""

import logging
import os
import sys

import requests
from octodns.provider.base import BaseProvider
from octodns.provider.yaml import YamlProvider
from octodns.record import Record
from octodns.zone import Zone

import workspace

folder, url = sys.argv[1:]


class Portal(BaseProvider):
    SUPPORTS_GEO = False
    SUPPORTS = {"TXT"}
    log = logging.getLogger("Portal")

    def populate(self, zone, target=False, lenient=False):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {os.environ['CALLSHEET_SANDBOX_TOKEN']}"
        cursor = None
        while True:
            query = {"limit": 1000, **({"cursor": cursor} if cursor else {})}
            page = session.get(f"{url}/v1/users", params=query).json()
            for user in page["items"]:
                at = int(user["username"][1:])
                data = {"type": "TXT", "ttl": 300, "value": workspace.value(at)}
                zone.add_record(Record.new(zone, user["username"], data, source=self, lenient=lenient), lenient=lenient)
            cursor = page["next"]
            if not cursor:
                return True

    def _apply(self, plan):
        raise NotImplementedError


zone = Zone("acme.example.", [])
YamlProvider("files", folder).populate(zone)
plan = Portal("portal").plan(zone)
print(f"{len(plan.changes) if plan else 0} to change")
sys.exit(bool(plan))

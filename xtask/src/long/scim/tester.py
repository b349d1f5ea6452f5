"""Tries /scim/v2 with all checks of scim2-tester. Ends with 1 if one of them fails.

The operator key is in OPERATOR_KEY, so that no list of processes shows it.
"""

import os
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

base_url = sys.argv[1]
headers = {"Authorization": f"Bearer {os.environ['OPERATOR_KEY']}"}
results = check_server(SyncSCIMClient(Client(base_url=base_url, headers=headers, timeout=30)))
counts = {}
for result in results:
    counts[result.status.name] = counts.get(result.status.name, 0) + 1
    if result.status in (Status.ERROR, Status.CRITICAL, Status.DEVIATION):
        print(f"{result.status.name} {result.title} {result.resource_type}: {result.reason}")
        print(f"    {result.data}")
print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
# A check that ended nothing shows that the tester found no resources.
failed = counts.get("ERROR", 0) + counts.get("CRITICAL", 0)
sys.exit(1 if failed or counts.get("SUCCESS", 0) < 50 else 0)

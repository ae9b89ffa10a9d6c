"""Sends a plan with Segment's Python SDK, or RudderStack's, which has the same calls.

Arguments are the SDK's module, host, write key and the plan's file.
"""

import json
import sys
from datetime import datetime
from importlib import import_module

MODULE, HOST, KEY, PLAN = sys.argv[1:]
Client = import_module(MODULE).Client
failed = []
client = Client(
    KEY, host=HOST, gzip=True, upload_size=40, upload_interval=0.2, on_error=lambda error, items: failed.append(error)
)
with open(PLAN, encoding="utf-8") as file:
    calls = json.load(file)
for call in calls:
    about = {"timestamp": datetime.fromisoformat(call["at"]), "message_id": call["id"]}
    owner = {"user_id": call["user"], "anonymous_id": call.get("anonymous")}
    match call["call"]:
        case "track":
            client.track(**owner, event=call["name"], properties=call["properties"], **about)
        case "identify":
            client.identify(**owner, traits=call["traits"], **about)
        case "page":
            client.page(**owner, properties=call["properties"], **about)
        case "screen":
            client.screen(**owner, name=call["name"], properties=call["properties"], **about)
        case "group":
            client.group(call["user"], call["group"], traits=call["traits"], **about)
        case "alias":
            client.alias(call["previous"], call["user"], **about)
client.flush()
client.join()
sys.exit(f"not delivered: {failed}" if failed else 0)

"""Sends a plan with PostHog's Python SDK: arguments are host, key and the plan's file."""

import json
import sys
from datetime import datetime

from posthog import Posthog

HOST, KEY, PLAN = sys.argv[1:]
failed = []
client = Posthog(
    KEY,
    host=HOST,
    gzip=True,
    flush_at=40,
    flush_interval=0.2,
    max_retries=5,
    enable_local_evaluation=False,
    on_error=lambda error, items: failed.append(error),
)
with open(PLAN, encoding="utf-8") as file:
    calls = json.load(file)
for call in calls:
    about = {"timestamp": datetime.fromisoformat(call["at"]), "uuid": call["id"]}
    # A visitor: PostHog's own clients say so of an id that they made up.
    own = call.get("properties", {}) if call["user"] else {**call["properties"], "$process_person_profile": False}
    owner = call["user"] or call["anonymous"]
    match call["call"]:
        case "track":
            client.capture(call["name"], distinct_id=owner, properties=own, **about)
        case "identify":
            told = {"$anon_distinct_id": call["anonymous"], "$set": call["traits"]}
            client.capture("$identify", distinct_id=owner, properties=told, **about)
        case "page":
            client.capture("$pageview", distinct_id=owner, properties=own, **about)
        case "screen":
            client.capture("$screen", distinct_id=owner, properties={**own, "$screen_name": call["name"]}, **about)
        case "group":
            client.group_identify("company", call["group"], call["traits"], distinct_id=owner, **about)
        case "alias":
            client.alias(owner, call["previous"], **about)
client.shutdown()
sys.exit(f"not delivered: {failed}" if failed else 0)

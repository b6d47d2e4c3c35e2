"""The rules in quixstreams, with its state a key."""

import json
import logging
import sys
import tempfile
import time
from typing import Any

from quixstreams import Application
from quixstreams.state import State
from rules import Rules

given = json.loads(sys.argv[1])
rules = Rules(given["line"], given["half_width_m"])
seen = {"records": 0, "alerts": 0, "began_s": 0.0, "began_cpu_s": 0.0, "clock_s": 0.0, "cpu_s": 0.0}


def judge(report: dict[str, Any], state: State) -> list[dict[str, Any]]:
    """One report, with the state of its seal."""
    if not seen["records"]:
        seen["began_s"], seen["began_cpu_s"] = time.perf_counter(), time.process_time()
    kept = state.get("seal", {})
    said = rules.judge(report, kept)
    state.set("seal", kept)
    seen["records"] += 1
    seen["alerts"] += len(said)
    if seen["records"] == given["records"]:
        seen["clock_s"] = time.perf_counter() - seen["began_s"]
        seen["cpu_s"] = time.process_time() - seen["began_cpu_s"]
        app.stop()
    return said


logging.disable(logging.CRITICAL)
with tempfile.TemporaryDirectory() as folder:
    app = Application(
        broker_address=given["bootstrap"],
        consumer_group=given["group"],
        auto_offset_reset="earliest",
        state_dir=folder,
        loglevel=None,
        consumer_extra_config={"enable.auto.commit": False},
    )
    frame = app.dataframe(app.topic(given["topic"], value_deserializer="json", key_deserializer="str"))
    frame = frame.apply(judge, stateful=True, expand=True)
    frame.to_topic(app.topic(given["out"], value_serializer="json"))
    app.run()
sys.stdout.write(json.dumps({**seen, "records": given["records"]}))

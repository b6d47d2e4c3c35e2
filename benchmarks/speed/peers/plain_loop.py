"""kafka-python, json, shapely: a loop."""

import json
import sys
import time

from kafka import KafkaConsumer, KafkaProducer
from rules import Rules

given = json.loads(sys.argv[1])
rules = Rules(given["line"], given["half_width_m"])
consumer = KafkaConsumer(
    given["topic"], bootstrap_servers=given["bootstrap"], auto_offset_reset="earliest", max_poll_records=10_000
)
producer = KafkaProducer(bootstrap_servers=given["bootstrap"])
off: dict[str, int] = {}
count, said, began_s, began_cpu_s = 0, 0, 0.0, 0.0
while count < given["records"]:
    for records in consumer.poll(timeout_ms=1000).values():
        if not count:
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
        for record in records:
            report = json.loads(record.value)
            seal = report["seal_id"]
            off[seal] = off.get(seal, 0) + 1 if rules.is_off_route(report) else 0
            if off[seal] == 3:
                said += 1
                producer.send(given["out"], json.dumps({"kind": "route_deviation", "seal_id": seal}).encode())
        count += len(records)
producer.flush()
spent = {"clock_s": time.perf_counter() - began_s, "cpu_s": time.process_time() - began_cpu_s}
sys.stdout.write(json.dumps({"records": count, "alerts": said, **spent}))

"""confluent-kafka merely consuming: the values are counted."""

import json
import sys
import time

from confluent_kafka import Consumer

given = json.loads(sys.argv[1])
consumer = Consumer(
    {
        "bootstrap.servers": given["bootstrap"],
        "group.id": given["group"],
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    }
)
consumer.subscribe([given["topic"]])
count = size = 0
began_s = began_cpu_s = 0.0
while count < given["records"]:
    messages = consumer.consume(10_000, 1.0)
    if messages and not count:
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
    count += len(messages)
    size += sum(len(message.value()) for message in messages)
spent = {"clock_s": time.perf_counter() - began_s, "cpu_s": time.process_time() - began_cpu_s}
sys.stdout.write(json.dumps({"records": count, "bytes": size, **spent}))

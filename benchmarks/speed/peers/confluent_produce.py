"""Plays a file (a line a record: key, stamp in ms and value, tabs between) into a topic."""

import json
import sys
import time
from pathlib import Path

from confluent_kafka import Producer

given = json.loads(sys.argv[1])
producer = Producer(
    {
        "bootstrap.servers": given["bootstrap"],
        "partitioner": "murmur2_random",
        "linger.ms": 50,
        "batch.size": 1 << 20,
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 1 << 20,
    }
)
began_s = time.perf_counter()
count = 0
with Path(given["file"]).open("rb") as file:
    for count, line in enumerate(file, 1):
        key, stamp, value = line.rstrip(b"\n").split(b"\t")
        producer.produce(given["topic"], value, key, timestamp=int(stamp))
        if count % 10_000 == 0:
            producer.poll(0)
producer.flush()
sys.stdout.write(json.dumps({"records": count, "clock_s": time.perf_counter() - began_s}))

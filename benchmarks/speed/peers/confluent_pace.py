"""Trucks that report at a steady rate in real time; every 20 ms one's rope is cut, each truck's once."""

import json
import sys
import time
from pathlib import Path

from confluent_kafka import Producer

STEP_S = 0.02

given = json.loads(sys.argv[1])
producer = Producer({"bootstrap.servers": given["bootstrap"], "partitioner": "murmur2_random", "linger.ms": 5})
line, seals, per_step = given["line"], given["seals"], round(given["rate"] * STEP_S)
steps = round(given["seconds"] / STEP_S)
cut: dict[str, float] = {}
count = 0
began_s = time.time()
for step in range(steps):
    now_ms = time.time_ns() // 1_000_000
    is_cut = False
    for _ in range(per_step):
        n = count % seals
        count += 1
        lat, lon = line[20 + n % (len(line) - 40)]
        # A slow truck: a metre north each round.
        lat += 1e-5 * (count // seals)
        events = ""
        if not is_cut and f"S{n}" not in cut:
            is_cut = True
            cut[f"S{n}"] = time.time()
            events = '"rope_cut"'
        value = (
            f'{{"seal_id":"S{n}","time":{now_ms},"lat":{lat:.6f},"lon":{lon:.6f},"speed":5.0,"heading":0,'
            f'"lock":"locked","events":[{events}],"battery":90,"satellites":9,"seq":{count}}}'
        )
        producer.produce(given["topic"], value, f"S{n}")
    producer.poll(0)
    rest_s = began_s + (step + 1) * STEP_S - time.time()
    if rest_s > 0:
        time.sleep(rest_s)
producer.flush()
behind_s = time.time() - began_s - given["seconds"]
whole = Path(given["told"] + ".part")
whole.write_text(json.dumps(cut))
whole.rename(given["told"])
sys.stdout.write(json.dumps({"records": count, "behind_s": behind_s}))

#!/usr/bin/env python3
"""Makes the inputs of `make demo`: small, real-shaped leftovers of four streaming pipelines.

usage: generate.py lake      (needs pyarrow; the result is committed, so that nobody has to run this)

stock_ticks/          a Kafka consumer that puts one JSON object per message into stock_market_N.json
smartwatch_health/    Spark Structured Streaming: partitioned Parquet with Spark's leftovers
emergency_vehicles/   the same pipeline's second table
phone_accelerometer/  pushes of a phone's sensor logger: an object with a nested payload array
flight_states/        OpenSky's state vectors: an object that holds an array of 17-element arrays
"""
import datetime, json, os, random, sys, uuid

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = sys.argv[1]
rnd = random.Random(20)


def write(path, text):
    path = os.path.join(ROOT, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def stock_ticks(count=120):
    indexes = ["HSI", "NYA", "IXIC", "000001.SS", "N225", "N100", "399001.SZ", "GSPTSE", "NSEI", "GDAXI"]
    day = datetime.date(2021, 5, 3)
    for i in range(count):
        o = round(rnd.uniform(1000, 30000), 6)
        c = round(rnd.uniform(o * 0.98, o * 1.02), 6)
        # A whole number is written without a fraction, as JavaScript producers do: the column is a double all the same.
        tick = {"Index": indexes[i % len(indexes)], "Date": str(day + datetime.timedelta(days=i // len(indexes))), "Open": int(o) if i % 17 == 0 else o,
                "High": round(max(o, c) * 1.005, 6), "Low": round(min(o, c) * 0.995, 6), "Close": c, "Adj Close": c,
                "Volume": float(rnd.randint(0, 10**9)), "CloseUSD": round(c * 0.13, 8)}
        write(f"stock_ticks/stock_market_{i}.json", json.dumps(tick))


def spark_table(name, partition, rows_of, schema):
    for value in partition["values"]:
        part = f"part-00000-{uuid.UUID(int=rnd.getrandbits(128))}.c000.snappy.parquet"
        folder = f"{name}/{partition['key']}={value}"
        os.makedirs(os.path.join(ROOT, folder), exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows_of(value), schema=schema), os.path.join(ROOT, folder, part), compression="snappy")
        write(f"{folder}/.{part}.crc", "crc\0")
    write(f"{name}/_SUCCESS", "")
    write(f"{name}/_temporary/0/_temporary/attempt_0/part-00000.json", '{"unfinished": true}')


def smartwatch_health():
    schema = pa.schema([("device_id", pa.string()), ("user_id", pa.int64()), ("ts", pa.timestamp("us")), ("heart_rate", pa.int32()),
                        ("steps", pa.int32()), ("spo2", pa.float64()), ("skin_temperature", pa.float32())])
    def rows(day):
        start = datetime.datetime.fromisoformat(f"{day}T08:00:00")
        return [{"device_id": f"watch-{u:02}", "user_id": u, "ts": start + datetime.timedelta(minutes=5 * m), "heart_rate": 58 + u + rnd.randint(0, 40),
                 "steps": rnd.randint(0, 420), "spo2": round(rnd.uniform(94, 99.9), 1), "skin_temperature": round(rnd.uniform(31, 35), 2)}
                for u in range(1, 6) for m in range(12)]
    spark_table("smartwatch_health", {"key": "day", "values": ["2024-05-01", "2024-05-02", "2024-05-03"]}, rows, schema)


def emergency_vehicles():
    schema = pa.schema([("vehicle_id", pa.string()), ("kind", pa.string()), ("ts", pa.timestamp("us")), ("latitude", pa.float64()),
                        ("longitude", pa.float64()), ("speed_kmh", pa.float64()), ("siren", pa.bool_())])
    centres = {"birmingham": (52.48, -1.89), "london": (51.51, -0.13), "s%C3%A3o paulo": (-23.55, -46.63)}
    def rows(city):
        lat, lon = centres[city]
        start = datetime.datetime(2024, 5, 1, 12)
        return [{"vehicle_id": f"{kind[0].upper()}{n}", "kind": kind, "ts": start + datetime.timedelta(seconds=30 * t), "latitude": lat + rnd.uniform(-.1, .1),
                 "longitude": lon + rnd.uniform(-.1, .1), "speed_kmh": round(rnd.uniform(0, 120), 1), "siren": rnd.random() < .6}
                for n, kind in enumerate(["ambulance", "fire engine", "police car"]) for t in range(20)]
    spark_table("emergency_vehicles", {"key": "city", "values": list(centres)}, rows, schema)


def phone_accelerometer(pushes=12):
    for n in range(pushes):
        at = 1700000000 + n
        payload = [{"name": "accelerometer", "time": (at * 1000 + 20 * i) * 1_000_000,
                    "values": {"x": round(rnd.gauss(0, .4), 6), "y": round(rnd.gauss(0, .4), 6), "z": round(rnd.gauss(9.81, .3), 6)}} for i in range(10)]
        session = f"session-{1 + n * 2 // pushes}"
        write(f"phone_accelerometer/{session}/{at}.json", json.dumps({"messageId": n, "sessionId": session, "deviceId": "pixel-8", "payload": payload}))


def flight_states(polls=6):
    countries = ["Germany", "United States", "Brazil", "Japan", "Switzerland"]
    for n in range(polls):
        at = 1714550400 + 10 * n
        states = [[f"{0x3c0000 + i:06x}", f"CIV{100 + i}  " if i % 7 else None, countries[i % len(countries)], at - 1, at, round(-120 + 6.1 * i + .01 * n, 4),
                   round(-40 + 2.7 * i, 4), None if i % 9 == 0 else round(3000 + 250.5 * i, 2), i % 9 == 0, round(180 + i * 1.7, 2), round(i * 9.3 % 360, 2),
                   round(rnd.uniform(-8, 8), 2), None, round(3100 + 250.5 * i, 2), f"{1000 + i}", False, 0] for i in range(30)]
        write(f"flight_states/states_{at}.json", json.dumps({"time": at, "states": states}))


for make in (stock_ticks, smartwatch_health, emergency_vehicles, phone_accelerometer, flight_states):
    make()

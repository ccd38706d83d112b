"""Offers load and says what came back."""

import json
import os
import statistics
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from processes import cpu_seconds

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass
class Result:
    """One measurement; CPU is that of the server's processes."""
    name: str
    rate: float  # operations per second
    cpu_us: float  # per operation
    p50_us: float
    p99_us: float
    failed: int = 0
    database_us: float = 0  # CPU of the database per operation


def wrk(url, connections=64, seconds=5, method="GET", body=None, token=None,
        keys=False):
    """What one run of wrk measured."""
    env = dict(os.environ, METHOD=method)
    if body is not None:
        env["BODY"] = body
    if token is not None:
        env["TOKEN"] = token
    if keys:
        env["KEYS"] = str(uuid.uuid4())
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", SCRIPT, url],
        env=env, check=True, capture_output=True, text=True).stdout
    return json.loads(out.splitlines()[-1])


def measure_once(name, pid, url, database=None, **load):
    """One run, and what it cost."""
    before, rows = cpu_seconds(pid), database and cpu_seconds(database)
    got = wrk(url, **load)
    count = max(got["requests"], 1)
    return Result(
        name, got["requests"] / got["seconds"],
        (cpu_seconds(pid) - before) / count * 1e6, got["p50_us"],
        got["p99_us"], got["failed"],
        (cpu_seconds(database) - rows) / count * 1e6 if database else 0)


def measure(name, pid, url, database=None, runs=3, **load):
    """The run with the median rate of several."""
    wrk(url, **{**load, "seconds": 1})  # warm
    results = [measure_once(name, pid, url, database, **load)
               for _ in range(runs)]
    results.sort(key=lambda x: x.rate)
    return results[len(results) // 2]


def measure_pairs(base, other, pairs=12, **common):
    """Two loads in turns, and which is first in turns as well: what the machine
    does meanwhile, and how the tables grow, falls on both alike. `base` and
    `other` are what `measure_once` takes beside `common`."""
    for load in (base, other):
        measure_once(**{**common, **load, "seconds": 1})  # warm
    out = []
    for i in range(pairs):
        order = (base, other) if i % 2 == 0 else (other, base)
        got = [measure_once(**{**common, **load}) for load in order]
        out.append(tuple(got if i % 2 == 0 else reversed(got)))
    return out


def median(values):
    return statistics.median(values)


def table(title, results, base=None):
    """Prints results; `base` is the rate that ratios are of."""
    print(f"\n### {title}\n")
    print("| what | ops/s | ratio | CPU us/op | database us/op | p50 ms "
          "| p99 ms | failed |")
    print("|---|---|---|---|---|---|---|---|")
    for x in results:
        ratio = f"{x.rate / base:.2f}" if base else ""
        print(f"| {x.name} | {x.rate:,.0f} | {ratio} | {x.cpu_us:.1f} "
              f"| {x.database_us or 0:.1f} | {x.p50_us / 1000:.2f} "
              f"| {x.p99_us / 1000:.2f} | {x.failed} |", flush=True)


def pairs_table(title, pairs):
    """Prints the medians of both, and the ratios within the pairs."""
    print(f"\n### {title}, {len(pairs)} pairs in turns\n")
    print("| what | ops/s | CPU us/op | database us/op | p50 ms | p99 ms "
          "| failed |")
    print("|---|---|---|---|---|---|---|")
    for runs in zip(*pairs):
        rate, cpu, rows, p50, p99 = (
            median(getattr(x, of) for x in runs)
            for of in ("rate", "cpu_us", "database_us", "p50_us", "p99_us"))
        print(f"| {runs[0].name} | {rate:,.0f} | {cpu:.1f} | {rows:.1f} "
              f"| {p50 / 1000:.2f} | {p99 / 1000:.2f} "
              f"| {sum(x.failed for x in runs)} |")
    ratios = [other.rate / base.rate for base, other in pairs]
    low, _, high = statistics.quantiles(ratios, n=4)
    print(f"\nRatio: median {median(ratios):.2f}, middle half {low:.2f} to "
          f"{high:.2f}, all: " + " ".join(f"{x:.2f}" for x in ratios),
          flush=True)

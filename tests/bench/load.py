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
        keys=False, anew=False):
    """What one run of wrk measured; `anew`: it puts each request together anew,
    as it has to when they differ."""
    env = dict(os.environ, METHOD=method)
    if body is not None:
        env["BODY"] = body
    if token is not None:
        env["TOKEN"] = token
    if keys:
        env["KEYS"] = str(uuid.uuid4())
    if anew:
        env["FORMAT"] = "1"
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


def measure_tail(name, pid, url, runs=5, seconds=1, **load):
    """The run with the median p99 of several short ones."""
    results = [measure_once(name, pid, url, seconds=seconds, **load)
               for _ in range(runs)]
    results.sort(key=lambda x: x.p99_us)
    return results[len(results) // 2]


def in_turns(things, rounds):
    """All of the things in each round, each round beginning with another."""
    for i in range(rounds):
        first = i % len(things)
        yield [*things[first:], *things[:first]]


def measure_turns(loads, rounds=12, **common):
    """Loads in turns, each round beginning with another: what the machine does
    meanwhile, and how the tables grow, falls on all alike. A load is what
    `measure_once` takes beside `common`. Returns the rounds, each in the order
    of `loads`."""
    for load in loads:
        measure_once(**{**common, **load, "seconds": 1})  # warm
    out = []
    for order in in_turns(range(len(loads)), rounds):
        got = {k: measure_once(**{**common, **loads[k]}) for k in order}
        out.append([got[k] for k in range(len(loads))])
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


def turns_table(title, rounds):
    """Prints the medians of each load, and of its ratio to the first one within
    the rounds (the middle half of them behind it)."""
    print(f"\n### {title}, {len(rounds)} rounds in turns\n")
    print("| what | ops/s | ratio | CPU us/op | database us/op | p50 ms | p99 ms "
          "| failed |")
    print("|---|---|---|---|---|---|---|---|")
    for k, runs in enumerate(zip(*rounds)):
        rate, cpu, rows, p50, p99 = (
            median(getattr(x, of) for x in runs)
            for of in ("rate", "cpu_us", "database_us", "p50_us", "p99_us"))
        ratios = [x[k].rate / x[0].rate for x in rounds]
        low, _, high = statistics.quantiles(ratios, n=4)
        spread = f" ({low:.2f} to {high:.2f})" if k > 0 else ""
        print(f"| {runs[0].name} | {rate:,.0f} | {median(ratios):.2f}{spread} "
              f"| {cpu:.1f} | {rows:.1f} | {p50 / 1000:.2f} | {p99 / 1000:.2f} "
              f"| {sum(x.failed for x in runs)} |", flush=True)

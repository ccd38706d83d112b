"""Measures Callboard beside its baselines; prints tables, judges nothing."""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import load
from clients import Logins, SlowClients
from processes import (BUILD, BareBeast, Callboard, Nginx, Postgres,
                       cpu_seconds, resident_mb, temporary_folder)
from realtime import realtime

TASK = '{"skill_name":"report","schedule_cron":"0 9 * * *"}'


def raw_answer(url, path):
    """The bytes that a server answers with, head included."""
    import socket
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as link:
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        data = link.recv(65536)
    return data


def edge():
    """liveness beside bare Beast and nginx, the access log on in all."""
    for loops in (1, 2):
        with temporary_folder() as folder, \
                Callboard(folder, WORKERS=loops) as ours:
            answer = raw_answer(ours.url, "/api/v1/liveness")
            body = answer[answer.index(b"\r\n\r\n") + 4:]
            with BareBeast(folder, loops, answer) as beast, \
                    Nginx(folder, loops, body) as nginx:
                rows = [{"name": name, "pid": x.pid, "url": x.url + path}
                        for name, x, path in (
                            ("bare Beast", beast, "/liveness"),
                            ("callboard", ours, "/api/v1/liveness"),
                            ("nginx, static file", nginx, "/liveness"))]
                for connections in (64, 1):
                    load.turns_table(
                        f"GET /api/v1/liveness, {loops} loops, {connections} "
                        "connections", load.measure_turns(
                            rows, rounds=9, connections=connections,
                            seconds=2))
            if loops == 2:
                before = cpu_seconds(ours.pid)
                time.sleep(20)
                used = (cpu_seconds(ours.pid) - before) / 20 * 100
                print(f"\nIdle: {used:.2f} % of a core")


def tasks():
    """Tasks on PostgreSQL beside pgbench."""
    with temporary_folder() as folder, Postgres(folder) as database, \
            Callboard(folder, DATABASE_URL=database.url) as ours:
        ours.sign_up()
        ids = [ours.ask("POST", "/api/v1/tasks", {
            "skill_name": f"skill-{i}", "schedule_cron": "0 9 * * *"})["id"]
            for i in range(1000)]
        common = {"token": ours.token, "database": database.pid}
        base = database.pgbench(
            "\\set id random(1, 1000)\n"
            "SELECT * FROM scheduled_tasks WHERE id = :id;", 10)
        got = load.measure("GET /tasks/{id}", ours.pid,
                           f"{ours.url}/api/v1/tasks/{ids[0]}", **common)
        load.table(f"One task by id; pgbench -c10 prepared: {base:,.0f}/s",
                   [got], base)
        base = database.pgbench(
            "SELECT * FROM scheduled_tasks WHERE user_id = '2' AND status <> "
            "'deleted' ORDER BY created_at DESC, id DESC LIMIT 20;\n"
            "SELECT count(*) FROM scheduled_tasks WHERE user_id = '2' AND "
            "status <> 'deleted';", 10)
        got = load.measure("GET /tasks?limit=20", ours.pid,
                           f"{ours.url}/api/v1/tasks?limit=20", **common)
        load.table("20 of 1,000 tasks with total; pgbench, list and count: "
                   f"{base:,.0f}/s", [got], base)
        base = database.pgbench(
            "INSERT INTO bench_rows (a, b) VALUES (1, 'x');", 64) \
            if database.run_sql("callboard", "CREATE TABLE bench_rows (id "
                                "bigserial PRIMARY KEY, a int, b text)") == "" \
            else 0
        got = [load.measure(f"POST /tasks, {n} connections", ours.pid,
                            f"{ours.url}/api/v1/tasks", method="POST",
                            body=TASK, connections=n, **common)
               for n in (1, 64, 128)]
        load.table("Create a task (row, audit, event, durable commit); "
                   f"pgbench -c64, one bare insert: {base:,.0f}/s", got, base)
        print(f"\nResident: {resident_mb(ours.pid):.1f} MB")


def sqlite():
    """Tasks on the embedded database."""
    with temporary_folder() as folder, Callboard(folder) as ours:
        ours.sign_up()
        ids = [ours.ask("POST", "/api/v1/tasks", {
            "skill_name": f"skill-{i}", "schedule_cron": "0 9 * * *"})["id"]
            for i in range(1000)]
        url = ours.url + "/api/v1/tasks"
        load.table("SQLite", [
            load.measure("GET /tasks/{id}", ours.pid, f"{url}/{ids[0]}",
                         token=ours.token),
            load.measure("GET /tasks?limit=20", ours.pid, url + "?limit=20",
                         token=ours.token),
            load.measure("POST /tasks", ours.pid, url, method="POST",
                         body=TASK, token=ours.token)])


AGENTS = {"RATE_LIMIT_AGENT_CREATE_PER_MINUTE": 1_000_000}
WORDS = {"one in a thousand": "group7", "in all": "common",
         "three, in all": "common words everywhere"}


def remember_sqlite(folder, entries):
    with sqlite3.connect(Path(folder) / "callboard.db", timeout=30) as file:
        file.execute(
            "INSERT INTO memory_entries (task_id, content, intent, project_id, "
            "agent_id, user_id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
            "SELECT i + 1 FROM n WHERE i < ?) SELECT 't' || i, 'common words "
            "everywhere group' || (i % 1000), 'research', 'p', 'a', '2' FROM n",
            (entries,))


def remember_postgres(database, entries):
    database.run_sql(
        "callboard",
        "INSERT INTO memory_entries (task_id, content, intent, project_id, "
        "agent_id, user_id) SELECT 't' || i, 'common words everywhere group' "
        "|| (i % 1000), 'research', 'p', 'a', '2' FROM generate_series(1, "
        f"{entries}) AS n(i); ANALYZE;")


def measure_lists(name, ours, pid):
    """20 projects, 100 agents, the memory, and repeatable creations."""
    ours.sign_up()
    for i in range(100):
        ours.ask("POST", "/api/v1/agents", {
            "name": f"agent-{i}", "type": "coder",
            "capabilities": ["x", f"y{i}"]})
    for i in range(50):
        project = ours.ask("POST", "/api/v1/projects", {"name": f"p{i}"})
        for _ in range(10):
            ours.ask("POST", "/api/v1/tasks", {
                "skill_name": "x", "schedule_cron": "0 9 * * *",
                "project_id": project["id"]})
    common = {"token": ours.token, "database": pid}
    load.table(f"Lists, {name}", [
        load.measure("20 of 50 projects, with counts and total", ours.pid,
                     ours.url + "/api/v1/projects?limit=20", **common),
        load.measure("100 agents", ours.pid,
                     ours.url + "/api/v1/agents?limit=100", **common)])
    measure_keys(name, ours, pid)


def measure_keys(name, ours, pid):
    """Creations with an Idempotency-Key each beside plain ones."""
    load.turns_table(f"Create a task, {name}", load.measure_turns(
        [{"name": "plain", "anew": True},
         {"name": "with a key each", "keys": True}],
        pid=ours.pid, url=ours.url + "/api/v1/tasks", method="POST", body=TASK,
        token=ours.token, database=pid, seconds=3))


def measure_search(name, ours, pid):
    load.table(f"Search of the memory among 100,000 entries, {name}", [
        load.measure(what, ours.pid, ours.url + "/api/v1/memory/search",
                     method="POST", body=json.dumps({"query": words}),
                     connections=1, token=ours.token, database=pid)
        for what, words in WORDS.items()])


def lists():
    """Lists, repeatable creations and the search of the memory."""
    with temporary_folder() as folder, Postgres(folder) as database, \
            Callboard(folder, DATABASE_URL=database.url, **AGENTS) as ours:
        measure_lists("PostgreSQL", ours, database.pid)
        remember_postgres(database, 100_000)
        measure_search("PostgreSQL", ours, database.pid)
    with temporary_folder() as folder, Callboard(folder, **AGENTS) as ours:
        measure_lists("SQLite", ours, None)
        remember_sqlite(folder, 100_000)
        measure_search("SQLite", ours, None)


def schedulers():
    """The event loops as CAF's scheduler beside `sharing`."""
    got = []
    with temporary_folder() as folder, Postgres(folder) as database:
        for workers in (1, 2):
            for scheduler in ("loops", "sharing"):
                with Callboard(folder, DATABASE_URL=database.url,
                               WORKERS=workers, SCHEDULER=scheduler) as ours:
                    name = f"{scheduler}, {workers}"
                    ours.sign_up(f"user{len(got)}")
                    task = ours.ask("POST", "/api/v1/tasks", {
                        "skill_name": "x", "schedule_cron": "0 9 * * *"})
                    for path in ("/", f"/api/v1/tasks/{task['id']}"):
                        for n in (64, 1):
                            got.append(load.measure(
                                f"{name}, {path}, c{n}", ours.pid,
                                ours.url + path, token=ours.token,
                                database=database.pid, connections=n))
        load.table("Schedulers", got)


def memory():
    """Resident memory over a million requests, and the time to start."""
    with temporary_folder() as folder, Postgres(folder) as database, \
            Callboard(folder, DATABASE_URL=database.url) as ours:
        ours.sign_up()
        task = ours.ask("POST", "/api/v1/tasks", {
            "skill_name": "x", "schedule_cron": "0 9 * * *"})
        url = f"{ours.url}/api/v1/tasks/{task['id']}"
        done = 0
        print("\n### Memory, GET /api/v1/tasks/{id}\n")
        print("| requests | resident MB |\n|---|---|")
        for mark in (100_000, 250_000, 500_000, 1_000_000):
            while done < mark:
                done += load.wrk(url, seconds=2, token=ours.token)["requests"]
            print(f"| {done:,} | {resident_mb(ours.pid):.1f} |", flush=True)
    times = []
    for _ in range(5):
        with temporary_folder() as folder, Callboard(folder) as ours:
            times.append(ours.start_ms)
    print(f"\nStart to first answer, new SQLite file: "
          f"{load.median(times):.0f} ms")


def logins():
    """What 50 logins a second do to everybody else."""
    with temporary_folder() as folder, Callboard(
            folder, PASSWORD_COST=12,
            RATE_LIMIT_AUTH_PER_MINUTE=1_000_000) as ours:
        url = ours.url + "/api/v1/liveness"
        got = [load.measure("idle", ours.pid, url)]
        with Logins(ours.url, 50) as offered:
            got.append(load.measure("50 logins/s offered", ours.pid, url))
        load.table("GET /api/v1/liveness", got, got[0].rate)
        print(f"\np99 ratio: {got[1].p99_us / got[0].p99_us:.2f}; logins by "
              f"status: {dict(sorted(offered.statuses.items()))}")


def slow():
    """5,000 slow heads, 5,000 slow bodies and 5,000 who do not read."""
    with temporary_folder() as folder, Callboard(folder) as ours:
        ours.sign_up()
        for i in range(100):
            ours.ask("POST", "/api/v1/tasks", {
                "skill_name": "x", "schedule_cron": "0 9 * * *",
                "title": "t" * 200})
        url = ours.url + "/api/v1/liveness"
        load.wrk(url, connections=8, seconds=2)  # warm
        got = [load.measure_tail("alone", ours.pid, url, connections=8)]
        before = resident_mb(ours.pid)
        with SlowClients(ours.url, 5000, 5000, 5000,
                         "/api/v1/tasks?limit=100", ours.token) as clients:
            begin = time.monotonic()
            got.append(load.measure_once("while 5,000 of them get 8 lists",
                                         ours.pid, url, connections=8,
                                         seconds=1))
            got.append(load.measure_tail("beside 15,000 slow clients",
                                         ours.pid, url, connections=8))
            most = resident_mb(ours.pid)
            there = ours.ask("GET", "/api/v1/health/detailed")["connections"]
            left = 15_000
            while left > 1 and time.monotonic() - begin < 120:
                time.sleep(1)
                left = ours.ask("GET", "/api/v1/health/detailed")["connections"]
            gone = time.monotonic() - begin
        load.table("GET /api/v1/liveness, 8 connections", got, got[0].rate)
        print(f"\np99 ratio: {got[1].p99_us / got[0].p99_us:.2f} and "
              f"{got[2].p99_us / got[0].p99_us:.2f}, {there - 1} still there "
              "at the end of that; all gone "
              f"after {gone:.0f} s, {left - 1} left; resident {before:.1f} MB, "
              f"{most:.1f} MB with them, {resident_mb(ours.pid):.1f} MB after")
        for kind, times in clients.ended.items():
            print(f"{kind}: {len(times)} ended by the server, the last after "
                  f"{max(times):.0f} s")


def hops():
    """An actor hop on one loop."""
    subprocess.run([BUILD / "tests" / "bench" / "hops"], check=True)


def crashes():
    """100,000 crashes over all kinds of actors."""
    subprocess.run([BUILD / "tests" / "bench" / "crashes"], check=True)


PARTS = {x.__name__: x for x in (edge, tasks, sqlite, lists, schedulers, memory,
                                 logins, slow, realtime, hops,
                                 crashes)}


def main(names):
    unknown = [x for x in names if x not in PARTS]
    if unknown:
        sys.exit(f"bench: no part is named {unknown[0]}; there are: "
                 + " ".join(PARTS))
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])

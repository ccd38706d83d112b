"""WebSockets beside a bare loop of `send()` and nginx with nchan."""

import json
import socket
import subprocess
import threading
import time

from processes import (BUILD, Callboard, Nchan, Process, cpu_seconds,
                       resident_mb, temporary_folder)

PROGRAMS = BUILD / "tests" / "bench"


class Load:
    """The load client; see ws_load.cpp for what it understands."""

    def __init__(self, server):
        self.server = server
        self.child = subprocess.Popen(
            [PROGRAMS / "ws_load", str(server.ws_port), server.ws_path,
             server.ws_query, "1" if server.greets else "0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def end(self):
        answer = self.child.stdout.readline()
        if not answer:
            raise RuntimeError("the load client ended")
        return json.loads(answer)

    def ask(self, line):
        self.begin(line)
        return self.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.wait(60)


class BareSend(Process):
    """One `send()` per frame and client, and nothing else."""
    name, ws_port, ws_path, ws_query, greets = (
        "bare send()", 18083, "/", "", True)

    def __init__(self):
        self.log = open("/dev/null", "wb")
        self.child = subprocess.Popen(
            [PROGRAMS / "bare_send", str(self.ws_port)], text=True,
            stdin=subprocess.PIPE)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.ws_port)).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("bare_send does not listen")

    def publish(self, frames, pause_ms):
        self.child.stdin.write(f"{frames} {pause_ms}\n")
        self.child.stdin.flush()


class Realtime(Callboard):
    """Callboard with a task that its owner watches."""
    name, ws_path, greets = "callboard", "/ws", True

    def __init__(self, folder, **settings):
        super().__init__(folder, **settings)
        self.sign_up()
        self.ws_port = int(self.url.rsplit(":", 1)[1])
        self.ws_query = "token=" + self.token
        task = self.ask("POST", "/api/v1/tasks", {
            "skill_name": "report", "schedule_cron": "0 9 * * *"})
        self.task = f"/api/v1/tasks/{task['id']}"
        self.turn = 0
        self.write_ms = []

    def publish(self, frames, pause_ms):
        """Changes the task; its assignee says when, for the load client."""
        for _ in range(frames):
            self.turn += 1
            begin = time.monotonic_ns()
            self.ask("PUT", self.task, {
                "assignee": str(begin),
                "status": ("running", "pending")[self.turn % 2]})
            self.write_ms.append((time.monotonic_ns() - begin) / 1e6)
            time.sleep(pause_ms / 1000)


def event(server, frames, pause_ms):
    """Publishes while the load client collects; what it collected."""
    thread = threading.Thread(target=server.publish, args=(frames, pause_ms))
    thread.start()
    return thread


def settle(load):
    """Until nothing comes any more."""
    while load.ask("collect 1000000000 300")["frames"]:
        pass


def memory_row(server, load, sessions):
    before = resident_mb(server.pid)
    opened = load.ask(f"open {sessions}")
    settle(load)
    used = (resident_mb(server.pid) - before) * 1024 / max(opened["open"], 1)
    rate = opened["open"] / opened["ms"] * 1000
    return opened["open"], f"| {server.name} | {opened['open']:,} | {rate:,.0f} | {used:.1f} |"


def measured(server, load, sessions, frames, pause_ms):
    """One stream or burst to all: the answer of the load client, and the CPU
    that the server spent per delivery [us]."""
    before = cpu_seconds(server.pid)
    load.begin(f"collect {frames * sessions} {60_000 + frames * pause_ms}")
    publisher = event(server, frames, pause_ms)
    got = load.end()
    publisher.join()
    got["cpu_us"] = ((cpu_seconds(server.pid) - before) * 1e6
                     / max(got["frames"], 1))
    return got


def servers(folder):
    """Those that run here; each is stopped before the next one starts."""
    yield Realtime(folder, WS_MAX_CONNECTIONS=100_000, LOG_LEVEL="WARNING")
    yield BareSend()
    if Nchan.available():
        yield Nchan(folder)


def compare(sessions):
    """Memory, fan-out and latency to so many clients, server by server."""
    memory, bursts, streams = [], [], []
    with temporary_folder() as folder:
        for server in servers(folder):
            with server, Load(server) as load:
                there, row = memory_row(server, load, sessions)
                memory.append(row)
                measured(server, load, there, 2, 0)  # warm
                settle(load)
                got = measured(server, load, there, 40, 0)
                rate = got["frames"] / max(got["ms"], 0.001) * 1000
                bursts.append((server.name, rate, got["cpu_us"],
                               there * 40 - got["frames"]))
                settle(load)
                got = measured(server, load, there, 50, 100)
                streams.append(f"| {server.name} | {got['p50']:.1f} "
                               f"| {got['p99']:.1f} | {got['max']:.1f} "
                               f"| {got['cpu_us']:.1f} |")
    base = next(x[1] for x in bursts if x[0] == BareSend.name)
    print(f"\n### {sessions:,} WebSockets\n\n"
          "| server | open | opened/s | resident KB each |\n|---|---|---|---|")
    print("\n".join(memory))
    print("\n40 events as fast as they come:\n\n| server | frames/s | ratio "
          "| CPU us/frame | missing |\n|---|---|---|---|---|")
    for name, rate, cpu, missing in bursts:
        print(f"| {name} | {rate:,.0f} | {rate / base:.2f} | {cpu:.1f} "
              f"| {missing} |")
    print("\n10 events/s, from before the write to the client:\n\n"
          "| server | p50 ms | p99 ms | max ms | CPU us/frame |\n"
          "|---|---|---|---|---|")
    print("\n".join(streams), flush=True)


def alone():
    """What has no counterpart: heartbeats, one client, storms, churn."""
    with temporary_folder() as folder, Realtime(
            folder, WS_HEARTBEAT_INTERVAL=5, LOG_LEVEL="WARNING") as ours, \
            Load(ours) as load:
        load.ask("open 1")
        got = measured(ours, load, 1, 200, 5)
        write = sorted(ours.write_ms)[len(ours.write_ms) // 2]
        trip = load.ask("ping 15")  # within the rate of one client
        print("\n### One client\n\nwrite to frame p50 "
              f"{got['p50']:.2f} ms, p99 {got['p99']:.2f} ms; the write's own "
              f"answer p50 {write:.2f} ms; ping to pong p50 "
              f"{trip['p50']:.2f} ms")
        sessions = load.ask("open 9999")["open"]
        settle(load)
        before = cpu_seconds(ours.pid)
        load.ask("collect 1000000000 20000")
        used = (cpu_seconds(ours.pid) - before) / 20
        print(f"\nHeartbeat of 5 s to {sessions:,} clients: "
              f"{used * 100:.1f} % of a core, "
              f"{used * 5 / sessions * 1e6:.1f} us each")
        ours.publish(20, 0)
        settle(load)
        storm = load.ask("storm")
        print(f"\nResume storm: {storm['open']:,} back after "
              f"{storm['ms'] / 1000:.1f} s")
        load.ask("close")
        rows = [f"| 0 | {resident_mb(ours.pid):.1f} |"]
        total = 0
        for _ in range(5):
            got = load.ask("churn 3000 500")
            total += got["opened"]
            rows.append(f"| {total:,} | {resident_mb(ours.pid):.1f} |")
        print(f"\nOpen and close: {got['opened'] / got['ms'] * 1000:,.0f}/s\n\n"
              "| opened | resident MB |\n|---|---|\n" + "\n".join(rows),
              flush=True)


def realtime():
    """WebSockets: memory, fan-out, latency, storms."""
    for sessions in (1000, 10_000):
        compare(sessions)
    alone()

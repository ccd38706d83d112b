"""WebSockets beside a bare loop of `send()` and nginx with nchan."""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

from load import in_turns
from processes import (BUILD, Callboard, Nchan, Postgres, Process, Writer,
                       cpu_seconds, resident_mb, temporary_folder)

PROGRAMS = BUILD / "tests" / "bench"


class Load:
    """The load client; see ws_load.cpp for what it understands."""

    def __init__(self, server):
        self.server = server
        self.child = subprocess.Popen(
            [PROGRAMS / "ws_load", str(server.ws_port), server.ws_path,
             server.ws_query, "1" if server.greets else "0",
             "1" if getattr(server, "tls", False) else "0"],
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
    threads = 1

    def __init__(self):
        self.log = open("/dev/null", "wb")
        self.child = subprocess.Popen(
            [PROGRAMS / "bare_send", str(self.ws_port), str(self.threads)],
            text=True, stdin=subprocess.PIPE)
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


class BareSendOnTwo(BareSend):
    """The same with a thread for each core, as Callboard has loops."""
    name, ws_port, threads = "bare send(), two threads", 18085, 2


class Realtime(Callboard):
    """Callboard with tasks that their owner watches."""
    name, ws_path, greets = "callboard", "/ws", True

    def __init__(self, folder, tasks=1, **settings):
        super().__init__(folder, **settings)
        self.sign_up()
        self.ws_port = int(self.url.rsplit(":", 1)[1])
        self.ws_query = "token=" + self.token
        self.tasks = [self.ask("POST", "/api/v1/tasks", {
            "skill_name": "report", "schedule_cron": "0 9 * * *"})["id"]
            for _ in range(tasks)]
        self.turn = 1  # they are pending: the next one is `running`
        self.write_ms = []

    def publish(self, frames, pause_ms):
        """Changes a task; its assignee says when, for the load client. Without
        a pause: as many tasks at once."""
        if pause_ms == 0:
            self.turn += 1
            self.ask("POST", "/api/v1/tasks/status", {
                "task_ids": self.tasks[:frames],
                "status": ("running", "pending")[self.turn % 2]})
            return
        writer = Writer(self.url, self.token)
        for _ in range(frames):
            self.turn += 1
            begin = time.monotonic_ns()
            writer.ask("PUT", f"/api/v1/tasks/{self.tasks[0]}", json.dumps({
                "assignee": str(begin),
                "status": ("running", "pending")[self.turn % 2]}))
            took = (time.monotonic_ns() - begin) / 1e6
            self.write_ms.append(took)
            time.sleep(max(0, pause_ms - took) / 1000)


class Secure(Realtime):
    """The same over TLS, for memory alone: nothing is written."""
    name, tls = "callboard, WSS", True

    def __init__(self, folder, **settings):
        folder = Path(folder)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
             "/CN=localhost", "-keyout", folder / "key.pem", "-out",
             folder / "cert.pem"], check=True, capture_output=True)
        Callboard.__init__(self, folder, SSL_CERTFILE=folder / "cert.pem",
                           SSL_KEYFILE=folder / "key.pem", **settings)
        self.sign_up()
        self.ws_port = int(self.url.rsplit(":", 1)[1])
        self.ws_query = "token=" + self.token

    def ask(self, method, path, body=None):
        import ssl
        trusting = ssl._create_unverified_context()
        request = urllib.request.Request(
            self.url.replace("http:", "https:") + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=trusting) as answer:
            return json.loads(answer.read() or b"null")


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
    """Those that run here. The load client answers no heartbeat while another
    server has its turn."""
    yield Realtime(folder, tasks=40, WS_MAX_CONNECTIONS=100_000,
                   WS_HEARTBEAT_INTERVAL=600, WS_HEARTBEAT_TIMEOUT=1200,
                   ACCESS_LOG="false")
    yield BareSend()
    yield BareSendOnTwo()
    if Nchan.available():
        yield Nchan(folder)


def rate_of(got):
    return got["frames"] / max(got["ms"], 0.001) * 1000


def fan_out(server, load, there):
    """The best of five bursts of 40 events."""
    best = None
    for _ in range(5):
        got = measured(server, load, there, 40, 0)
        settle(load)
        got["missing"] = there * 40 - got["frames"]
        if best is None or rate_of(got) > rate_of(best):
            best = got
    return best


@contextlib.contextmanager
def crowd(server, load, sessions):
    """So many clients, warm; gone afterwards: one server's cost another one
    memory and caches."""
    there = load.ask(f"open {sessions}")["open"]
    settle(load)
    measured(server, load, there, 2, 50)
    settle(load)
    yield there
    load.ask("close")
    time.sleep(1)


def streams(pairs, sessions, pause, rounds):
    """The same stream to so many clients of each server in turns; by name."""
    got = {server.name: [] for server, _ in pairs}
    for order in in_turns(pairs, rounds):
        for server, load in order:
            with crowd(server, load, sessions) as there:
                got[server.name].append(
                    measured(server, load, there, 10_000 // pause, pause))
    return got


def compare(sessions, rounds=3):
    """Fan-out and latency to so many clients, the servers in turns."""
    with temporary_folder() as folder, contextlib.ExitStack() as stack:
        pairs = [(stack.enter_context(server), stack.enter_context(Load(server)))
                 for server in servers(folder)]
        bursts = {}
        for server, load in pairs:
            with crowd(server, load, sessions) as there:
                bursts[server.name] = fan_out(server, load, there)
        print(f"\n### {sessions:,} WebSockets\n\n40 events at once, the best "
              "of five:\n\n| server | frames/s | ratio | CPU us/frame "
              "| missing |\n|---|---|---|---|---|")
        base = rate_of(bursts[BareSend.name])
        for name, got in bursts.items():
            print(f"| {name} | {rate_of(got):,.0f} | {rate_of(got) / base:.2f} "
                  f"| {got['cpu_us']:.1f} | {got['missing']} |")
        for pause in (100, 200):
            print(f"\n{1000 // pause} events/s, from before the write to the "
                  "client, medians of rounds in turns:\n\n| server | p50 ms "
                  "| p99 ms (each round) | CPU us/frame |\n|---|---|---|---|")
            for name, rows in streams(pairs, sessions, pause, rounds).items():
                p50, p99, cpu = (statistics.median(x[of] for x in rows)
                                 for of in ("p50", "p99", "cpu_us"))
                each = " ".join(f"{x['p99']:.0f}" for x in rows)
                print(f"| {name} | {p50:.1f} | {p99:.1f} ({each}) "
                      f"| {cpu:.1f} |", flush=True)


def memory(sessions):
    """What so many idle sessions keep."""
    print(f"\n### {sessions:,} idle WebSockets\n\n| server | open | opened/s "
          "| resident KB each |\n|---|---|---|---|")
    for make in (Realtime, Secure):
        with temporary_folder() as folder, make(
                folder, WS_MAX_CONNECTIONS=100_000, ACCESS_LOG="false"
                ) as server, Load(server) as load:
            load.ask("open 100")  # what the first ones cost alone
            settle(load)
            print(memory_row(server, load, sessions - 100)[1], flush=True)


def latency():
    """One client, on PostgreSQL: the write, its answer and its frame."""
    with temporary_folder() as folder, Postgres(folder) as database, Realtime(
            folder, DATABASE_URL=database.url,
            ACCESS_LOG="false") as ours, Load(ours) as load:
        load.ask("open 1")
        measured(ours, load, 1, 50, 5)
        ours.write_ms.clear()
        got = measured(ours, load, 1, 400, 10)
        write = sorted(ours.write_ms)[len(ours.write_ms) // 2]
        trip = load.ask("ping 15")  # within the rate of one client
        print("\n### One client, PostgreSQL\n\nwrite to frame p50 "
              f"{got['p50']:.2f} ms, p99 {got['p99']:.2f} ms; the write's own "
              f"answer p50 {write:.2f} ms; ping to pong p50 "
              f"{trip['p50']:.2f} ms", flush=True)


def heartbeat(ours, load, sessions):
    before = cpu_seconds(ours.pid)
    load.ask("collect 1000000000 20000")
    used = (cpu_seconds(ours.pid) - before) / 20
    print(f"\nHeartbeat of 5 s to {sessions:,} clients: "
          f"{used * 100:.1f} % of a core, "
          f"{used * 5 / sessions * 1e6:.1f} us each", flush=True)


class Reader(threading.Thread):
    """Reads a task again and again, until told to stop."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.ms, self.running = server, [], True

    def run(self):
        while self.running:
            begin = time.monotonic()
            self.server.ask("GET", f"/api/v1/tasks/{self.server.tasks[0]}")
            self.ms.append((time.monotonic() - begin) * 1000)
            time.sleep(0.01)

    def stop(self):
        self.running = False
        self.join()
        return sorted(self.ms)[int(len(self.ms) * 0.99)]


def storm(ours, load):
    ours.publish(20, 1)
    settle(load)
    reader = Reader(ours)
    reader.start()
    got = load.ask("storm")
    slowest = reader.stop()
    print(f"\nResume storm: {got['open']:,} back after "
          f"{got['ms'] / 1000:.1f} s, {got['failed']} failed; a task by id "
          f"meanwhile p99 {slowest:.1f} ms", flush=True)


def churn():
    """Sessions that come and go on a server that just started, 500 at once.
    `CHURN=1000000` is the long form."""
    total = int(os.environ.get("CHURN", "100000"))
    warm = 5_000
    with temporary_folder() as folder, Realtime(
            folder, ACCESS_LOG="false") as ours, Load(ours) as load:
        rows = [f"| 0 | {resident_mb(ours.pid):.1f} |"]
        opened = 0
        for part in [warm, *[(total - warm) // 5] * 5]:
            got = load.ask(f"churn {part} 500")
            opened += got["opened"]
            rows.append(f"| {opened:,} | {resident_mb(ours.pid):.1f} |")
        time.sleep(25)
        rows.append(f"| 25 s later | {resident_mb(ours.pid):.1f} |")
    print(f"\nOpen and close: {got['opened'] / got['ms'] * 1000:,.0f}/s\n\n"
          "| opened | resident MB |\n|---|---|\n" + "\n".join(rows),
          flush=True)


def alone():
    """What has no counterpart: heartbeats and storms."""
    with temporary_folder() as folder, Realtime(
            folder, WS_HEARTBEAT_INTERVAL=5, ACCESS_LOG="false") as ours, \
            Load(ours) as load:
        sessions = load.ask("open 10000")["open"]
        settle(load)
        heartbeat(ours, load, sessions)
        load.ask("open 5000")
        settle(load)
        storm(ours, load)


class Stalled:
    """A client that reads its handshake and nothing after it."""

    def __init__(self, server):
        self.link = socket.socket()
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.link.connect(("127.0.0.1", server.ws_port))
        self.link.sendall(
            f"GET {server.ws_path}?{server.ws_query} HTTP/1.1\r\n"
            "Host: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
        if b" 101 " not in self.link.recv(64):
            raise RuntimeError("no WebSocket for the stalled client")

    def close(self):
        self.link.close()


class Bursts(threading.Thread):
    """300 to 400 events a second that fill the queue of who does not read; notes
    when the server gave up on somebody."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.running, self.gave_up_after = server, True, None

    def overflows(self):
        with urllib.request.urlopen(self.server.url + "/metrics") as answer:
            return next(float(x.split()[-1]) for x in answer.read().decode()
                        .splitlines() if 'reason="too_slow"' in x)

    def run(self):
        begin, before, turn = time.monotonic(), self.overflows(), 0
        while self.running:
            turn += 1
            self.server.ask("POST", "/api/v1/tasks/status", {
                "task_ids": self.server.tasks[1:],
                "status": ("running", "pending")[turn % 2]})
            time.sleep(0.1)
            if self.gave_up_after is None and self.overflows() > before:
                self.gave_up_after = time.monotonic() - begin

    def stop(self):
        self.running = False
        self.join()


def stalled(rounds=3):
    """What one of 1,000 clients who does not read costs the others."""
    took = {"all read": [], "one does not": []}
    given_up = []
    with temporary_folder() as folder, Realtime(
            folder, tasks=41, ACCESS_LOG="false") as ours, Load(ours) as load:
        load.ask("open 999")
        settle(load)
        for i in range(2 * rounds + 1):
            slow = Stalled(ours) if i % 2 == 0 else None
            bursts = Bursts(ours)
            bursts.start()
            stream = event(ours, 250, 100)  # of the first task alone
            got = load.ask("collect 1000000000 26000")
            stream.join()
            bursts.stop()
            settle(load)
            if slow:
                slow.close()
                given_up.append(bursts.gave_up_after)
            if i > 0:  # the first one is to warm up
                took["one does not" if slow else "all read"].append(got["p99"])
    print("\n### One of 1,000 clients does not read; hundreds of events/s to all\n\n"
          "| | p99 of the others in ms, each round | median |\n|---|---|---|")
    for name, values in took.items():
        print(f"| {name} | {' '.join(f'{x:.1f}' for x in values)} "
              f"| {statistics.median(values):.1f} |")
    print("\nGiven up after: "
          + " ".join("never" if x is None else f"{x:.1f} s" for x in given_up),
          flush=True)


def realtime():
    """WebSockets: memory, fan-out, latency, storms."""
    memory(19_000)
    latency()
    for sessions in (1000, 10_000):
        compare(sessions)
    stalled()
    alone()
    churn()

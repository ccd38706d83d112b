"""The programs that a measurement starts, and what they cost."""

import glob
import http.client
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields of /proc/<pid>/stat behind the name."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2:].split()


def family(pid):
    """A process and its children."""
    out = [pid]
    for path in glob.glob("/proc/[0-9]*"):
        try:
            if int(stat(path[6:])[1]) == pid:
                out.append(int(path[6:]))
        except (FileNotFoundError, ProcessLookupError):
            pass  # it ended meanwhile
    return out


def cpu_seconds(pid):
    """User and system time of a process and its children, the dead included."""
    total = 0
    for one in family(pid):
        try:
            fields = stat(one)
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
        if one == pid:
            total += int(fields[13]) + int(fields[14])
    return total / TICKS


def resident_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


class Process:
    """Runs until the block ends."""

    def __init__(self, command, env=None, log=os.devnull):
        self.log = open(log, "wb")
        self.child = subprocess.Popen(
            [str(x) for x in command], stdout=self.log, stderr=self.log,
            env=env)

    @property
    def pid(self):
        return self.child.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(60)
        except subprocess.TimeoutExpired:
            self.child.kill()
        self.log.close()


class Callboard(Process):
    """`callboard serve` on a port that it picks itself."""

    def __init__(self, folder, **settings):
        self.folder = Path(folder)
        self.path = self.folder / "callboard.log"
        env = {"PATH": os.environ["PATH"], "HOST": "127.0.0.1", "PORT": "0",
               "DATA_DIR": str(folder), "PASSWORD_COST": "4",
               "RATE_LIMIT_PER_MINUTE": "1000000000",
               "ADMIN_BOOTSTRAP_USERNAME": "root1",
               "ADMIN_BOOTSTRAP_EMAIL": "root@example.com",
               "ADMIN_BOOTSTRAP_PASSWORD": "Passw0rd!"}
        env.update({k: str(v) for k, v in settings.items()})
        begin = time.monotonic()
        super().__init__([BUILD / "callboard", "serve"], env, self.path)
        self.url = f"http://127.0.0.1:{self.find_port()}"
        self.ask("GET", "/api/v1/liveness")
        self.start_ms = (time.monotonic() - begin) * 1000
        self.token = None

    def find_port(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.child.poll() is None:
            for line in self.path.read_text().splitlines():
                if '"listening"' in line:
                    return json.loads(line)["port"]
            time.sleep(0.001)
        raise RuntimeError("callboard did not start: " + self.path.read_text())

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        if getattr(self, "token", None):
            request.add_header("Authorization", "Bearer " + self.token)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def sign_up(self, name="ann"):
        self.ask("POST", "/api/v1/auth/register",
                 {"username": name, "email": name + "@example.com",
                  "password": "Passw0rd!"})
        self.token = self.ask("POST", "/api/v1/auth/login", {
            "username": name, "password": "Passw0rd!"})["access_token"]


class Postgres(Process):
    """A server of its own on a Unix socket, with its defaults: commits are
    durable."""

    def __init__(self, folder):
        self.folder = Path(folder) / "postgres"
        self.folder.mkdir()
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.prefix = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chmod(folder, 0o755)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self.prefix = ["setpriv", "--reuid", "postgres", "--regid",
                           "postgres", "--clear-groups"]
        data = self.folder / "data"
        subprocess.run(self.prefix + [
            f"{self.bin}/initdb", "-D", str(data), "-U", "callboard", "-A",
            "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True,
            stdout=subprocess.DEVNULL, cwd="/")
        super().__init__(self.prefix + [
            f"{self.bin}/postgres", "-D", str(data), "-c",
            "listen_addresses=", "-c",
            f"unix_socket_directories={self.folder}"])
        while subprocess.run([f"{self.bin}/pg_isready", "-q", "-h",
                              str(self.folder)]).returncode != 0:
            time.sleep(0.05)
        self.run_sql("postgres", "CREATE DATABASE callboard")
        self.url = f"postgresql:///callboard?host={self.folder}&user=callboard"

    def run_sql(self, database, text):
        return subprocess.run(
            [f"{self.bin}/psql", "-qAt", "-h", str(self.folder), "-U",
             "callboard", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", text],
            check=True, capture_output=True, text=True).stdout

    def pgbench(self, script, clients, seconds=5, **variables):
        """Transactions per second."""
        path = self.folder.parent / "script.sql"
        path.write_text(script)
        path.chmod(0o644)
        words = [f"{self.bin}/pgbench", "-n", "-M", "prepared", "-j", "1",
                 "-c", str(clients), "-T", str(seconds), "-h",
                 str(self.folder), "-U", "callboard", "-f", str(path)]
        for name, value in variables.items():
            words += ["-D", f"{name}={value}"]
        out = subprocess.run(words + ["callboard"], check=True,
                             capture_output=True, text=True).stdout
        return next(float(x.split()[2]) for x in out.splitlines()
                    if x.startswith("tps"))

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGINT)  # fast shutdown
        self.child.wait(60)
        self.log.close()


class Nginx(Process):
    """Serves one static file, its access log on."""

    def __init__(self, folder, workers, body):
        folder = Path(folder)
        (folder / "html").mkdir(exist_ok=True)
        (folder / "html" / "liveness").write_bytes(body)
        self.url = "http://127.0.0.1:18082"
        config = folder / "nginx.conf"
        config.write_text(f"""
            {"user root;" if os.geteuid() == 0 else ""}
            daemon off; worker_processes {workers}; pid {folder}/nginx.pid;
            error_log {folder}/error.log;
            events {{ worker_connections 4096; }}
            http {{
              access_log {folder}/access.log combined buffer=64k;
              keepalive_requests 1000000000; sendfile on;
              types {{ }} default_type application/json;
              server {{
                listen 127.0.0.1:18082 reuseport; root {folder}/html;
              }}
            }}""")
        super().__init__([shutil.which("nginx") or "/usr/sbin/nginx", "-c",
                          config, "-e", folder / "error.log"])
        wait_for(self.url + "/liveness")


class Nchan(Process):
    """nginx with the module nchan: what is posted goes to all WebSockets."""
    module = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
    name, ws_port, ws_path, ws_query, greets = (
        "nginx with nchan", 18084, "/ws", "", False)

    @classmethod
    def available(cls):
        return cls.module.exists()

    def __init__(self, folder):
        folder = Path(folder)
        config = folder / "nchan.conf"
        config.write_text(f"""
            load_module {self.module};
            {"user root;" if os.geteuid() == 0 else ""}
            daemon off; worker_processes 1; pid {folder}/nchan.pid;
            worker_rlimit_nofile 20000;
            error_log {folder}/error.log;
            events {{ worker_connections 19000; }}
            http {{
              access_log off; keepalive_requests 1000000000;
              server {{
                listen 127.0.0.1:{self.ws_port};
                location = /ws {{
                  nchan_subscriber websocket; nchan_channel_id board;
                  nchan_subscriber_first_message newest;
                }}
                location = /publish {{
                  nchan_publisher http; nchan_channel_id board;
                }}
                location = /up {{ return 204; }}
              }}
            }}""")
        super().__init__([shutil.which("nginx") or "/usr/sbin/nginx", "-c",
                          config, "-e", folder / "error.log"])
        wait_for(f"http://127.0.0.1:{self.ws_port}/up")

    def publish(self, frames, pause_ms):
        writer = Writer(f"http://127.0.0.1:{self.ws_port}")
        for _ in range(frames):
            stamp = str(time.monotonic_ns())
            text = json.dumps({
                "type": "task_status_update", "event_id": "x" * 43,
                "timestamp": "2026-11-28T10:30:00.000Z",
                "data": {"assignee": stamp, "more": "x" * 180},
                "payload": {"assignee": stamp, "more": "x" * 80}},
                separators=(",", ":"))
            writer.ask("POST", "/publish", text)
            time.sleep(pause_ms / 1000)


class Writer:
    """Writes one request after the other on a connection that stays: on the
    two cores that all share, a new one each time would cost as much as a
    thousand deliveries."""

    def __init__(self, url, token=None):
        self.link = http.client.HTTPConnection(url.split("//")[1])
        self.fields = {"Content-Type": "application/json"}
        if token:
            self.fields["Authorization"] = "Bearer " + token

    def ask(self, method, path, body):
        self.link.request(method, path, body, self.fields)
        answer = self.link.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text}")


class BareBeast(Process):
    """Answers with the given bytes."""

    def __init__(self, folder, loops, answer):
        path = Path(folder) / "answer"
        path.write_bytes(answer)
        self.url = "http://127.0.0.1:18081"
        super().__init__([BUILD / "tests" / "bench" / "bare_beast", 18081, loops, path,
                          Path(folder) / "beast.log"])
        wait_for(self.url + "/liveness")


def wait_for(url):
    for _ in range(500):
        try:
            urllib.request.urlopen(url).read()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(url + " does not answer")


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="callboard-bench-")

"""Clients that are no good neighbours, beside a measurement."""

import collections
import http.client
import json
import selectors
import socket
import threading
import time


class Logins:
    """Offers logins at a fixed rate until the block ends, whatever becomes of
    them, each of another name: nobody is slowed down for the failures of
    another one, and a password of nobody costs as much as any.
    `statuses` counts the answers."""

    def __init__(self, url, rate):
        self.host, self.port = url.removeprefix("http://").split(":")
        self.pause = 1 / rate
        self.offered = 0
        self.statuses = {}
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.threads = []

    def one(self, number):
        body = json.dumps({"username": f"nobody{number}",
                           "password": "Passw0rd!"})
        try:
            link = http.client.HTTPConnection(self.host, int(self.port),
                                              timeout=30)
            link.request("POST", "/api/v1/auth/login", body,
                         {"Content-Type": "application/json"})
            status = link.getresponse().status
            link.close()
        except OSError:
            status = 0
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def offer(self):
        due = time.monotonic()
        while not self.over.is_set():
            self.offered += 1
            thread = threading.Thread(target=self.one, args=(self.offered,))
            thread.start()
            self.threads.append(thread)
            due += self.pause
            time.sleep(max(0, due - time.monotonic()))

    def __enter__(self):
        self.source = threading.Thread(target=self.offer)
        self.source.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.source.join()
        for thread in self.threads:
            thread.join()


class SlowClients:
    """Connections that begin a request and go on a byte at a time, or ask and
    never read; held until the server ends them or the block does."""

    def __init__(self, url, heads, bodies, readers, answer_path, token):
        host, port = url.removeprefix("http://").split(":")
        self.address = (host, int(port))
        ask = (f"GET {answer_path} HTTP/1.1\r\nHost: a\r\n"
               f"Authorization: Bearer {token}\r\n\r\n").encode()
        self.kinds = {
            # in the order of their limits, the shortest last
            "reader": (readers, ask * 8, b""),
            "body": (bodies, b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\n"
                     b"Content-Length: 1000\r\n\r\n{", b" "),
            "head": (heads, b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"a"),
        }
        self.links = {}
        self.ended = {}
        self.over = threading.Event()

    def open(self):
        for kind, (count, first, drip) in self.kinds.items():
            for _ in range(count):
                link = socket.socket()
                if kind == "reader":  # the server's buffer shall fill
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                link.connect(self.address)
                link.setblocking(False)
                try:
                    link.send(first)
                except OSError:
                    pass
                self.links[link] = (kind, drip)

    def go_on(self):
        """A byte on each connection every second, one after the other; counts
        those that ended."""
        watch = selectors.DefaultSelector()
        dripping = collections.deque()
        for link, (kind, _) in self.links.items():
            if kind != "reader":
                watch.register(link, selectors.EVENT_READ)
                dripping.append(link)
        begin = last = time.monotonic()
        due = 0.0
        while not self.over.wait(0.001):
            for key, _ in watch.select(0):
                watch.unregister(key.fileobj)
                kind, _ = self.links.pop(key.fileobj)
                key.fileobj.close()
                self.ended.setdefault(kind, []).append(
                    time.monotonic() - begin)
            now = time.monotonic()
            due += (now - last) * len(dripping)
            last = now
            while due >= 1 and dripping:
                due -= 1
                link = dripping.popleft()
                if link in self.links:
                    self.drip(link)
                    dripping.append(link)

    def drip(self, link):
        try:
            link.send(self.links[link][1])
        except OSError:
            pass

    def __enter__(self):
        self.open()
        self.thread = threading.Thread(target=self.go_on)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for link in self.links:
            link.close()

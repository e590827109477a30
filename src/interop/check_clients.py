"""Runs clients of src/client/phema.py against a service: eight at once over 60 trials, two of them killed with SIGKILL in
mid trial, the service restarted once. Every trial must be told exactly once, with the metric of its own weights.

    check_clients.py ROOT WORK            one service, with SQLite
    check_clients.py ROOT WORK JDBC-URL   two services behind one address, on that PostgreSQL database, which is empty

PHEMA names the command to start the service with; ROOT/phema without it.
"""

import http.client
import http.server
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(ROOT / "src" / "client"))
import phema  # noqa: E402

CLIENTS = 8
LENGTHS = [round(0.03 + 0.01 * i, 3) for i in range(20)]
GUIDANCES = [1, 1.5, 2]


def metric(path, guidance):
    """Of the bytes that came, so that weights of another trial would be noticed."""
    content = Path(path).read_bytes()
    header = int.from_bytes(content[:8], "little")
    return sum(content[8 + header :: 997]) / 1e3 + guidance


def client(url, sweep, log, cache):
    service = phema.Service(url, cache=cache)
    with open(log, "a", buffering=1) as out:
        for trial in service.sweep(sweep):
            with trial:
                print("begun", trial.number, file=out)
                value = metric(trial.weights(), trial.point["guidance"])
                trial.heartbeat(0.5, f"has its weights at {trial.point['sigmaRel']}")
                time.sleep(1)
                trial.tell({"check": value})
                print("told", trial.number, file=out)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Service:
    def __init__(self, work, settings):
        self.work, self.settings, self.port = work, settings, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        command = os.environ.get("PHEMA", str(ROOT / "phema"))
        with open(self.work / f"service-{self.port}.log", "a") as log:
            self.process = subprocess.Popen(
                [command, "serve", f"--server.port={self.port}", f"--phema.roots={ROOT / 'snapshots'}", *self.settings],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(self.url + "/api/v1/runs/demo", timeout=5).close()
                return
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < end and self.process.poll() is None, "the service does not start; see its log"
                time.sleep(0.5)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class OneAddress:
    """Gives connections to several services in turn, as a load balancer does."""

    def __init__(self, ports):
        self.turns = itertools.cycle(ports)
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            inside, _ = self.listener.accept()
            with self.lock:
                port = next(self.turns)
            try:
                outside = socket.create_connection(("127.0.0.1", port))
            except OSError:
                inside.close()
                continue
            for a, b in ((inside, outside), (outside, inside)):
                threading.Thread(target=self.pass_on, args=(a, b), daemon=True).start()

    @staticmethod
    def pass_on(a, b):
        try:
            while block := a.recv(1 << 16):
                b.sendall(block)
        except OSError:
            pass
        finally:
            for s in (a, b):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


def lines(work, word):
    return [int(n) for f in work.glob("client-*.log") for w, n in map(str.split, f.read_text().splitlines()) if w == word]


def open_trial(log):
    """The trial that a client has begun and not told."""
    last = log.read_text().splitlines()[-1:] if log.exists() else []
    return int(last[0].split()[1]) if last and last[0].startswith("begun") else None


def check_downloads(work):
    """A file whose connection breaks twice comes whole, in three parts, and once."""
    header = json.dumps({"a": {"dtype": "U8", "shape": [3 << 20], "data_offsets": [0, 3 << 20]}}).encode()
    content = len(header).to_bytes(8, "little") + header + random.Random(1).randbytes(3 << 20)
    asked = []

    class Breaking(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.headers["Range"], self.headers["If-Range"], self.headers["If-Match"]))
            begin = int(self.headers["Range"][6:-1]) if self.headers["Range"] else 0
            rest = content[begin:]
            self.send_response(206 if begin else 200)
            self.send_header("ETag", '"5be1"')
            self.send_header("Content-Length", str(len(rest)))
            self.send_header("Content-Disposition", 'attachment; filename="a.safetensors"')
            self.end_headers()
            self.wfile.write(rest if len(asked) == 3 else rest[: len(rest) // 2])

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Breaking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service = phema.Service(f"http://127.0.0.1:{server.server_port}", token="", cache=work / "broken")
    told = {"sweep": "a", "trial": 0, "run": "a", "point": {}, "seeds": "0-7", "metric": "a", "metrics": ["a"]}
    weights = {"safetensors": "/a", "etags": {"safetensors": '"5be1"'}}
    trial = phema.Trial(service, {**told, "lease": "a", "weights": weights})
    for _ in range(2):
        assert trial.weights().read_bytes() == content
    assert len(asked) == 3 and asked[0] == (None, None, '"5be1"') and asked[2][1] == '"5be1"', asked
    server.shutdown()


def main(work, jdbc):
    work.mkdir(parents=True, exist_ok=True)
    check_downloads(work)
    settings = [f"--phema.home={work / 'home'}", "--phema.catalog.settle=0s"]
    if jdbc:
        settings.append(f"--spring.datasource.url={jdbc}")
    services = [Service(work, settings) for _ in range(2 if jdbc else 1)]
    url = OneAddress([s.port for s in services]).url if jdbc else services[0].url
    clients = []
    try:
        study = phema.Service(url).study(
            "demo", evaluator="interop", metric="check", sigmaRel=LENGTHS, guidance=GUIDANCES, seeds=["0-7"]
        )
        count = len(LENGTHS) * len(GUIDANCES)
        for i in range(CLIENTS):
            # Four share a cache, as on one node.
            command = [sys.executable, __file__, str(ROOT), str(work), "client", url, study.id, str(i)]
            clients.append(subprocess.Popen(command))

        killed = set()
        for i in range(2):
            while len(lines(work, "told")) < 8 * (i + 1):
                time.sleep(0.1)
            while (trial := open_trial(work / f"client-{i}.log")) is None:
                time.sleep(0.01)
            clients[i].send_signal(signal.SIGKILL)
            clients[i].wait()
            killed.add(trial)
        while len(lines(work, "told")) < 30:
            time.sleep(0.1)
        services[0].stop()
        services[0].start()
        for c in clients[2:]:
            assert c.wait(300) == 0, "a client failed"

        state = study.state()
        assert state["state"] == "done" and state["trials"]["done"] == count, state
        trials = study.trials()
        told = lines(work, "told")
        # A client may have been killed after the service knew, and before it wrote that down.
        missing = set(range(count)) - set(told)
        assert len(told) == len(set(told)) and missing <= killed, (sorted(told), killed)
        for t in trials:
            # Of those whose client was killed, what another told; of all others, nobody began again.
            assert t["attempts"] == 1 or t["number"] in killed, t
        for t in random.sample(trials, 10):
            name = f"{url}/api/v1/runs/demo/weights.safetensors?profile={t['profile']}&time={t['time']}"
            file = work / "again"
            file.write_bytes(urllib.request.urlopen(name).read())
            assert t["metrics"]["check"] == metric(file, t["guidance"]), t
        again = sum(t["attempts"] > 1 for t in trials)
        print(f"{count} trials told once each by {CLIENTS} clients; 2 were killed, {again} of their trials begun again")
    finally:
        for c in clients:
            c.kill()
        for s in services:
            s.stop()


if __name__ == "__main__":
    arguments = sys.argv[3:]
    folder = Path(sys.argv[2])
    if arguments[:1] == ["client"]:
        address, id_, number = arguments[1:]
        client(address, id_, folder / f"client-{number}.log", folder / f"cache-{int(number) % 2}")
    else:
        main(folder, arguments[0] if arguments else None)

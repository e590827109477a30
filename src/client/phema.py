"""Evaluates trials of a phema service wherever there are Python and HTTP.

One file, nothing but the standard library, Python 3.9 or later. The service that it fits serves it:

    curl -O http://server:8080/client/phema.py

    import phema
    service = phema.Service("http://server:8080", token="...")    # or PHEMA_TOKEN
    study = service.study("demo", evaluator="mine", metric="fid", mode="search", sigmaRel=[0.02, 0.25])
    for trial in study:
        with trial:
            trial.tell({"fid": my_fid(trial.weights(), trial.seeds)})
    print(study.best())

Within ``with``, a thread tells the service every 15 seconds that this process lives. An exception fails the trial, which
is tried once more, by whoever asks next. A process that is killed loses its trial after a minute to another one.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import struct
import sys
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, Iterator, List, Mapping, NoReturn, Optional, Sequence, Tuple, Type, Union

try:
    import fcntl
except ImportError:  # Windows: processes that share a cache may fetch the same file twice
    fcntl = None  # type: ignore[assignment]

__all__ = ["Cancelled", "Refused", "Service", "Study", "Trial", "WeightsChanged"]

Json = Dict[str, Any]

#: Seconds between heartbeats; a lease lasts 60.
HEARTBEAT = 15.0
#: Seconds for which a service may be away, as when it is restarted.
PATIENCE = 600.0
#: Bytes of weights that are kept: when there are more, those used longest ago go.
CACHE_BYTES = 20 << 30

_CHUNK = 1 << 20


class Refused(Exception):
    """The service refuses a request: its status, and what is wrong in words."""

    def __init__(self, status: int, detail: str, field: Optional[str] = None) -> None:
        super().__init__(detail)
        self.status = status
        self.field = field


class Cancelled(Refused):
    """Nobody wants the result of a trial any more: its sweep was cancelled, or its lease ran out."""


class WeightsChanged(Exception):
    """The run's files have changed since the trial was taken: what is there now is not what it is about."""


class Service:
    """A phema service.

    :param url: its address, such as ``http://server:8080``
    :param token: one with the role ``write``; that of the environment's ``PHEMA_TOKEN`` without one
    :param client: the name under which trials are taken; the host's and the process's without one
    :param cache: a folder for weights; ``PHEMA_CACHE``, or ``~/.cache/phema``, without one
    """

    def __init__(
        self,
        url: str,
        token: Optional[str] = None,
        client: Optional[str] = None,
        cache: Union[str, "os.PathLike[str]", None] = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.token = os.environ.get("PHEMA_TOKEN", "") if token is None else token
        self.client = client or f"{socket.gethostname()}:{os.getpid()}"
        self.cache = Path(cache or os.environ.get("PHEMA_CACHE") or Path.home() / ".cache" / "phema")

    def study(
        self,
        run: str,
        *,
        metric: str,
        evaluator: str,
        version: str = "",
        mode: str = "grid",
        **asked: Any,
    ) -> "Study":
        """Starts a sweep whose trials clients evaluate.

        :param metric: which is minimised, or ``accuracy:max``; several with commas between them
        :param evaluator: a name of your own
        :param version: stands for what determines the metrics; with another one everything is evaluated again
        :param mode: ``grid``, or ``search`` within bounds
        :param asked: what is varied, and whatever else a sweep takes: ``sigmaRel=[0.02, 0.25]``, ``guidance=[1, 1.4]``,
            ``seeds=["0-49999"]``, ``params={"steps": [16, 32]}``, ``tolerance=0.02``
        """
        named = {"name": evaluator, "type": "remote", "version": version}
        body = {"evaluator": named, "metric": metric, "mode": mode, **asked}
        return Study(self, self._post(f"/runs/{_quoted(run)}/sweeps", body, once=True)["id"])

    def sweep(self, id: str) -> "Study":
        """A sweep that somebody started."""
        return Study(self, self._get(f"/sweeps/{_quoted(id)}")["id"])

    def ask(self, *evaluators: str, wait: float = 30) -> Optional["Trial"]:
        """Takes a trial of any sweep whose evaluator is one of these; none after ``wait`` seconds without one.

        :param evaluators: ``name`` for any version, or ``name@version``; any evaluator where there are none
        """
        return self._ask("/ask", {"evaluators": list(evaluators)} if evaluators else {}, wait)

    def suggest(
        self,
        points: Sequence[Union[Tuple[float, float], Mapping[str, float]]],
        bounds: Sequence[float],
        **asked: Any,
    ) -> Json:
        """The next length to try, and where the best one lies, of what was measured elsewhere. Nothing is stored.

        :param points: pairs of a length and a metric to minimise, or objects that may have a ``standardError``
        :param bounds: the least and the greatest length
        """
        objects = [p if isinstance(p, Mapping) else {"length": p[0], "value": p[1]} for p in points]
        return self._post("/suggest", {"points": objects, "bounds": list(bounds), **asked})

    def import_csv(self, run: str, file: Union[str, "os.PathLike[str]"], source: str = "", **about: str) -> Json:
        """Brings along metrics that were measured elsewhere, all rows or none.

        :param file: with a line of names first: ``sigmaRel`` or ``profile``, perhaps ``time``, ``guidance``, ``seeds``,
            ``source``, ``evaluator`` and ``version``; each other column is a metric
        :param source: a name for those of rows that say none, by which they are listed and deleted; the file's without
        :param about: the ``evaluator`` that measured them, and its ``version``, of rows that say none
        """
        query = urllib.parse.urlencode({"source": source or Path(file).name, **about})
        content = Path(file).read_bytes()
        return self._post(f"/runs/{_quoted(run)}/measurements.csv?{query}", content, type="text/csv")

    def _ask(self, path: str, body: Json, wait: float) -> Optional["Trial"]:
        end = time.monotonic() + wait
        while True:
            left = max(0.0, end - time.monotonic())
            asked = {"client": self.client, "wait": f"{int(min(left, 30))}s", **body}
            status, headers, answer = self._request("POST", path, asked)
            if status != 204:
                return Trial(self, answer["trials"][0])
            left = end - time.monotonic()
            if left <= 0:
                return None
            if int(asked["wait"][:-1]) == 0:
                time.sleep(min(left, 0.5))

    def _get(self, path: str) -> Json:
        return self._request("GET", path)[2]

    def _post(
        self, path: str, body: Union[Json, bytes], once: bool = False, type: str = "application/octet-stream"
    ) -> Json:
        return self._request("POST", path, body, once, type)[2]

    def _request(
        self,
        method: str,
        path: str,
        body: Union[Json, bytes, None] = None,
        once: bool = False,
        type: str = "application/octet-stream",
    ) -> Tuple[int, "http.client.HTTPMessage", Json]:
        """Sends a request, again while the service is away; ``once``: not if it may have been done."""
        binary = isinstance(body, bytes)
        data = body if body is None or binary else json.dumps(body, allow_nan=False).encode()
        headers = {"content_type": type} if binary else {}
        end = time.monotonic() + PATIENCE
        pause = 0.5
        while True:
            try:
                with self._open(method, f"{self.url}/api/v1{path}", data, **headers) as response:
                    content = response.read()
                    return response.status, response.headers, json.loads(content) if content else {}
            except urllib.error.HTTPError as e:
                if e.code not in (429, 502, 503, 504) or time.monotonic() > end:
                    _refuse(e)
                pause = _seconds(e.headers.get("Retry-After"), pause)
                e.close()
            except (OSError, http.client.HTTPException):
                if once or time.monotonic() > end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, 10)

    def _open(self, method: str, url: str, data: Optional[bytes], **headers: str) -> Any:
        request = urllib.request.Request(url, data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        return urllib.request.urlopen(request, timeout=90)


class Study:
    """A sweep. To go through it is to take its trials, one after the other, until it is over."""

    def __init__(self, service: Service, id: str) -> None:
        self.service = service
        self.id = id

    def ask(self, wait: float = 30) -> Optional["Trial"]:
        """Takes a trial; none after ``wait`` seconds without one. Raises :class:`Refused` (410) when it is over."""
        return self.service._ask(f"/sweeps/{self.id}/ask", {}, wait)

    def __iter__(self) -> Iterator["Trial"]:
        while True:
            try:
                trial = self.ask()
            except Refused as e:
                if e.status == 410:
                    return
                raise
            if trial is not None:
                yield trial

    def state(self) -> Json:
        """The sweep as the service shows it: its state, how many trials there are of each, its optimum."""
        return self.service._get(f"/sweeps/{self.id}")

    def trials(self) -> List[Json]:
        """All of its trials with their metrics."""
        return list(self.service._get(f"/sweeps/{self.id}/results.json")["trials"])

    def best(self) -> Optional[Json]:
        """The best point as far as it is known: ``profile``, ``value``, ``standardError``, ``lengthLow``, ``lengthHigh``."""
        return self.state().get("optimum")

    def cancel(self) -> None:
        """Ends what runs, wherever it does, and begins nothing more. Results stay."""
        self.service._request("DELETE", f"/sweeps/{self.id}")


class Trial:
    """A trial that this process has taken: a point of a sweep, to be evaluated.

    ``point`` says where it is (``sigmaRel``, ``profile``, ``time``, ``guidance``, ``params``), ``seeds`` which images to
    make (``0-49999``), ``metric`` and ``metrics`` what to tell.
    """

    def __init__(self, service: Service, json: Json) -> None:
        self.service = service
        self.json = json
        self.sweep: str = json["sweep"]
        self.number: int = json["trial"]
        self.run: str = json["run"]
        self.point: Json = json["point"]
        self.params: Json = self.point.get("params", {})
        self.seeds: str = json["seeds"]
        self.metric: str = json["metric"]
        self.metrics: List[str] = json["metrics"]
        self.cancelled = False
        self._told = False
        self._over = threading.Event()
        self._pulse: Optional[threading.Thread] = None

    def __repr__(self) -> str:
        return f"Trial({self.sweep}/{self.number}, {self.point.get('profile')})"

    def weights(self, format: str = "safetensors") -> Path:
        """Downloads the weights, unless they are there.

        :param format: ``safetensors``, ``pt``, ``pkl``, ``dcp``, or ``file`` for one like the run's own
        """
        return self._fetched(self.json["weights"], format)

    def guide(self, format: str = "safetensors") -> Optional[Path]:
        """Downloads the weights of the guiding network; none where the network guides itself."""
        guide = self.json.get("guide")
        return None if guide is None else self._fetched(guide["weights"], format)

    def heartbeat(self, progress: Optional[float] = None, log: Optional[str] = None) -> None:
        """Says that this process goes on; needed every minute, and done by ``with``.

        :param progress: how much is done, 0 to 1
        :param log: the end of what was printed, which the trial's page shows
        :raises Cancelled: when nobody wants the result any more
        """
        body = {k: v for k, v in (("progress", progress), ("log", log)) if v is not None}
        if self.service._post(f"/leases/{self.json['lease']}/heartbeat", body)["cancel"]:
            self.cancelled = True
        if self.cancelled:
            raise Cancelled(409, f"nobody wants the result of trial {self.sweep}/{self.number} any more")

    def images(self, files: Union["os.PathLike[str]", Mapping[int, Union[bytes, "os.PathLike[str]"]]]) -> int:
        """Shows what the weights make: PNG or JPEG files, before the trial is told. No metric fails by them.

        :param files: by seed, as bytes or paths; or a folder of files named by their seeds, such as ``000012.png``
        :returns: how many the service keeps; what is wrong with others is printed
        """
        if not isinstance(files, Mapping):
            found = [f for f in Path(files).iterdir() if f.suffix.lower() in (".png", ".jpg", ".jpeg")]
            named = {f.stem: f for f in sorted(found, key=lambda f: (len(f.stem), f.stem))}
        else:
            named = {f"{seed:06d}": file for seed, file in files.items()}
        kept = 0
        for name, file in named.items():
            content = file if isinstance(file, bytes) else Path(file).read_bytes()
            path = f"/leases/{self.json['lease']}/images?name={_quoted(name)}"
            try:
                self.service._post(path, content)
                kept += 1
            except Refused as e:
                print(f"phema: image {name}: {e}", file=sys.stderr)
                if e.status == 409:  # as many as are kept, or nobody wants the trial any more
                    break
        return kept

    def tell(self, metrics: Mapping[str, float]) -> None:
        """Ends the trial. The service knows it for certain when this returns.

        :raises Cancelled: when it came too late
        :raises Refused: when a metric is no number, or the sweep's is not there
        """
        finite = {}
        for name, value in metrics.items():
            number = float(value)
            if number != number or number in (float("inf"), float("-inf")):
                raise Refused(400, f"the metric {name} is {number}, which is no result", f"metrics.{name}")
            finite[name] = number
        self._tell({"metrics": finite})

    def fail(self, error: str) -> None:
        """Ends this attempt without a result: somebody may try again."""
        self._tell({"error": error})

    def _tell(self, body: Json) -> None:
        try:
            self.service._post(f"/leases/{self.json['lease']}/tell", body)
        except Refused as e:
            # What is refused as input may be told better; all else is over.
            self._told = e.status != 400
            if e.status == 409:
                raise Cancelled(e.status, str(e)) from None
            raise
        self._told = True

    def __enter__(self) -> "Trial":
        self._pulse = threading.Thread(target=self._beat, name=f"phema-{self.sweep}/{self.number}", daemon=True)
        self._pulse.start()
        return self

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT):
            try:
                self.heartbeat()
            except Cancelled:
                return
            except Exception:  # the next one may come through, and whoever tells finds out
                traceback.print_exc()

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> bool:
        self._over.set()
        if error is None:
            if not self._told:
                self.fail("the client told nothing")
            return False
        if isinstance(error, Cancelled):
            print(f"phema: {error}", file=sys.stderr)
            return True
        if not isinstance(error, Exception):
            return False  # whoever interrupts this process does not mean the trial: its lease runs out
        traceback.print_exception(kind, error, trace)
        if not self._told:
            with contextlib.suppress(Cancelled):
                self.fail("".join(traceback.format_exception(kind, error, trace))[-2000:])
        return not isinstance(error, Refused) or error.status != 422

    def _fetched(self, weights: Json, format: str) -> Path:
        if format not in weights["etags"]:
            raise ValueError(f"run {self.run} gives no {format}; there are {', '.join(weights['etags'])}")
        return _Download(self, weights[format], weights["etags"][format]).path()


class _Download:
    """A file in the cache, in a folder of its own that is named by the entity tag."""

    def __init__(self, trial: Trial, path: str, etag: str) -> None:
        self.service = trial.service
        self.url = trial.service.url + path
        self.etag = etag
        self.folder = trial.service.cache / "weights" / etag.strip('"')
        self.part = self.folder / ".part"

    def path(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / ".lock", "w") as lock:
            if fcntl is not None:  # others of this host wait for the one that fetches
                fcntl.flock(lock, fcntl.LOCK_EX)
            there = [f for f in self.folder.iterdir() if not f.name.startswith(".")]
            if there:
                os.utime(self.folder)
                return there[0]
            file = self.folder / self._fetch()
            self._verify(file.name)
            os.replace(self.part, file)
        self._tidy()
        return file

    def _fetch(self) -> str:
        """Fetches what is missing, as often as the connection breaks. Returns the file's name."""
        end = time.monotonic() + PATIENCE
        pause = 0.5
        while True:
            before = self._length()
            try:
                return self._fetch_rest(before)
            except urllib.error.HTTPError as e:
                if e.code == 412:
                    self._changed()
                if e.code == 416:
                    self.part.unlink()
                elif e.code not in (429, 502, 503, 504) or time.monotonic() > end:
                    _refuse(e)
                pause = _seconds(e.headers.get("Retry-After"), pause)
            except (OSError, http.client.HTTPException):
                if self._length() > before:
                    end, pause = time.monotonic() + PATIENCE, 0.5
                elif time.monotonic() > end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, 10)

    def _length(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _fetch_rest(self, begin: int) -> str:
        asked = {"Range": f"bytes={begin}-", "If_Range": self.etag} if begin else {"If_Match": self.etag}
        with self.service._open("GET", self.url, None, **asked) as response:
            if response.headers["ETag"] != self.etag:
                self._changed()
            rest = response.status == 206
            size = int(response.headers["Content-Length"]) + (begin if rest else 0)
            with open(self.part, "ab" if rest else "wb") as to:
                while True:
                    block = response.read(_CHUNK)
                    if not block:
                        break
                    to.write(block)
                to.flush()
                os.fsync(to.fileno())
            if self._length() < size:
                raise http.client.IncompleteRead(b"", size - self._length())
            return response.headers.get_filename() or "weights"

    def _changed(self) -> NoReturn:
        with contextlib.suppress(FileNotFoundError):
            self.part.unlink()
        raise WeightsChanged(f"{self.url} is not {self.etag} any more: the run's files have changed")

    def _verify(self, name: str) -> None:
        """Compares the size that the file's own header says."""
        if not name.endswith(".safetensors"):
            return
        size = self._length()
        with open(self.part, "rb") as file:
            header = struct.unpack("<Q", file.read(8))[0]
            tensors = json.loads(file.read(header)) if header < size else {}
        ends = [t["data_offsets"][1] for n, t in tensors.items() if n != "__metadata__"]
        if 8 + header + max(ends, default=0) != size:
            self.part.unlink()
            raise OSError(f"{self.url}: {size} bytes are not what the file's header says; try again")

    def _tidy(self) -> None:
        entries = []
        for folder in self.folder.parent.iterdir():
            with contextlib.suppress(FileNotFoundError):
                size = sum(f.stat().st_size for f in folder.iterdir())
                entries.append((folder.stat().st_mtime, size, folder))
        total = sum(size for _, size, _ in entries)
        for _, size, folder in sorted(entries, key=lambda entry: entry[0]):
            if total <= CACHE_BYTES or folder == self.folder:
                continue
            with contextlib.suppress(OSError):
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()
            total -= size


def _refuse(e: urllib.error.HTTPError) -> NoReturn:
    """Says what the service says of it (RFC 9457)."""
    content = e.read()
    try:
        problem = json.loads(content)
        raise Refused(e.code, problem.get("detail") or problem.get("title") or str(e), problem.get("field"))
    except ValueError:
        raise Refused(e.code, f"{e.url} answers {e.code}") from None


def _seconds(header: Optional[str], otherwise: float) -> float:
    return float(header) if header and header.isdigit() else otherwise


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")

"""A scripted reader who labels over HTTP, and the server that is killed under her."""

import random
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.settings import Settings
from dashboard.server.signed_urls import Signer
from tests.ports import free_port

BY = "Reader One"


class Server:
    """`rounds serve` on one port, started again and again."""

    def __init__(self, home: Path, log: Path) -> None:
        self.home, self.log, self.port = home, log, free_port()
        self.process: subprocess.Popen | None = None

    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; who posts finds out when it answers."""
        argv = [sys.executable, "-m", "dashboard", "--home", str(self.home), "serve", "--no-browser"]
        with self.log.open("a") as words:
            self.process = subprocess.Popen(
                [*argv, "--port", str(self.port)], stdout=words, stderr=words, cwd=self.home
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Label:
    """One answer: the same key is the same answer."""

    key: str
    case: int
    label: int


class Reader:
    """Posts label after label as the page does: what was not acknowledged is sent again, under the same key."""

    def __init__(self, settings: Settings, port: int, *, task: int, cases: list[int], seed: int) -> None:
        self.settings, self.port, self.task, self.cases = settings, port, task, cases
        self.rng = random.Random(seed)
        self.sent: list[Label] = []
        self.acknowledged: list[Label] = []
        self.pending: Label | None = None
        self.in_flight = False
        self.refused: list[str] = []
        self._stop, self._posts = threading.Event(), 0
        self._thread = threading.Thread(target=self._label, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After the answer in hand, if there is one, was acknowledged."""
        self._stop.set()
        self._thread.join()

    def drop(self) -> None:
        """At once, whatever is in hand."""
        self._stop.set()
        self.pending = None
        if self._thread.is_alive():
            self._thread.join()

    def _label(self) -> None:
        url = ""
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False) as client:
            while not self._stop.is_set() or self.pending is not None:
                try:
                    url = url or self._url(client)
                    self._post(client, url, self._next())
                    self._stop.wait(0.01)
                except httpx.TransportError:
                    self._stop.wait(0.1)  # the server is gone; the answer stays pending
                finally:
                    self.in_flight = False

    def _url(self, client: httpx.Client) -> str:
        client.get("/")
        cookie = client.cookies[f"rounds_{self.port}"]
        return Signer.of(self.settings).url("/api/labels", cookie, task=self.task, by=BY)

    def _next(self) -> Label:
        """What is not acknowledged; else now and then an old one once more; else a new one."""
        self._posts += 1
        if self.pending is not None:
            return self.pending
        if self._posts % 5 == 0 and self.acknowledged:
            return self.rng.choice(self.acknowledged)
        answer = Label(f"{self.rng.getrandbits(80):020x}", self.rng.choice(self.cases), self.rng.randrange(2))
        self.sent.append(answer)
        self.pending = answer
        return answer

    def _post(self, client: httpx.Client, url: str, label: Label) -> None:
        self.in_flight = True
        answer = {"case": label.case, "answer": "label", "label": label.label, "key": label.key}
        got = client.post(url, json=answer)
        if got.status_code != 200:
            self.refused.append(f"{got.status_code}: {got.text}")
        elif label is self.pending:
            self.acknowledged.append(label)
        if label is self.pending:
            self.pending = None

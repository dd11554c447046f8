"""Ten readers at one task: each asks for the queue, looks at the pixels and answers, over HTTP as the page does."""

import random
import threading
import time
from dataclasses import dataclass, field
from itertools import count

import httpx

from core.settings import Settings
from dashboard.server.signed_urls import Signer
from tests.faults.reader import Label

AGAIN_EVERY = 10  # an answer is sent twice, as where its acknowledgement is lost on the way
AWAY_S = 0.2


@dataclass
class Labeller:
    """One reader with a browser of her own, who answers as fast as she can until she has said enough."""

    settings: Settings
    port: int
    task: int
    name: str
    enough: int
    seed: int
    acknowledged: list[Label] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # everything but a plain "yes", in the server's words

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.thread = threading.Thread(target=self._work, name=self.name, daemon=True)

    def _work(self) -> None:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60, trust_env=False) as client:
                client.get("/")
                cookie, signer = client.cookies[f"rounds_{self.port}"], Signer.of(self.settings)
                labels = signer.url("/api/labels", cookie, task=self.task, by=self.name)
                queue = signer.url("/api/queue", cookie, task=self.task, only="all")
                self._read(client, queue, labels)
        except Exception as error:  # else the thread ends in silence
            self.wrong.append(repr(error))

    def _read(self, client: httpx.Client, queue: str, labels: str) -> None:
        after = 0
        while len(self.acknowledged) < self.enough:
            cases = self._get(client, f"{queue}&after={after}").json()["cases"]
            after = cases[-1]["id"] if cases else 0
            for case in cases[: self.enough - len(self.acknowledged)]:
                self._get(client, case["images"][0]["urls"][0])
                self._answer(client, labels, case["id"])

    def _get(self, client: httpx.Client, url: str) -> httpx.Response:
        got = client.get(url)
        if got.status_code != 200:
            self.wrong.append(f"{got.status_code}: {got.text}")
            got.raise_for_status()
        return got

    def _answer(self, client: httpx.Client, url: str, case: int) -> None:
        response = Label(f"{self.rng.getrandbits(80):020x}", case, self.rng.randrange(2))
        begun = time.monotonic()
        self._post(client, url, response)
        self.took_s.append(time.monotonic() - begun)
        self.acknowledged.append(response)
        if len(self.acknowledged) % AGAIN_EVERY == 0:
            self._post(client, url, response)

    def _post(self, client: httpx.Client, url: str, response: Label) -> None:
        """Until the server has taken it: the page keeps an answer while the server is away."""
        letter = {"case": response.case, "answer": "label", "label": response.label, "key": response.key}
        for _ in count():
            got = client.post(url, json=letter)
            if got.status_code == 200:
                assert got.json()["case"]["id"] == response.case
                return
            self.wrong.append(f"{got.status_code}: {got.text}")
            assert got.status_code == 503, got.text
            time.sleep(AWAY_S)


@dataclass(frozen=True)
class Crowd:
    """All of them."""

    readers: list[Labeller]

    @classmethod
    def of(cls, number: int, *, settings: Settings, port: int, task: int, enough: int) -> "Crowd":
        """So many readers, who begin when `start` says so."""
        names = [f"Reader {one}" for one in range(number)]
        return cls([Labeller(settings, port, task, name, enough, seed) for seed, name in enumerate(names)])

    def start(self) -> None:
        for labeller in self.readers:
            labeller.thread.start()

    @property
    def works(self) -> bool:
        return any(one.thread.is_alive() for one in self.readers)

    @property
    def acknowledged(self) -> dict[str, tuple[str, int, int]]:
        """Of every answer, by its key in the catalogue: whose, of which case, what."""
        return {
            f"label:{label.key}": (labeller.name, label.case, label.label)
            for labeller in self.readers
            for label in list(labeller.acknowledged)
        }

    @property
    def wrong(self) -> list[str]:
        return [f"{one.name}: {words}" for one in self.readers for words in one.wrong]

    @property
    def took_s(self) -> list[float]:
        return sorted(taken for one in self.readers for taken in one.took_s)

"""Kills at random moments: nothing acknowledged is lost, nothing is unreadable, nothing runs twice, all goes on.

ROUNDS_KILLS says how many (10) and ROUNDS_KILLS_SEED at which moments. With -s it tells where they landed:
ROUNDS_KILLS=100 python -m pytest -m slow -s tests/faults/test_kills.py
"""

import os
import random
import subprocess
import sys
import time

import pytest

from tests.faults import accounts, ground
from tests.faults.processes import bury, dispatchers, kill, living, until, workers
from tests.faults.reader import Reader, Server
from tests.faults.storm import Storm
from tests.faults.strikes import DECK, strike
from tests.faults.watch import Watch

KILLS = int(os.environ.get("ROUNDS_KILLS", "10"))
SEED = int(os.environ.get("ROUNDS_KILLS_SEED", str(time.time_ns() % 100_000)))


@pytest.fixture
def storm(tmp_path):
    storm_home = ground.make(tmp_path, images=640)
    server = Server(storm_home.settings.home, tmp_path / "serve.txt")
    reader = Reader(storm_home.settings, server.port, task=storm_home.task, cases=storm_home.cases, seed=SEED)
    storm = Storm(storm_home, server, reader, tmp_path, random.Random(SEED))
    yield storm
    reader.drop()
    if server.is_up():
        server.kill()
    kill(dispatchers(storm.home))
    kill(workers(storm.home))
    until(lambda: not list(living(storm.home)))
    bury()
    storm_home.db.close()


@pytest.mark.slow
def test_killed_at_random_moments_all_goes_on_and_nothing_is_lost(storm):
    print(f"\n{KILLS} kills, ROUNDS_KILLS_SEED={SEED}")
    with Watch(storm.home) as watch:
        storm.begin()
        begun = time.monotonic()
        for what in deck(KILLS):
            strike(storm, what)
            accounts.check_labels(storm)
            watch.check()
        print(f"{(time.monotonic() - begun) / KILLS:.1f} s a kill; {dict(sorted(storm.landed.items()))}")
        storm.come_to_an_end()
        watch.check()
    accounts.check_all(storm)
    print(
        f"{len(storm.reader.acknowledged)} labels, {len(storm.trainings)} trainings, {len(storm.imports)} imports of "
        f"800 files, {sum(map(len, watch.attempts.values()))} attempts at {len(watch.attempts)} jobs; "
        f"the dead were seen within {storm.slowest:.1f} s of the look"
    )


@pytest.mark.parametrize("attempts", [(1, 1), (1, 2)])
def test_the_watch_sees_two_processes_of_one_job(tmp_path, attempts):
    """What would be a double run, if there were one."""
    sleeps = [sys.executable, "-c", "import time; time.sleep(60)", "-m", "core", "--home", str(tmp_path), "work", "7"]
    with Watch(tmp_path) as watch:
        two = [subprocess.Popen([*sleeps, "--attempt", str(one)], start_new_session=True) for one in attempts]
        try:
            until(lambda: watch.double)
        finally:
            for process in two:
                process.kill()
                process.wait()
    with pytest.raises(AssertionError, match="job 7 has two processes"):
        watch.check()


def deck(number: int) -> list[str]:
    """Every kind in every ten, in a random order."""
    rng, drawn = random.Random(SEED), []
    while len(drawn) < number:
        drawn += rng.sample(DECK, len(DECK))
    return drawn[:number]

"""The engine's thread: order, places, those who leave, faults, the end."""

import asyncio
import threading
import time

import pytest

from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.sampling import Sampling
from jinjie.serve.problems import ApiError
from jinjie.serve.scheduler import FAULTS, NoEngine, Scheduler


def ask(seed=0, tokens=5, prompt=(5, 6, 7)):
    return Ask(list(prompt), Sampling(seed=seed, max_tokens=tokens))


async def tokens(job):
    return [written.token async for written in job.written()]


@pytest.fixture
def schedule(served):
    made = []

    def make(rows=2, queue=4, engine=None):
        made.append(Scheduler(engine or (lambda: Engine(served.network, rows)), rows, queue))
        return made[-1]

    yield make
    for scheduler in made:
        scheduler.close(0)
        assert scheduler.join(20), "the thread has not ended"


class Slow:
    """A real engine that holds its steps until it is told to go on, and may fail."""

    def __init__(self, network, rows):
        self.engine = Engine(network, rows)
        self.go = threading.Event()
        self.go.set()
        self.broken = False
        self.admitted = []

    @property
    def free(self):
        return self.engine.free

    def admit(self, ask):
        self.admitted.append(ask.sampling.seed)
        return self.engine.admit(ask)

    def step(self):
        assert self.go.wait(20)
        if self.broken:
            raise RuntimeError("the engine broke, as this test wants it to")
        return self.engine.step()

    def drop(self, ticket):
        self.engine.drop(ticket)


async def settled(scheduler, **expected):
    """Wait until the status has these values."""
    end = time.monotonic() + 20
    while any(getattr(scheduler.status(), name) != value for name, value in expected.items()):
        assert time.monotonic() < end, scheduler.status()
        await asyncio.sleep(0.01)


def test_what_is_written_is_what_the_engine_writes_alone(served, schedule):
    async def main():
        scheduler = schedule(rows=3, queue=20)
        jobs = scheduler.submit([ask(seed, tokens=4 + seed) for seed in range(10)])
        return await asyncio.gather(*map(tokens, jobs))

    made = asyncio.run(main())
    for seed, text in enumerate(made):
        engine = Engine(served.network, 1)
        engine.admit(ask(seed, tokens=4 + seed))
        expected = []
        while not engine.free:
            expected += [one.token for one in engine.step()]
        assert text == expected and len(text) == 4 + seed


def test_first_come_first_served(served, schedule):
    engine = Slow(served.network, 2)

    async def main():
        scheduler = schedule(rows=2, queue=20, engine=lambda: engine)
        jobs = [job for seed in range(9) for job in scheduler.submit([ask(seed)])]
        await asyncio.gather(*map(tokens, jobs))

    asyncio.run(main())
    assert engine.admitted == list(range(9))


def test_a_full_queue_takes_no_more_and_says_when_to_come_again(served, schedule):
    engine = Slow(served.network, 2)
    engine.go.clear()

    async def main():
        scheduler = schedule(rows=2, queue=3, engine=lambda: engine)
        jobs = scheduler.submit([ask() for _ in range(4)])
        with pytest.raises(ApiError) as caught:
            scheduler.submit([ask(), ask()])  # all or none
        assert caught.value.status == 429 and caught.value.code == "rate_limit_exceeded"
        assert 1 <= int(caught.value.headers["retry-after"]) <= 60
        jobs += scheduler.submit([ask()])
        with pytest.raises(ApiError):
            scheduler.submit([ask()])
        with pytest.raises(ApiError) as caught:  # these would never fit
            scheduler.submit([ask() for _ in range(6)])
        assert caught.value.status == 400
        engine.go.set()
        assert all(len(text) == 5 for text in await asyncio.gather(*map(tokens, jobs)))
        await settled(scheduler, active=0, waiting=0)
        assert len(scheduler.submit([ask() for _ in range(5)])) == 5

    asyncio.run(main())


def test_who_leaves_frees_the_row_and_the_place_in_the_queue(served, schedule):
    engine = Slow(served.network, 1)

    async def main():
        scheduler = schedule(rows=1, queue=3, engine=lambda: engine)
        first, second, third, fourth = scheduler.submit([ask(seed, tokens=100) for seed in range(4)])
        await anext(first.written())
        engine.go.clear()
        first.leave()
        third.leave()
        third.leave()  # twice is once
        engine.go.set()
        await settled(scheduler, left=2)
        assert len(await tokens(second)) == len(await tokens(fourth)) == 100
        first.leave()
        await settled(scheduler, active=0, waiting=0)
        assert engine.admitted == [0, 1, 3]
        assert len(scheduler.submit([ask() for _ in range(4)])) == 4

    asyncio.run(main())


def test_who_reads_nothing_holds_nobody_up(schedule):
    async def main():
        scheduler = schedule(rows=2, queue=4)
        asleep, awake = scheduler.submit([ask(1, tokens=60), ask(2, tokens=20)])
        assert len(await tokens(awake)) == 20
        await settled(scheduler, active=0)
        assert asleep.arrivals.qsize() == 60  # all there, and no more than was asked for
        assert len(await tokens(asleep)) == 60

    asyncio.run(main())


def test_a_prompt_that_the_engine_refuses_fails_alone(schedule):
    async def main():
        scheduler = schedule()
        bad, good = scheduler.submit([ask(prompt=[10**6]), ask()])
        with pytest.raises(ApiError) as caught:
            await tokens(bad)
        assert caught.value.status == 400 and "1000000" in caught.value.message
        assert len(await tokens(good)) == 5
        assert scheduler.status().faults == 0

    asyncio.run(main())


def test_a_fault_fails_those_at_work_and_the_next_get_a_new_engine(served, schedule):
    engines = []

    def make():
        engines.append(Slow(served.network, 2))
        return engines[-1]

    async def main():
        scheduler = schedule(rows=2, queue=4, engine=make)
        engines[0].broken = True
        jobs = scheduler.submit([ask(), ask(), ask()])
        ended = await asyncio.gather(*map(tokens, jobs), return_exceptions=True)
        assert [getattr(one, "status", None) for one in ended[:2]] == [500, 500]
        assert len(ended[2]) == 5  # it was waiting
        status = scheduler.status()
        assert (status.state, status.faults) == ("ready", 1) and len(engines) == 2

    asyncio.run(main())


def test_an_engine_that_only_fails_ends_the_thread_and_nobody_hangs(served, schedule):
    def make():
        engine = Slow(served.network, 1)
        engine.broken = True
        return engine

    async def main():
        scheduler = schedule(rows=1, queue=10, engine=make)
        jobs = scheduler.submit([ask() for _ in range(FAULTS + 2)])
        ended = await asyncio.gather(*map(tokens, jobs), return_exceptions=True)
        assert [one.status for one in ended] == [500] * (FAULTS + 2)
        await settled(scheduler, state="failed")
        for call in (lambda: scheduler.submit([ask()]), lambda: scheduler.run(lambda: 1)):
            with pytest.raises(ApiError) as caught:
                made = call()
                await made
            assert caught.value.status == 500

    asyncio.run(main())


def test_no_new_engine_ends_the_thread_too(served, schedule):
    engines = [Slow(served.network, 1)]
    engines[0].broken = True

    async def main():
        scheduler = schedule(rows=1, queue=10, engine=lambda: engines.pop())  # the second is not there
        jobs = scheduler.submit([ask(), ask()])
        ended = await asyncio.gather(*map(tokens, jobs), return_exceptions=True)
        assert [one.status for one in ended] == [500, 500]

    asyncio.run(main())


def test_errands_run_on_the_engines_thread_between_steps(schedule):
    async def main():
        scheduler = schedule()
        [job] = scheduler.submit([ask(tokens=50)])
        names = await asyncio.gather(
            *(scheduler.run(lambda: threading.current_thread().name) for _ in range(3))
        )
        assert names == ["engine"] * 3
        with pytest.raises(ZeroDivisionError):
            await scheduler.run(lambda: 1 // 0)
        assert len(await tokens(job)) == 50 and scheduler.status().faults == 0

    asyncio.run(main())


def test_a_model_that_writes_nothing_runs_errands(schedule):
    async def main():
        scheduler = schedule(rows=1, queue=2, engine=NoEngine)
        assert await scheduler.run(lambda: 42) == 42

    asyncio.run(main())


def test_the_end_turns_the_queue_away_and_lets_those_at_work_finish(served, schedule):
    engine = Slow(served.network, 1)
    engine.go.clear()

    async def main():
        scheduler = schedule(rows=1, queue=4, engine=lambda: engine)
        working, waiting = scheduler.submit([ask(tokens=30), ask()])
        await settled(scheduler, active=1)
        scheduler.close(20)
        with pytest.raises(ApiError) as caught:
            scheduler.submit([ask()])
        assert caught.value.status == 503
        engine.go.set()
        with pytest.raises(ApiError) as caught:
            await tokens(waiting)
        assert caught.value.status == 503
        assert len(await tokens(working)) == 30
        assert scheduler.join(10)

    asyncio.run(main())


def test_the_end_does_not_wait_longer_than_it_was_told(schedule):
    async def main():
        scheduler = schedule(rows=1, queue=4)
        [job] = scheduler.submit([ask(tokens=10**6)])
        await anext(job.written())
        begin = time.monotonic()
        scheduler.close(0.2)
        with pytest.raises(ApiError) as caught:
            await tokens(job)
        assert caught.value.status == 503 and time.monotonic() - begin < 10

    asyncio.run(main())


def test_a_loop_that_is_gone_leaves_the_thread_alive(schedule):
    scheduler = schedule()

    async def ask_and_go():
        scheduler.submit([ask(tokens=40)])

    asyncio.run(ask_and_go())

    async def main():
        [job] = scheduler.submit([ask()])
        assert len(await tokens(job)) == 5

    asyncio.run(main())
    assert scheduler.status().state == "ready"

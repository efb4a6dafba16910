"""What an open page is told: nothing twice, nothing missed, everything anew after a resume."""

import asyncio
import json
import shutil
import threading
import time

from jinjie.studio.curve import ROOM
from jinjie.studio.live import ListWatch, RunWatch, stream
from jinjie.studio.story import Stories
from jinjie.training.runs import Run


def watch(run, since=None, stories=None):
    return RunWatch(Run(run.path), stories or Stories(), lambda story: {"state": story.state}, since)


def points(frames):
    return [f for f in frames if f.event in ("reset", "more")]


def test_a_new_page_gets_everything_then_only_news(diary):
    run = diary("line-1-1")
    run.start()
    run.steps(1, 10)
    page = watch(run)
    first = page.frames()
    assert [f.event for f in first] == ["reset", "parts"]
    assert [step for step, _ in first[0].data["train"]] == list(range(1, 11))
    assert page.frames() == []
    run.steps(11, 12)
    run.write("evaluated", step=12, split="validation", metrics={"loss": 0.25})
    run.write("sample", step=12, text="月")
    (more,) = page.frames()
    assert more.event == "more"
    assert [step for step, _ in more.data["train"]] == [11, 12]
    assert more.data["validation"] == [(12, 0.25)]
    assert more.data["samples"] == [{"step": 12, "text": "月"}]
    run.write("finished", step=12, metrics={"loss": 0.2})
    assert page.frames()[-1].data == {"state": "finished"}


def test_a_page_that_comes_back_gets_what_it_missed_even_from_another_studio(diary):
    run = diary("line-1-1")
    run.start()
    run.steps(1, 10)
    known = points(watch(run).frames())[-1].id
    run.steps(11, 15)
    (more,) = points(watch(run, since=known).frames())
    assert more.event == "more" and [step for step, _ in more.data["train"]] == [11, 12, 13, 14, 15]
    assert more.id == (run.path / "events.jsonl").stat().st_size


def test_after_a_resume_the_page_begins_anew(diary):
    run = diary("line-1-1")
    run.start()
    run.steps(1, 10)
    page = watch(run)
    page.frames()
    run.steps(11, 20)
    page.frames()
    run.write("resumed", step=10)
    run.steps(11, 12)
    (reset,) = points(page.frames())
    assert reset.event == "reset" and [step for step, _ in reset.data["train"]] == list(range(1, 13))


def test_an_offset_from_another_file_is_answered_with_everything(diary):
    run = diary("line-1-1")
    run.start()
    run.steps(1, 3)
    (reset,) = points(watch(run, since=10**9).frames())
    assert reset.event == "reset" and len(reset.data["train"]) == 3


def test_a_burst_is_thinned_and_keeps_its_extremes(diary):
    run = diary("line-1-1")
    run.start()
    page = watch(run)
    page.frames()
    run.steps(1, 5000, loss=lambda step: 9.0 if step == 1234 else 1.0)
    (more,) = points(page.frames())
    assert len(more.data["train"]) <= 2 * ROOM + 1
    assert [1234, 9.0] in [list(p) for p in more.data["train"]]


def test_a_deleted_run_is_said_to_be_gone(diary):
    run = diary("line-1-1")
    page = watch(run)
    page.frames()
    shutil.rmtree(run.path)
    assert [f.event for f in page.frames()] == ["gone"]


def test_the_list_sends_rows_that_changed_and_the_order_of_all(diary):
    old = diary("line-1-1")
    old.start()
    seen = ListWatch(Stories(), lambda stories: {s.run.name: f"{s.done}" for s in stories})
    assert seen.frames()[0].data == {"order": ["line-1-1"], "rows": {"line-1-1": "0"}}
    assert seen.frames() == []
    old.steps(1, 5)
    assert seen.frames()[0].data["rows"] == {"line-1-1": "5"}
    time.sleep(0.02)  # runs are ordered by when their recipe was written
    diary("line-1-2")
    assert seen.frames()[0].data == {"order": ["line-1-2", "line-1-1"], "rows": {"line-1-2": "0"}}
    shutil.rmtree(old.path)
    assert seen.frames()[0].data == {"order": ["line-1-2"], "rows": {}}


def test_a_stream_is_well_formed_and_ends_when_the_server_closes(diary):
    run = diary("line-1-1")
    run.start()
    run.write("sample", step=0, text="two\nlines")
    closing = threading.Event()

    async def read():
        chunks = []
        async for chunk in stream(watch(run), closing):
            chunks.append(chunk.decode())
            if "event: parts" in chunk.decode():
                closing.set()
        return chunks

    chunks = asyncio.run(asyncio.wait_for(read(), timeout=10))
    assert chunks[0].startswith("retry: ")
    reset = next(c for c in chunks if "event: reset" in c)
    assert reset.endswith("\n\n") and reset.count("\n") == 4, "id, event, one line of data, an empty line"
    data = json.loads(reset.split("data: ")[1])
    assert data["samples"] == [{"step": 0, "text": "two\nlines"}]


def test_two_hundred_thousand_events_are_read_once_and_stay_light(diary):
    run = diary("line-1-1")
    run.start()
    line = '{"type": "step", "time": 1.0, "step": %d, "loss": %f, "lr": 0.1, "norm": 1.0, "metrics": {}}\n'
    with (run.path / "events.jsonl").open("a") as file:
        file.writelines(line % (step, 1 + step % 7) for step in range(1, 200_001))
    stories = Stories()
    first = points(watch(run, stories=stories).frames())[0]
    assert len(first.encoded()) < 100_000
    begin = time.process_time()
    points(watch(run, stories=stories).frames())
    # the first reading takes seconds of parsing; a second page must cost only its own rendering
    assert time.process_time() - begin < 0.5

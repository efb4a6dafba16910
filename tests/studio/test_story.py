"""A run's events folded as they come must tell what reading the whole file at once tells."""

import shutil
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinjie.studio.story import SAMPLES, Stories, Story
from jinjie.training import events
from jinjie.training.runs import Run


def told(story: Story) -> tuple:
    return (
        story.train.points(),
        story.validation(),
        [e["step"] for e in story.samples],
        story.step.get("step", 0),
    )


def test_the_story_of_a_run_from_start_to_finish(diary):
    run = diary("line-1-1")
    story = Story(Run(run.path))
    story.refresh()
    assert (story.done, story.total, story.state) == (0, None, "interrupted")
    run.write("loading", what="digits", done=1, total=2)
    story.refresh()
    assert story.loading["what"] == "digits"
    run.start(total=10)
    run.steps(1, 10)
    run.write("evaluated", step=10, split="validation", metrics={"loss": 0.5, "accuracy": 0.9})
    story.refresh()
    assert story.loading is None
    assert (story.done, story.total) == (10, 10)
    assert story.validation() == [(10, 0.5)]
    assert story.newest_metrics()["accuracy"] == 0.9
    run.write("finished", step=10, metrics={"loss": 0.4})
    story.refresh()
    assert story.state == "finished"
    assert story.newest_metrics() == {"loss": 0.4}


def test_a_resume_makes_later_events_void(diary):
    run = diary("line-1-1")
    run.start()
    run.steps(1, 50)
    run.write("evaluated", step=50, split="validation", metrics={"loss": 1.0})
    run.write("sample", step=50, text="later void")
    run.write("failed", step=50, key="x", error={"en": "broke", "zh": "坏了"})
    story = Story(Run(run.path))
    story.refresh()
    assert story.state == "failed"
    run.write("resumed", step=30)
    story.refresh()
    assert story.end is None
    assert story.train.points()[-1][0] == story.done == 30
    assert story.validation() == [] and story.samples == []
    assert story.resumes == [30]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_folding_piece_by_piece_equals_reading_all(diary, data):
    run = diary(f"line-1-{uuid.uuid4()}")
    story = Story(Run(run.path))
    run.start()
    step = 0
    for _ in range(data.draw(st.integers(1, 12))):
        match data.draw(st.sampled_from(["steps", "evaluated", "sample", "resumed", "look", "torn"])):
            case "steps":
                count = data.draw(st.integers(1, 30))
                run.steps(step + 1, step + count)
                step += count
            case "evaluated":
                run.write("evaluated", step=step, split="validation", metrics={"loss": float(step)})
            case "sample":
                run.write("sample", step=step, text="字")
            case "resumed":
                step = data.draw(st.integers(0, step))
                run.write("resumed", step=step)
            case "look":
                story.refresh()
            case "torn":  # a killed worker's half line, which the next worker cuts off
                with (run.path / "events.jsonl").open("ab") as file:
                    file.write(b'{"type": "step", "st')
                story.refresh()
                run.writer.close()
                run.writer = events.Writer(run.path / "events.jsonl")
    story.refresh()
    kept = events.read(run.path / "events.jsonl")
    steps = [(e["step"], e["loss"]) for e in kept if e["type"] == "step"]
    looks = [(e["step"], e["metrics"]["loss"]) for e in kept if e["type"] == "evaluated"]
    assert told(story) == (
        steps,
        looks,
        [e["step"] for e in kept if e["type"] == "sample"],
        steps[-1][0] if steps else 0,
    )


def test_another_run_under_the_same_name_is_another_story(diary):
    run = diary("line-1-1")
    run.start()
    run.steps(1, 50)
    stories = Stories()
    assert stories.of(Run(run.path)).done == 50
    shutil.rmtree(run.path)
    with pytest.raises(events.RunGone):
        stories.of(Run(run.path))
    assert stories.all() == []
    again = diary("line-1-1")
    again.start()
    again.steps(1, 80)
    assert stories.of(Run(run.path)).done == 80
    assert stories.of(Run(run.path)).train.points()[-1][0] == 80


def test_samples_are_kept_in_bounded_number_newest_and_oldest_among_them(diary):
    run = diary("line-1-1")
    run.start()
    for step in range(1000):
        run.write("sample", step=step, text=str(step))
    story = Story(Run(run.path))
    story.refresh()
    kept = [e["step"] for e in story.samples]
    assert len(kept) <= SAMPLES
    assert kept == sorted(kept) and kept[0] == 0 and kept[-1] == 999


def test_an_unchanged_file_is_not_read_again(diary, monkeypatch):
    run = diary("line-1-1")
    run.start()
    story = Story(Run(run.path))
    story.refresh()
    reads: list[int] = []
    monkeypatch.setattr(story.tail, "read", lambda: reads.append(1) or [])
    story.refresh()
    assert not reads
    run.write("sample", step=1, text="月")
    story.refresh()
    assert len(reads) == 1

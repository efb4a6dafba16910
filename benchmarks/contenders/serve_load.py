"""Clients of one server, which this starts: in a round each asks once for a completion, all at the same time."""

import atexit
import json
import subprocess
import threading
import time
from typing import Any

import httpx
from contest.contender import Stopwatch, serve, settings

given = settings()
server = subprocess.Popen(given["command"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
assert server.stdout is not None
about = next(json.loads(line) for line in server.stdout if line.startswith("{"))
client = httpx.Client(
    base_url=about["base_url"],
    headers={"authorization": f"Bearer {about['token']}"},
    timeout=600,
    limits=httpx.Limits(max_connections=128, max_keepalive_connections=128),
    trust_env=False,
)


def ask(prompt: list[int], tokens: int, found: list[tuple[int, float]]) -> None:
    began = time.perf_counter()
    answer = client.post(
        f"{about['base_url']}/completions",
        json={"model": about["model"], "prompt": prompt, "max_tokens": tokens, "temperature": 0},
    )
    answer.raise_for_status()
    found.append((answer.json()["usage"]["completion_tokens"], time.perf_counter() - began))


def asked(count: int) -> dict[str, Any]:
    """What the first `count` clients got."""
    each = list(zip(given["prompts"], given["tokens"], strict=True))[:count]
    found: list[tuple[int, float]] = []
    threads = [threading.Thread(target=ask, args=(*one, found)) for one in each]
    watch = Stopwatch()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = watch.stop()
    if len(found) != len(each):
        raise RuntimeError(f"{len(each) - len(found)} of {len(each)} requests failed")
    waits = sorted(seconds for _, seconds in found)
    return {
        **taken,
        "tokens": sum(count for count, _ in found),
        "half": waits[len(waits) // 2],
        "longest": waits[-1],
    }


end = time.monotonic() + 120
while True:  # it says where it is before it listens
    try:
        asked(1)
        break
    except (httpx.HTTPError, RuntimeError):
        if time.monotonic() > end:
            raise
        time.sleep(0.5)
counts = iter([2])
serve(about, lambda: asked(next(counts, len(given["prompts"]))))

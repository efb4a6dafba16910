"""Our engine writing with a GPT of random weights, held in the format asked for."""

import resource
import sys
from typing import Any

import torch
from contest.contender import Stopwatch, serve, settings

from jinjie import __version__
from jinjie.decoding import precision
from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.sampling import Sampling
from jinjie.models import gpt

given = settings()
watch = Stopwatch()
torch.manual_seed(0)
network = gpt.Config(**given["shape"]).build().eval()
choice = precision.prepare(network, given["weights"], given["streams"])
ready = watch.stop()["seconds"]
engine = Engine(network, given["streams"])
sampling = Sampling(temperature=0, max_tokens=given["tokens"])


def run() -> dict[str, Any]:
    watch = Stopwatch()
    for prompt in given["prompts"]:
        engine.admit(Ask(prompt, sampling))
    written = 0
    while engine.busy:
        written += len(engine.step())
    taken = watch.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform == "linux" else 1e6)
    return {**taken, "tokens": written, "megabytes": peak}


serve({"versions": f"Jinjie {__version__}", "format": choice.format, "ready": ready}, run)

"""Writing with llama.cpp: its arithmetic in the place of a network's, everything around it ours.

`Llama` is to the engine what a network is: it has a config, a cache with rows, and gives scores for tokens. So
sampling, seeds, stop words and the queue of many texts are the same with either, and greedy text is too, up to
rounding: llama.cpp works in fp32 here, keys and values included, but takes GELU from a table in fp16.

The package llama-cpp-python is optional, since it is compiled where it is installed: `pip install "jinjie[llama]"`.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, Self

from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import torch
else:
    np = lazy("numpy")
    torch = lazy("torch")

PACKAGE = "llama_cpp"
_FP32 = 0
"""ggml's number for the type of keys and values."""
_NO_FLASH = 0
_MOST = 512
"""Tokens that llama.cpp takes at once at most; our engine reads prompts in pieces of as many."""


def check_installed() -> None:
    """Raises JinjieError saying how to install llama.cpp where it is absent."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise JinjieError("gguf.no_package", package="llama-cpp-python")


class Llama:
    """A GGUF file opened in llama.cpp for up to `rows` texts at once, of up to `block` tokens each.

    Raises JinjieError when llama.cpp is absent or cannot open the file.
    """

    training = False

    def __init__(self, file: Path, vocabulary: int, block: int, rows: int = 1, threads: int = 1) -> None:
        check_installed()
        self._llama: Any = importlib.import_module(PACKAGE)
        self._quiet()
        settings = self._llama.llama_model_default_params()
        settings.n_gpu_layers = 0
        self._model = self._llama.llama_model_load_from_file(str(file).encode(), settings)
        if not self._model:
            raise JinjieError("gguf.cannot_open", file=file)
        how = self._llama.llama_context_default_params()
        how.n_ctx, how.n_seq_max = block * rows, rows
        how.n_batch = how.n_ubatch = min(_MOST, block * rows) if rows <= _MOST else rows
        how.n_threads = how.n_threads_batch = threads
        how.type_k = how.type_v = _FP32
        how.flash_attn_type = _NO_FLASH
        how.kv_unified = False
        how.no_perf = True
        self._context = self._llama.llama_init_from_model(self._model, how)
        if not self._context:
            self._llama.llama_model_free(self._model)
            raise JinjieError("gguf.cannot_open", file=file)
        self._memory = self._llama.llama_get_memory(self._context)
        self._most = int(how.n_batch)
        self.config = SimpleNamespace(vocabulary=vocabulary, block=block, causal=True)
        self._rows = rows

    def parameters(self) -> Any:
        """One number, for whoever asks where and in what precision a network is."""
        return iter([torch.zeros(1)])

    def cache(self, rows: int = 1) -> Rows:
        """The rows of llama.cpp's own cache, all of them empty."""
        if rows > self._rows:
            raise ValueError(f"{rows} rows are more than the {self._rows} it was opened for")
        self._llama.llama_memory_clear(self._memory, True)
        return Rows(self, torch.zeros(rows, dtype=torch.int64), 0)

    def __call__(
        self, tokens: torch.Tensor, cache: Rows, *, logits_for: Literal["last"] = "last"
    ) -> torch.Tensor:
        """tokens (B, T), which follow what each of the B rows of `cache` holds → logits (B, 1, V) of the last."""
        ids = tokens.tolist()
        done = 0
        found = []
        time = len(ids[0])
        for row, begin in enumerate(cache.lengths.tolist()):
            # What a row that is begun anew held before is forgotten here.
            self._llama.llama_memory_seq_rm(self._memory, cache.first + row, begin, -1)
        if time == 1:
            rows = range(len(ids))
            for first in range(0, len(ids), self._most):
                part = rows[first : first + self._most]
                places = [int(cache.lengths[row]) for row in part]
                self._decode([ids[row][0] for row in part], places, [cache.first + row for row in part], True)
                found += [self._scores(i) for i in range(len(part))]
        else:
            for row, text in enumerate(ids):
                begin = int(cache.lengths[row])
                for done in range(0, time, self._most):
                    piece = text[done : done + self._most]
                    places = list(range(begin + done, begin + done + len(piece)))
                    self._decode(piece, places, [cache.first + row] * len(piece), False)
                found.append(self._scores(len(piece) - 1))
        cache.lengths += time
        return torch.from_numpy(np.stack(found))[:, None]

    def _decode(self, tokens: Sequence[int], places: Sequence[int], rows: Sequence[int], every: bool) -> None:
        """Hand tokens to llama.cpp, each with its place and its row; scores come for every one, or for the last."""
        count = len(tokens)
        batch = self._llama.llama_batch_init(count, 0, 1)
        try:
            batch.n_tokens = count
            for i, (token, place, row) in enumerate(zip(tokens, places, rows, strict=True)):
                batch.token[i], batch.pos[i] = token, place
                batch.n_seq_id[i], batch.seq_id[i][0] = 1, row
                batch.logits[i] = every or i == count - 1
            state = self._llama.llama_decode(self._context, batch)
        finally:
            self._llama.llama_batch_free(batch)
        if state:
            raise RuntimeError(f"llama.cpp could not go on (llama_decode gave {state})")

    def _scores(self, place: int) -> np.ndarray[Any, Any]:
        """The scores (V) that follow token number `place` of the last batch."""
        pointer = self._llama.llama_get_logits_ith(self._context, place)
        return np.ctypeslib.as_array(pointer, (self.config.vocabulary,)).copy()

    def copy(self, source: int, target: int) -> None:
        """Make one row of the cache what another is."""
        self._llama.llama_memory_seq_rm(self._memory, target, -1, -1)
        self._llama.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def close(self) -> None:
        """Give the memory back."""
        if self._context:
            self._llama.llama_free(self._context)
            self._llama.llama_model_free(self._model)
            self._context = self._model = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _quiet(self) -> None:
        """llama.cpp's pages of notes are not shown. The callback is kept: C holds on to it."""
        global _SILENCE
        _SILENCE = self._llama.llama_log_callback(lambda *_: None)
        self._llama.llama_log_set(_SILENCE, ctypes.c_void_p(0))


_SILENCE: Any = None


class Rows:
    """Some rows of llama.cpp's cache, as `models/attention/cache.py` has them: lengths is (B,), int64."""

    def __init__(self, owner: Llama, lengths: torch.Tensor, first: int) -> None:
        self._owner = owner
        self.lengths = lengths
        self.first = first

    def rows(self, first: int, last: int) -> Rows:
        """The rows first … last − 1, on the same memory."""
        return Rows(self._owner, self.lengths[first:last], self.first + first)

    def copy(self, source: int, target: int) -> None:
        """Make one row what another is."""
        self._owner.copy(self.first + source, self.first + target)
        self.lengths[target] = int(self.lengths[source])

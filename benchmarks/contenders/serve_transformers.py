"""A plain server of transformers' `generate`, as a tutorial writes it in the standard library: no contender by itself.

With `batch` 1 it answers one request after another; with more, those that wait are written together, left-padded, up
to that many, and all of them are answered when the last is done.
"""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch
import transformers
from contest.contender import settings
from contest.gpt2_peer import gpt2

given = settings()
model = gpt2(given)


class Asked:
    def __init__(self, prompt: list[int], tokens: int) -> None:
        self.prompt, self.tokens, self.done = prompt, tokens, threading.Event()
        self.made: list[int] = []


waiting: "queue.Queue[Asked]" = queue.Queue()


@torch.no_grad()
def write() -> None:
    while True:
        asked = [waiting.get()]
        while len(asked) < given["batch"] and not waiting.empty():
            asked.append(waiting.get())
        longest = max(len(one.prompt) for one in asked)
        tokens = torch.tensor([[0] * (longest - len(one.prompt)) + one.prompt for one in asked])
        seen = torch.tensor([[0] * (longest - len(one.prompt)) + [1] * len(one.prompt) for one in asked])
        most = max(one.tokens for one in asked)
        made = model.generate(
            tokens,
            attention_mask=seen,
            do_sample=False,
            max_new_tokens=most,
            min_new_tokens=most,
            pad_token_id=0,
        )
        for one, row in zip(asked, made[:, longest:].tolist(), strict=True):
            one.made = row[: one.tokens]
            one.done.set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        one = Asked(body["prompt"], body["max_tokens"])
        waiting.put(one)
        one.done.wait()
        answer: dict[str, Any] = {
            "choices": [{"index": 0, "text": " ".join(map(str, one.made)), "finish_reason": "length"}],
            "usage": {"prompt_tokens": len(one.prompt), "completion_tokens": len(one.made)},
        }
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=write, daemon=True).start()
address = f"http://127.0.0.1:{server.server_address[1]}/v1"
versions = f"transformers {transformers.__version__}"
print(json.dumps({"base_url": address, "token": "none", "model": "gpt2", "versions": versions}), flush=True)
server.serve_forever()

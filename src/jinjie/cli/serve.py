"""`jinjie serve`: a finished model over HTTP, as OpenAI's API spells it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from jinjie.base import paths
from jinjie.base.words import say
from jinjie.cli.output import json_option, progress
from jinjie.cli.sampling import weights as weights_option

if TYPE_CHECKING:
    from jinjie.decoding.precision import Choice
    from jinjie.serve.server import Server


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("serve", help=say("cli.serve.help"))
    def serve(
        name: str = typer.Argument(..., help=say("cli.serve.model"), metavar="RUN"),
        port: int = typer.Option(8643, "--port", min=0, max=65535, help=say("cli.serve.port")),
        host: str = typer.Option("127.0.0.1", "--host", help=say("cli.serve.host")),
        rows: int = typer.Option(16, "--rows", min=1, max=4096, help=say("cli.serve.rows")),
        queue: int = typer.Option(64, "--queue", min=0, max=65536, help=say("cli.serve.queue")),
        max_tokens: int | None = typer.Option(None, "--max-tokens", min=1, help=say("cli.serve.max_tokens")),
        called: str | None = typer.Option(None, "--name", help=say("cli.serve.name")),
        token: str | None = typer.Option(None, "--token", help=say("cli.serve.token")),
        origins: list[str] = typer.Option([], "--allow-origin", help=say("cli.serve.origin")),
        engine: str = typer.Option("jinjie", "--engine", help=say("cli.engine"), metavar="jinjie|llama.cpp"),
        weights: str = weights_option(),
        threads: int | None = typer.Option(None, "--threads", min=1, help=say("cli.serve.threads")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.cli.sampling import LLAMA, check_engine
        from jinjie.decoding import precision
        from jinjie.serve.server import Options, prepare, take
        from jinjie.training import finished

        check_engine(engine, {"--weights": weights != precision.AUTO})
        precision.check(weights)
        with progress(as_json) as report:
            folder = finished.model_folder(name, report)
        options = Options(host, port, rows, queue, max_tokens, token, tuple(origins))
        door = take(options)

        import torch

        from jinjie.base import machine
        from jinjie.serve.served import Served

        model = finished.open_finished(folder)
        # What a step with every row at work takes.
        flops = model.config.flops(1) / max(1, getattr(model.config, "block", 1)) * rows
        torch.set_num_threads(threads or machine.pick_threads(flops, machine.cores()))
        chosen = precision.Choice("fp32", "decoding.weights.asked")
        if engine != LLAMA:
            chosen = precision.prepare(model.network, weights, rows)
        at_path = paths.is_there(paths.place(name))
        served = Served(model, called or str(model.card.get("run") or (folder.name if at_path else name)))
        server = prepare(door, served, options)
        with ExitStack() as until_closed:
            if engine == LLAMA:
                from jinjie.training.gguf import in_llama

                server.writer = until_closed.enter_context(in_llama(model, rows, torch.get_num_threads()))
            if as_json:
                _print_json(server, chosen)
            else:
                _print(server, chosen)
            server.serve()


def _print_json(server: Server, chosen: Choice) -> None:
    import json

    print(
        json.dumps(
            {
                "base_url": server.address,
                "port": server.port,
                "token": server.token,
                "model": server.served.name,
                "parameters": server.served.parameters,
                "context": server.served.context,
                "max_tokens": server.max_tokens,
                "rows": server.options.rows,
                "queue": server.options.queue,
                "weights": chosen.format,
                "weights_bytes": server.served.weights_bytes,
                "cache_bytes": server.served.cache_bytes(server.options.rows),
            },
            ensure_ascii=False,
        ),
        flush=True,
    )


def _print(server: Server, chosen: Choice) -> None:
    from textwrap import indent

    from jinjie.base.amounts import count, size
    from jinjie.serve.asking import asking

    served, options = server.served, server.options
    print(
        say(
            "serve.server.model",
            name=served.name,
            parameters=count(served.parameters),
            size=size(served.weights_bytes),
            context=served.context,
        )
    )
    if served.writes:
        print(say("serve.server.weights", format=chosen.format, reason=say(chosen.reason)))
        print(
            say(
                "serve.server.cache",
                size=size(served.cache_bytes(options.rows)),
                rows=options.rows,
                queue=options.queue,
            )
        )
    else:
        print(say("serve.server.embeds_alone"))
    if not server.local:
        print(say("serve.server.open", host=options.host))
    for origin in options.origins:
        print(say("serve.server.origin", origin=origin))
    print(say("serve.server.address", address=server.address))
    print(say("serve.server.its_token", token=server.token))
    print()
    told = asking(served.name, server.address, server.token, served.writes)
    print(say("serve.server.with_curl"))
    print(indent(told.curl, "  "))
    print(say("serve.server.with_openai"))
    print(indent(told.python, "  "))
    print()
    print(say("serve.server.end"), flush=True)

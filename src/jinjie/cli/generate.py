"""`jinjie generate` and `predict`: ask a finished model."""

from __future__ import annotations

import sys

import typer

from jinjie.base.words import say
from jinjie.cli.output import json_option, print_json


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command("generate", help=say("cli.generate.help"))
    def generate(
        words: list[str] = typer.Argument(None, help=say("cli.generate.words"), metavar="[RUN] [PROMPT]"),
        temperature: float = typer.Option(
            0.8, "--temperature", "-t", min=0, help=say("cli.generate.temperature")
        ),
        top_k: int | None = typer.Option(None, "--top-k", min=1, help=say("cli.generate.top_k")),
        top_p: float | None = typer.Option(None, "--top-p", min=0, max=1, help=say("cli.generate.top_p")),
        tokens: int = typer.Option(200, "--tokens", "-n", min=1, help=say("cli.generate.tokens")),
        seed: int | None = typer.Option(None, "--seed", min=0, help=say("cli.generate.seed")),
        number: int = typer.Option(1, "--number", min=1, max=100, help=say("cli.generate.number")),
        as_json: bool = json_option(),
    ) -> None:
        import secrets

        from jinjie.base.config import build
        from jinjie.training import finished

        name, prompt = _name_and_prompt(words or [])
        folder = finished.model_folder(name)

        from jinjie.decoding.sampling import Sampling
        from jinjie.decoding.text import write

        first = secrets.randbelow(2**31) if seed is None else seed
        settings = {
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "max_tokens": tokens,
            "seed": first,
        }
        sampling = build(Sampling, {k: v for k, v in settings.items() if v is not None})
        model = finished.open_finished(folder)
        processor = finished.text_processor(model)
        made = []
        for i in range(number):
            pieces = write(model.network, processor, prompt, sampling.model_copy(update={"seed": first + i}))
            if as_json:
                made.append({"seed": first + i, "text": "".join(pieces)})
                continue
            for piece in pieces:
                sys.stdout.write(piece)
                sys.stdout.flush()
            sys.stdout.write("\n" if i == number - 1 else "\n\n")
        if as_json:
            print_json({"model": name, "prompt": prompt, "samples": made})

    # -0.5 is an input and no option.
    @app.command("predict", help=say("cli.predict.help"), context_settings={"ignore_unknown_options": True})
    def predict(
        name: str = typer.Argument(..., help=say("cli.run_name"), metavar="RUN"),
        inputs: list[str] = typer.Argument(..., help=say("cli.predict.input"), metavar="INPUT..."),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem, did_you_mean
        from jinjie.training import finished

        if unknown := [word for word in inputs if word.startswith("--")]:
            raise InvalidInput(
                [
                    Problem(w, "problem.unknown_setting", suggestion=did_you_mean(w, ["--json", "--help"]))
                    for w in unknown
                ]
            )
        model = finished.open_finished(finished.model_folder(name))
        models = {"model": model.network}
        made = []
        for text in inputs:
            answer = model.task.predict(models, model.processor, text)
            made.append({"input": text, **answer.values})
            if not as_json:
                typer.echo(answer.words)
        if as_json:
            print_json(made)


def _name_and_prompt(words: list[str]) -> tuple[str, str]:
    """`RUN PROMPT`, a RUN alone, or a PROMPT alone for the model that travels in the package."""
    from jinjie.base.errors import InvalidInput, JinjieError, NotFound, Problem
    from jinjie.training import finished

    if len(words) > 2:
        raise InvalidInput([Problem("", "cli.generate.too_many", count=len(words))])
    if len(words) == 2:
        return words[0], words[1]
    if not words:
        return finished.PACKAGED, ""
    try:
        finished.model_folder(words[0])
    except NotFound:
        return finished.PACKAGED, words[0]
    except JinjieError:
        pass  # a run without a model yet: the caller says so
    return words[0], ""

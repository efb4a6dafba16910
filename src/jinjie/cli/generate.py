"""`jinjie generate` and `predict`: ask a finished model."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli import sampling as options
from jinjie.cli.output import json_option, note, print_json, progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinjie.data.dataset import TextProcessor
    from jinjie.decoding.sampling import Sampling
    from jinjie.training.finished import Finished

TOKENS = 200


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("generate", help=say("cli.generate.help"))(_generate())
    # -0.5 is an input and no option.
    app.command("predict", help=say("cli.predict.help"), context_settings={"ignore_unknown_options": True})(
        _predict()
    )


def _generate() -> Any:
    """The command, its help in the current language."""
    looking = say("cli.explain.heading")

    def generate(
        words: list[str] = typer.Argument(None, help=say("cli.generate.words"), metavar="[RUN] [PROMPT]"),
        file: str | None = typer.Option(None, "--file", help=say("cli.generate.file")),
        tokens: int | None = typer.Option(
            None, "--tokens", "-n", min=0, help=say("cli.generate.tokens", usual=TOKENS)
        ),
        greedy: bool = options.greedy(),
        temperature: float | None = options.temperature(),
        top_k: int | None = options.top_k(),
        top_p: float | None = options.top_p(),
        min_p: float | None = options.min_p(),
        repetition_penalty: float | None = options.repetition_penalty(),
        frequency_penalty: float | None = options.frequency_penalty(),
        presence_penalty: float | None = options.presence_penalty(),
        beams: int = typer.Option(1, "--beams", help=say("cli.generate.beams")),
        length_penalty: float | None = typer.Option(
            None, "--length-penalty", help=say("cli.generate.length_penalty")
        ),
        stop: list[str] = options.stop(),
        seed: int | None = options.seed(),
        number: int = typer.Option(1, "--number", min=1, max=100, help=say("cli.generate.number")),
        engine: str = typer.Option("jinjie", "--engine", help=say("cli.engine"), metavar="jinjie|llama.cpp"),
        weights: str = options.weights(),
        stream: bool = typer.Option(True, "--stream/--no-stream", help=say("cli.generate.stream")),
        explain: bool = typer.Option(
            False, "--explain", help=say("cli.explain.help"), rich_help_panel=looking
        ),
        position: int | None = typer.Option(
            None, "--position", help=say("cli.explain.position"), rich_help_panel=looking
        ),
        layer: int | None = typer.Option(
            None, "--layer", help=say("cli.explain.layer"), rich_help_panel=looking
        ),
        head: int | None = typer.Option(
            None, "--head", help=say("cli.explain.head"), rich_help_panel=looking
        ),
        top: int | None = typer.Option(
            None, "--top", min=1, max=1000, help=say("cli.explain.top"), rich_help_panel=looking
        ),
        picture: str | None = typer.Option(
            None, "--picture", help=say("cli.explain.picture"), metavar="FILE.svg", rich_help_panel=looking
        ),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.decoding import precision
        from jinjie.training import finished

        name, prompt = _name_and_prompt(words or [], file)
        asked = {"--position": position, "--layer": layer, "--head": head, "--top": top, "--picture": picture}
        _looks_fit(
            explain,
            tokens,
            weights != precision.AUTO,
            [option for option, value in asked.items() if value is not None],
        )
        options.check_engine(
            engine, {"--explain": explain, "--beams": beams > 1, "--weights": weights != precision.AUTO}
        )
        precision.check(weights)
        with progress(as_json) as report:
            folder = finished.model_folder(name, report)
        seed_given = seed
        sampling = options.sampling(
            greedy,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            repetition_penalty=repetition_penalty,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            max_tokens=tokens if tokens else TOKENS,
            stop=options.unescaped(stop),
            seed=options.some_seed() if seed_given is None else seed_given,
            beams=beams,
            length_penalty=length_penalty,
        )
        if 1 < beams < number:
            from jinjie.base.errors import InvalidInput, Problem

            raise InvalidInput([Problem("--number", "cli.generate.more_than_beams", beams=beams)])
        with progress(as_json) as report:
            model = finished.open_finished(folder, report=report)
        processor = finished.text_processor(model)
        if explain:
            from jinjie.cli.explain import show

            show(
                name,
                model,
                prompt,
                sampling,
                tokens or 0,
                position=-1 if position is None else position,
                layer=layer,
                head=head,
                top=top or 10,
                picture=picture,
                as_json=as_json,
            )
            return
        config: Any = model.config
        block, count = int(config.block), len(processor.prompt(prompt))
        if count > block:
            note(say("cli.generate.too_long", count=count, block=block))
        with ExitStack() as until_written:
            if engine == options.LLAMA:
                from jinjie.decoding.text import ROWS
                from jinjie.training.gguf import in_llama

                rows = min(number, ROWS)
                chosen = precision.Choice("fp32", "decoding.weights.asked")
                network: Any = until_written.enter_context(in_llama(model, rows, options.threads()))
                model = replace(model, network=network)
            else:
                chosen = precision.prepare(model.network, weights, max(number, beams))
            if beams > 1:
                made = _found(model, processor, prompt, sampling, number)
            else:
                made = _written(model, processor, prompt, sampling, number, stream and not as_json)
            if as_json:
                told = {"model": name, "weights": chosen.format, "prompt": prompt, "prompt_tokens": count}
                print_json({**told, "samples": list(made)})
                return
            for i, sample in enumerate(made):
                if not stream or beams > 1:
                    sys.stdout.write(sample["text"])
                sys.stdout.write("\n" if i == number - 1 else "\n\n")
                sys.stdout.flush()

    return generate


def _predict() -> Any:
    whole = say("cli.predict.table")

    def predict(
        name: str = typer.Argument(..., help=say("cli.run_name"), metavar="RUN"),
        inputs: list[str] = typer.Argument(None, help=say("cli.predict.input"), metavar="[INPUT]..."),
        context: str | None = typer.Option(None, "--context", help=say("cli.predict.context")),
        file: str | None = typer.Option(None, "--file", help=say("cli.predict.file"), rich_help_panel=whole),
        out: str = typer.Option(
            "predictions.csv", "--out", help=say("cli.predict.out"), rich_help_panel=whole
        ),
        replace: bool = typer.Option(
            False, "--replace", help=say("cli.predict.replace"), rich_help_panel=whole
        ),
        text: str = typer.Option("text", "--text", help=say("cli.predict.text"), rich_help_panel=whole),
        question: str = typer.Option(
            "question", "--question", help=say("cli.predict.question"), rich_help_panel=whole
        ),
        passage: str = typer.Option(
            "context", "--context-column", help=say("cli.predict.passage"), rich_help_panel=whole
        ),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem, did_you_mean
        from jinjie.training import finished

        inputs = inputs or []
        known = ["--json", "--help", "--file", "--out", "--replace", "--text", "--question", "--context"]
        problems = [
            Problem(word, "problem.unknown_setting", suggestion=did_you_mean(word, known))
            for word in inputs
            if word.startswith("--")
        ]
        if not problems and (not inputs) == (file is None):
            problems.append(Problem("", "predict.inputs_or_file"))
        if problems:
            raise InvalidInput(problems)
        with progress(as_json) as report:
            model = finished.open_finished(finished.model_folder(name, report), report=report)
        if file is not None:
            from jinjie.analyse.predictions import predict_file
            from jinjie.base.paths import place

            with progress(as_json) as report:
                made = predict_file(
                    model,
                    file,
                    place(out).absolute(),
                    text=text,
                    question=question,
                    context=passage,
                    replace=replace,
                    report=report,
                )
            if as_json:
                told = {"file": str(made.file), "rows": made.rows, "empty": made.empty}
                print_json({**told, "columns": list(made.columns)})
                return
            typer.echo(say("predict.done", file=made.file, rows=made.rows, columns=", ".join(made.columns)))
            if made.empty:
                note(say("predict.empty", count=made.empty))
            return
        models = {"model": model.network}
        said = []
        for one in inputs:
            asked = one if context is None else f"{' '.join(one.split())}\n{context}"
            answer = model.task.predict(models, model.processor, asked)
            said.append({"input": one, **answer.values})
            if not as_json:
                typer.echo(answer.words)
        if as_json:
            print_json(said)

    return predict


def _written(
    model: Finished, processor: TextProcessor, prompt: str, sampling: Sampling, number: int, shown: bool
) -> Iterator[dict[str, Any]]:
    """The texts, in order, each when it is whole; with `shown`, the one whose turn it is appears as it is written.

    All are written at the same time, and each by a seed of its own: the first has the seed asked for.
    """
    from jinjie.decoding.text import write_many

    samplings = [sampling.model_copy(update={"seed": sampling.seed + i}) for i in range(number)]
    texts = [prompt] * number
    whole: dict[int, dict[str, Any]] = {}
    turn = 0

    def show(text: str) -> None:
        if shown and text:
            sys.stdout.write(text)
            sys.stdout.flush()

    ids = processor.prompt(prompt)
    show(prompt)
    for piece in write_many(model.network, processor, ids, samplings, before=prompt):
        texts[piece.number] += piece.text
        if piece.number == turn:
            show(piece.text)
        if piece.ended is not None:
            whole[piece.number] = {
                "seed": samplings[piece.number].seed,
                "text": texts[piece.number],
                "tokens": piece.tokens,
                "finish_reason": piece.ended,
            }
        while turn in whole:
            yield whole[turn]
            turn += 1
            if turn < number:
                show(texts[turn])


def _found(
    model: Finished, processor: TextProcessor, prompt: str, sampling: Sampling, number: int
) -> Iterator[dict[str, Any]]:
    """The best texts that beam search finds, the best first. A stop word cuts a text when it has been found."""
    from jinjie.decoding.beam import beam_search
    from jinjie.decoding.text import TextStream

    ids = processor.prompt(prompt)
    for beam in beam_search(model.network, ids, sampling, stop=processor.ends)[:number]:
        stream = TextStream(processor, ids, before=prompt, stop=sampling.stop)
        text = "".join(stream.add(token) for token in beam.tokens) + stream.finish()
        yield {
            "text": prompt + text,
            "score": beam.score,
            "tokens": len(beam.tokens),
            "finish_reason": "stop" if stream.ended else beam.ended,
        }


def _looks_fit(explain: bool, tokens: int | None, packed: bool, asked: list[str]) -> None:
    """Raises InvalidInput when options ask for what `--explain` alone shows, or for it in another format than the
    model's own, or when a text of no tokens is asked for."""
    from jinjie.base.errors import InvalidInput, Problem

    problems = []
    if explain and packed:
        problems = [Problem("--weights", "cli.explain.as_they_are")]
    if not explain:
        problems = [Problem(option, "cli.explain.only_with") for option in asked]
        if tokens == 0:
            problems.append(Problem("--tokens", "problem.out_of_range", came=0, sign="≥", bound=1))
    if problems:
        raise InvalidInput(problems)


def _name_and_prompt(words: list[str], file: str | None) -> tuple[str, str]:
    """`RUN PROMPT`, a RUN alone, or a PROMPT alone for the model that travels in the package.

    A prompt may come from a file, or be "-" for standard input, whose last line break is not part of it.
    """
    from jinjie.base.errors import InvalidInput, Problem
    from jinjie.training import finished

    if len(words) > 2:
        raise InvalidInput([Problem("", "cli.generate.too_many", count=len(words))])
    if file is not None and len(words) > 1:
        raise InvalidInput([Problem("--file", "cli.generate.prompt_or_file")])
    if len(words) == 2:
        return words[0], _prompt(words[1])
    if file is not None:
        from jinjie.data.reading import read_text

        return (words or [finished.PACKAGED])[0], read_text(file, "--file").removesuffix("\n")
    if not words:
        return finished.PACKAGED, ""
    if words[0] == "-":
        return finished.PACKAGED, _prompt("-")
    # A run without a model yet is one all the same: the caller says so.
    return (words[0], "") if finished.is_model(words[0]) else (finished.PACKAGED, words[0])


def _prompt(word: str) -> str:
    from jinjie.base.errors import InvalidInput, Problem

    if word != "-":
        return word
    content = sys.stdin.buffer.read()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        byte = f"0x{content[error.start]:02x}"
        problem = Problem("-", "data.not_utf8", path="-", offset=error.start, byte=byte)
        raise InvalidInput([problem]) from None
    return text.replace("\r\n", "\n").removesuffix("\n")

"""`jinjie export`: a finished model as a folder that transformers and others open."""

from __future__ import annotations

from pathlib import Path

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json, progress


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("export", help=say("cli.export.help"))
    def export(
        name: str = typer.Argument(..., help=say("cli.export.name"), metavar="RUN"),
        folder: Path = typer.Argument(..., help=say("cli.export.folder"), metavar="FOLDER"),
        to: str = typer.Option("folder", "--to", help=say("cli.export.to"), metavar="folder|gguf"),
        tokenizer: bool = typer.Option(True, "--tokenizer/--no-tokenizer", help=say("cli.export.tokenizer")),
        layout: str | None = typer.Option(None, "--layout", help=say("cli.export.layout")),
        dtype: str | None = typer.Option(None, "--dtype", help=say("cli.export.dtype")),
        shard_size: str = typer.Option("5GB", "--shard-size", help=say("cli.export.shard_size")),
        adapters: bool = typer.Option(False, "--adapters", help=say("cli.export.adapters")),
        replace: bool = typer.Option(False, "--replace", help=say("cli.export.replace")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.amounts import size
        from jinjie.base.errors import InvalidInput, Problem, did_you_mean
        from jinjie.training import export as exporting
        from jinjie.training import finished

        problems = []
        if (most := _bytes(shard_size)) is None:
            problems.append(Problem("--shard-size", "cli.export.no_size", came=shard_size))
        if dtype is not None and dtype not in exporting.DTYPES:
            suggestion = did_you_mean(dtype, exporting.DTYPES)
            problems.append(Problem("--dtype", "cli.export.no_dtype", came=dtype, suggestion=suggestion))
        if to not in ("folder", "gguf"):
            suggestion = did_you_mean(to, ("folder", "gguf"))
            problems.append(Problem("--to", "cli.export.no_form", came=to, suggestion=suggestion))
        if to == "gguf" and layout is not None:
            problems.append(Problem("--layout", "cli.export.of_folders"))
        if to != "gguf" and not tokenizer:
            problems.append(Problem("--no-tokenizer", "cli.export.of_gguf"))
        if problems or most is None:
            raise InvalidInput(problems)
        if to == "gguf":
            _gguf(name, folder.expanduser().absolute(), dtype, tokenizer, replace, as_json)
            return
        if adapters:
            from jinjie.training import adapter_files

            place = folder.expanduser().absolute()
            files = adapter_files.export(finished.model_folder(name), place, replace)
            if as_json:
                print_json({"folder": str(place), "files": files})
            else:
                whole = size(sum(files.values()))
                done = say("cli.export.adapters_done", folder=place, size=whole)
                console().print(done, soft_wrap=True, markup=False)
            return
        with progress(as_json) as report:
            made = exporting.export(
                finished.model_folder(name, report),
                folder.expanduser().absolute(),
                layout=layout,
                dtype=next((one for one in exporting.DTYPES if one == dtype), None),
                shard_bytes=most,
                replace=replace,
                report=report,
            )
        if as_json:
            print_json(
                {
                    "folder": str(made.folder),
                    "layout": made.layout,
                    "model_type": made.model_type,
                    "architecture": made.architecture,
                    "dtype": made.dtype,
                    "files": made.files,
                }
            )
            return
        out = console()
        whole = size(sum(made.files.values()))
        done = say(
            "cli.export.done", folder=made.folder, model_type=made.model_type, dtype=made.dtype, size=whole
        )
        out.print(done, soft_wrap=True)
        if made.architecture is not None:
            out.print(
                say("cli.export.opens", architecture=made.architecture, folder=made.folder), soft_wrap=True
            )
        else:
            out.print(say("cli.export.opens_here", folder=made.folder), soft_wrap=True)


def _gguf(name: str, file: Path, dtype: str | None, tokenizer: bool, replace: bool, as_json: bool) -> None:
    """Write one GGUF file, and say what it is."""
    from jinjie.base.amounts import size
    from jinjie.base.errors import InvalidInput, Problem
    from jinjie.training import export as exporting
    from jinjie.training import finished, gguf

    if file.is_dir():
        raise InvalidInput([Problem(str(file), "data.folder_not_file", path=file)])
    if file.exists() and not replace:
        raise InvalidInput([Problem(str(file), "export.there")])
    with progress(as_json) as report:
        source = finished.model_folder(name, report)
        model = finished.open_finished(source, report=report)
    kept = next((one for one in exporting.DTYPES if one == dtype), None) or exporting.as_stored(source)
    file.parent.mkdir(parents=True, exist_ok=True)
    made = gguf.write(model, file, dtype=kept, tokenizer=tokenizer)
    if as_json:
        print_json(
            {
                "file": str(made.file),
                "architecture": made.architecture,
                "dtype": made.dtype,
                "tensors": made.tensors,
                "bytes": made.bytes,
                "tokenizer": made.tokenizer,
            }
        )
        return
    done = say(
        "cli.export.done_gguf",
        file=made.file,
        architecture=made.architecture,
        dtype=made.dtype,
        size=size(made.bytes),
    )
    console().print(done, soft_wrap=True, markup=False)
    if made.tokenizer is None:
        console().print(say("cli.export.ids_alone"), soft_wrap=True, markup=False)


def _bytes(text: str) -> int | None:
    """`5GB`, `200MB`, `64KB` or a number of bytes; None for anything else, and for none."""
    words = text.strip().upper().removesuffix("B")
    unit = {"K": 10**3, "M": 10**6, "G": 10**9}.get(words[-1:], 1)
    try:
        found = int(float(words[:-1] if unit > 1 else words) * unit)
    except (ValueError, OverflowError):
        return None
    return found if found > 0 else None

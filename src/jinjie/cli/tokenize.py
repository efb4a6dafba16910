"""`jinjie tokenize`: train a tokenizer, encode and decode with one, look at how it splits a text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.data.tokenization.processor import TokenProcessor
    from jinjie.data.tokenization.split import Part

_TINTS = ("#a8c7ea", "#f5c1a3", "#a9d8ba", "#cdb9ea", "#ead28f", "#efb0cf")
"""Backgrounds under black letters, readable in light and dark terminals alike."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=say("cli.tokenize.help"), no_args_is_help=True)
    app.add_typer(group, name="tokenize")
    _register_train(group)
    _register_encode(group)
    _register_decode(group)
    _register_inspect(group)


def _register_train(group: typer.Typer) -> None:
    @group.command("train", help=say("cli.tokenize.train"))
    def train(
        out: Path = typer.Argument(..., help=say("cli.tokenize.out"), metavar="OUT"),
        places: list[str] = typer.Argument(..., help=say("cli.tokenize.places"), metavar="TEXT..."),
        kind: str = typer.Option("bpe", "--kind", help=say("cli.tokenize.kind")),
        size: int | None = typer.Option(None, "--size", help=say("cli.tokenize.size")),
        min_frequency: int | None = typer.Option(
            None, "--min-frequency", help=say("cli.tokenize.min_frequency")
        ),
        special: list[str] = typer.Option(None, "--special", help=say("cli.tokenize.special")),
        chat: bool | None = typer.Option(None, "--chat/--no-chat", help=say("cli.tokenize.chat")),
        cut: str | None = typer.Option(None, "--cut", help=say("cli.tokenize.cut")),
        lower: bool | None = typer.Option(None, "--lower/--cased", help=say("cli.tokenize.lower")),
        accents: bool | None = typer.Option(
            None, "--strip-accents/--keep-accents", help=say("cli.tokenize.accents")
        ),
        sample: int | None = typer.Option(None, "--sample", min=1, help=say("cli.tokenize.sample")),
        as_json: bool = json_option(),
    ) -> None:
        given = {
            "size": size,
            "min_frequency": min_frequency,
            "special": special or None,
            "chat": chat,
            "cut": cut,
            "lower": lower,
            "accents": accents,
        }
        _train(out, places, kind, {k: v for k, v in given.items() if v is not None}, sample, as_json)


def _register_encode(group: typer.Typer) -> None:
    @group.command("encode", help=say("cli.tokenize.encode"))
    def encode(
        name: str = typer.Argument(..., help=say("cli.tokenize.name"), metavar="TOKENIZER"),
        text: str = typer.Argument(None, help=say("cli.tokenize.text"), metavar="[TEXT]"),
        file: str = typer.Option(None, "--file", help=say("cli.tokenize.file")),
        plain: bool = typer.Option(False, "--plain", help=say("cli.tokenize.plain")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.data.tokenization.split import encoded

        processor = _open(name, quiet=as_json)
        written = _text(text, file)
        if as_json:
            print_json(encoded(name, processor, written, special=not plain))
        else:
            print(*processor.ids(written, special=not plain))


def _register_decode(group: typer.Typer) -> None:
    # -1 is an id that does not exist, and no option.
    @group.command(
        "decode", help=say("cli.tokenize.decode"), context_settings={"ignore_unknown_options": True}
    )
    def decode(
        name: str = typer.Argument(..., help=say("cli.tokenize.name"), metavar="TOKENIZER"),
        words: list[str] = typer.Argument(None, help=say("cli.tokenize.ids"), metavar="ID..."),
        skip: bool = typer.Option(False, "--skip-special", help=say("cli.tokenize.skip")),
        as_json: bool = json_option(),
    ) -> None:
        processor = _open(name, quiet=as_json)
        ids = _ids(words, processor)
        text = processor.text(ids, skip_special=skip)
        if as_json:
            print_json({"tokenizer": name, "ids": ids, "text": text})
        else:
            print(text)


def _register_inspect(group: typer.Typer) -> None:
    @group.command("inspect", help=say("cli.tokenize.inspect"))
    def inspect(
        name: str = typer.Argument(..., help=say("cli.tokenize.name"), metavar="TOKENIZER"),
        text: str = typer.Argument(None, help=say("cli.tokenize.text"), metavar="[TEXT]"),
        file: str = typer.Option(None, "--file", help=say("cli.tokenize.file")),
        picture: Path = typer.Option(None, "--picture", help=say("cli.tokenize.picture")),
        merges: bool = typer.Option(False, "--merges", help=say("cli.tokenize.merges")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem

        asked = text is not None or file is not None
        if not asked and (picture is not None or merges):
            option = "--merges" if merges else "--picture"
            raise InvalidInput([Problem(option, "cli.tokenize.needs_text", option=option)])
        processor = _open(name, quiet=as_json)
        _inspect(name, processor, _text(text, file) if asked else None, picture, merges, as_json)


def _train(
    out: Path, places: list[str], kind: str, settings: dict[str, Any], sample: int | None, quiet: bool
) -> None:
    from jinjie.base.amounts import count, duration, size
    from jinjie.data.tokenization.learn import learn

    if quiet:
        learned = learn(out, places, kind, settings, sample)
        print_json(learned.plain())
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task("", total=None)
        learned = learn(
            out,
            places,
            kind,
            settings,
            sample,
            lambda what, done, total: bar.update(task, description=what, completed=done, total=total),
        )
    line = say(
        "cli.tokenize.trained",
        folder=out,
        kind=kind,
        size=f"{learned.size:,}",
        bytes=size(learned.bytes),
        took=duration(learned.seconds),
    )
    console().print(line, soft_wrap=True, markup=False)
    if learned.asked is not None and learned.size < learned.asked:
        line = say("cli.tokenize.smaller", asked=count(learned.asked), size=f"{learned.size:,}")
        console().print(line, style="yellow", soft_wrap=True, markup=False)


def _inspect(
    name: str, processor: TokenProcessor, text: str | None, picture: Path | None, merges: bool, as_json: bool
) -> None:
    from jinjie.data.tokenization.bpe import merge_steps
    from jinjie.data.tokenization.measure import longest, measure, samples
    from jinjie.data.tokenization.picture import write_picture
    from jinjie.data.tokenization.split import split

    parts = [] if text is None else split(processor, text, special=True)
    steps = merge_steps(processor, text) if merges and text is not None else []
    texts = samples() if text is None else {"text": text}
    fits = {title: measure(processor, one) for title, one in texts.items()}
    if picture is not None and text is not None:
        title = say("tokenizer.picture_title", name=name, characters=len(text), tokens=len(parts))
        write_picture(picture.expanduser(), parts, title)
    if as_json:
        found: dict[str, Any] = {
            "tokenizer": name,
            "kind": processor.kind,
            "size": processor.vocabulary,
            "special": processor.special,
            "special_tokens": processor.special_tokens,
            "ends": list(processor.ends),
            "longest": [{"id": i, "text": shown, "bytes": size} for i, shown, size in longest(processor)],
            "texts": {title: fit.plain() for title, fit in fits.items()},
        }
        if text is not None:
            found["split"] = [
                {"id": p.id, "token": p.token, "text": p.label, "start": p.start, "end": p.end} for p in parts
            ]
        if merges:
            found["merges"] = [
                [{"rank": s.rank, "word": [_shown(part) for part in s.word]} for s in word] for word in steps
            ]
        print_json(found)
        return
    _print_facts(name, processor)
    _print_fits(fits)
    if text is None:
        line = ", ".join(f"{shown} ({i})" for i, shown, _ in longest(processor))
        console().print(say("cli.tokenize.longest", tokens=line), soft_wrap=True, markup=False)
    _print_split(parts)
    _print_merges(steps)
    if picture is not None:
        console().print(say("cli.tokenize.drawn", file=picture), style="dim", soft_wrap=True, markup=False)


def _print_facts(name: str, processor: TokenProcessor) -> None:
    out = console()
    kind = say("cli.tokenize.facts", name=name, kind=processor.kind, size=f"{processor.vocabulary:,}")
    out.print(kind, style="bold", soft_wrap=True, markup=False)
    special = ", ".join(
        f"{role} {token} ({processor.special.get(role)})" for role, token in processor.special_tokens.items()
    )
    out.print(say("cli.tokenize.specials", tokens=special or "–"), soft_wrap=True, markup=False)


def _print_fits(fits: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    headings = (
        say("cli.tokenize.column.text"),
        say("cli.tokenize.column.characters"),
        say("cli.tokenize.column.tokens"),
        say("cli.tokenize.column.bytes"),
        say("cli.tokenize.column.words"),
        say("cli.tokenize.column.chinese"),
        say("cli.tokenize.column.unknown"),
    )
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="right" if i else "left")
    for title, fit in fits.items():
        rates = [
            "–" if rate is None else f"{rate:.2f}" for rate in (fit.tokens_per_word, fit.tokens_per_character)
        ]
        table.add_row(
            title,
            f"{fit.characters:,}",
            f"{fit.tokens:,}",
            f"{fit.bytes_per_token:.2f}",
            *rates,
            f"{fit.unknown:.1%}",
        )
    console().print(table)


def _print_split(parts: list[Part]) -> None:
    """The text with each token on a colour of its own; between bars where no colours are shown."""
    from rich.text import Text

    from jinjie.data.tokenization.split import lines

    out = console()
    number = 0
    for line in lines(parts) if parts else []:
        shown = Text()
        for group in line:
            # A character over several tokens has a plus for each token after its first.
            for piece in (group.label, *("+" for _ in group.parts[1:])):
                shown.append(piece, style=f"black on {_TINTS[number % len(_TINTS)]}")
                number += 1
            if not out.is_terminal:
                shown.append("│")
        out.print(shown, soft_wrap=True)
    if parts:
        out.print(" ".join(str(part.id) for part in parts), style="dim", soft_wrap=True)


def _print_merges(steps: list[Any]) -> None:
    """How each word is put together, a merge a line."""
    from rich.text import Text

    out = console()
    for word in steps:
        out.print()
        for step in word:
            line = Text("  ")
            for i, part in enumerate(step.word):
                line.append(" " if i else "").append(
                    _shown(part), style=f"black on {_TINTS[i % len(_TINTS)]}"
                )
            if step.pair is not None:
                left, right = map(_shown, step.pair)
                line.append(
                    "  " + say("cli.tokenize.merge", left=left, right=right, rank=step.rank + 1), style="dim"
                )
            out.print(line, soft_wrap=True)


def _shown(content: bytes) -> str:
    from jinjie.data.tokenization.split import visible

    try:
        return visible(content.decode())
    except UnicodeDecodeError:
        return content.hex().upper()


def _open(name: str, quiet: bool) -> TokenProcessor:
    """The tokenizer that a name means; who waits for a download is told so."""
    from jinjie.data.tokenization.published import PUBLISHED
    from jinjie.training.tokenizers import named

    if quiet or name not in PUBLISHED or not sys.stderr.isatty():
        return named(name)
    with console().status(say("cli.tokenize.opening", name=name)):
        return named(name)


def _text(text: str | None, file: str | None) -> str:
    """The text that is meant: an argument, a file's, or standard input's for "-" and for nothing."""
    from jinjie.base.errors import InvalidInput, Problem

    if file is not None:
        from jinjie.data.reading import existing_file

        if text is not None:
            raise InvalidInput([Problem("--file", "cli.tokenize.text_or_file")])
        return _decoded(existing_file(file, "--file").read_bytes(), "--file", file)
    if text is not None and text != "-":
        return text
    return _decoded(sys.stdin.buffer.read(), "-", "-")


def _decoded(content: bytes, where: str, path: str) -> str:
    from jinjie.base.errors import InvalidInput, Problem

    try:
        return content.decode()
    except UnicodeDecodeError as error:
        byte = f"0x{content[error.start]:02x}"
        raise InvalidInput(
            [Problem(where, "data.not_utf8", path=path, offset=error.start, byte=byte)]
        ) from None


def _ids(words: list[str] | None, processor: TokenProcessor) -> list[int]:
    """Ids from the command line, or from standard input; commas and brackets around them do not matter."""
    from jinjie.base.errors import Problem

    written = " ".join(words or []) if words and words != ["-"] else sys.stdin.read()
    found = written.translate(str.maketrans(",[]()", "     ")).split()
    problems, ids = [], []
    for word in found:
        if word.startswith("--"):
            problems.append(Problem(word, "problem.unknown_setting", suggestion=""))
        elif not word.lstrip("-").isdecimal() or not word.isascii():
            problems.append(Problem(word, "cli.tokenize.no_id"))
        elif not 0 <= int(word) < processor.vocabulary:
            problems.append(Problem(word, "cli.tokenize.no_such_id", last=processor.vocabulary - 1))
        else:
            ids.append(int(word))
    if problems:
        from jinjie.data.reading import at_most

        raise at_most(problems, "")
    return ids

"""`jinjie find WORDS`: everything of the course that answers them, the likeliest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.find import Found, Hit
    from jinjie.course.find.snippet import Snippet


def register(app: typer.Typer) -> None:
    """Add the command."""

    # A question may begin with a sign: what is no option of ours and has one dash is a word of it.
    @app.command("find", help=say("cli.find.help"), context_settings={"ignore_unknown_options": True})
    def find_(
        words: list[str] = typer.Argument(..., metavar="WORDS", help=say("cli.find.words")),
        kind: list[str] = typer.Option([], "--kind", metavar="KIND", help=say("cli.find.kind")),
        limit: int = typer.Option(10, "-n", min=1, max=200, help=say("cli.find.limit")),
        content: list[Path] = typer.Option(None, "--content", metavar="DIR", help=say("cli.find.content")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.find import find

        no_option(words, ("--kind", "--content", "--json", "--help", "--lang"))
        question = " ".join(words)
        found = find(question, kinds=kind, limit=limit, roots=_roots(content))
        if as_json:
            hits = [hit.for_json() for hit in found.hits]
            print_json(
                {"question": question, "suggestion": found.suggestion, "count": found.count, "hits": hits}
            )
        else:
            _tell(question, found)


def no_option(words: list[str], options: tuple[str, ...]) -> None:
    """A misspelt option is not searched for. Raises InvalidInput."""
    from jinjie.base.errors import InvalidInput, Problem, did_you_mean

    wrong = [word for word in words if word.startswith("--") and len(word) > 2 and " " not in word]
    if wrong:
        raise InvalidInput(
            [
                Problem("", "cli.no_such_option", name=word, suggestion=did_you_mean(word, options))
                for word in wrong
            ]
        )


def _roots(content: list[Path] | None) -> list[Path] | None:
    if not content:
        return None  # and nothing more is imported: the index is ready
    from jinjie.base.paths import place
    from jinjie.course.content.library import own

    return [own(), *(place(folder) for folder in content)]


def _tell(question: str, found: Found) -> None:
    if found.suggestion is not None:
        note(say("cli.find.suggestion", question=found.suggestion))
    if not found.hits:
        console().print(say("cli.find.nothing", question=_short(question)), markup=False)
        return
    out = console()
    for hit in found.hits:
        _show(hit, out)
    if found.count > len(found.hits):
        out.print(f"\n{say('cli.find.count', shown=len(found.hits), count=found.count)}", style="dim")


def _show(hit: Hit, out: Any) -> None:
    from rich.text import Text

    from jinjie.course.find import KINDS

    heading = f" › {hit.heading}" if str(hit.heading) else ""
    line = Text.assemble((f"{KINDS[hit.kind]}  ", "dim"), (f"{hit.title}", "bold"), heading)
    if hit.planned:
        line.append(f"  {say('cli.find.planned')}", style="dim")
    out.print(line, soft_wrap=True)
    if hit.snippet.text:
        out.print(Text("    ").append_text(_marked(hit.snippet)), soft_wrap=True)
    if hit.command or hit.address:
        out.print(Text(f"    {hit.command or hit.address}", style="cyan"), soft_wrap=True)


def _marked(piece: Snippet) -> Any:
    from rich.text import Text

    text = Text(piece.text, style="dim")
    for start, end in piece.marks:
        text.stylize("bold not dim", start, end)
    return text


def _short(question: str) -> str:
    return question if len(question) <= 60 else f"{question[:60]}…"

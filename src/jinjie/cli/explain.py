"""What `jinjie generate --explain` shows: the next token's distribution, and what heads look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.base import paths
from jinjie.base.words import language, say
from jinjie.cli.output import console, print_json

if TYPE_CHECKING:
    from jinjie.analyse.explain import Explanation, Look
    from jinjie.decoding.sampling import Sampling
    from jinjie.training.finished import Finished

_BAR = 24
"""Columns of a bar that stands for 1."""
_PLACES = 12
"""Tokens looked at that are listed."""
_HEADS = 16
"""Heads that are listed when all were asked for: those that look most sharply."""
_PICTURED = 128
"""Tokens that a picture shows at most, along either side; the last ones."""


def show(
    name: str,
    model: Finished,
    prompt: str,
    sampling: Sampling,
    tokens: int,
    *,
    position: int,
    layer: int | None,
    head: int | None,
    top: int,
    picture: str | None,
    as_json: bool,
) -> None:
    """Write `tokens` tokens behind the prompt, then show what happens at a position of the whole text."""
    from jinjie.analyse.explain import can_explain, explain
    from jinjie.decoding.generate import generate
    from jinjie.decoding.text import TextStream
    from jinjie.training.finished import text_processor

    processor = text_processor(model)
    can_explain(model.network)
    if picture is not None:
        _check_picture(picture)
    given = processor.prompt(prompt)
    ids = list(given)
    stream = TextStream(processor, given, before=prompt, stop=sampling.stop)
    for token in generate(model.network, given, sampling, stop=processor.ends) if tokens else ():
        ids.append(token)
        stream.add(token)
        if stream.ended:
            break
    told = explain(
        model.network,
        processor,
        ids,
        sampling,
        prompt=len(given),
        position=position,
        count=top,
        layer=layer,
        head=head,
    )
    if picture is not None:
        _draw(picture, model, told, layer, head)
    if as_json:
        print_json(_values(name, processor.text(ids), len(given), told, picture))
        return
    _show(told, len(given), layer, head)
    if picture is not None:
        console().print(say("explain.written", file=picture), style="dim", markup=False, soft_wrap=True)


def _values(name: str, text: str, given: int, told: Explanation, picture: str | None) -> dict[str, Any]:
    return {
        "model": name,
        "text": text,
        "tokens": [
            {"position": i, "id": token, "label": label, "written": i >= given}
            for i, (token, label) in enumerate(zip(told.ids, told.labels, strict=True))
        ],
        "first_seen": told.first,
        "position": told.position,
        "next": {
            "likeliest": [one._asdict() for one in told.likeliest],
            "follows": told.follows._asdict() if told.follows else None,
            "entropy_bits_before": told.bits_before,
            "entropy_bits_after": told.bits_after,
            "left": told.left,
            "vocabulary": told.vocabulary,
        },
        "attention": {
            "layers": told.layers,
            "heads": told.heads,
            "mean": told.mean(),
            "looks": [{**look._asdict(), "spread": look.spread, "most": look.place} for look in told.looks],
        },
        **({"picture": picture} if picture is not None else {}),
    }


def _show(told: Explanation, given: int, layer: int | None, head: int | None) -> None:
    from rich.text import Text

    out = console()
    out.print(_text_line(told, given))
    out.print()
    heading = say("explain.next", position=told.position, token=told.labels[told.position])
    out.print(Text(heading, style="bold"))
    out.print(_likeliest(told))
    parts = [
        say("explain.entropy", bits=f"{told.bits_before:.2f}", as_many=_count(2**told.bits_before)),
        say("explain.after", bits=f"{told.bits_after:.2f}", left=told.left, vocabulary=told.vocabulary),
    ]
    out.print(Text(("" if language() == "zh" else " ").join(parts), style="dim"))
    if (follows := told.follows) is not None:
        share = f"{follows.before:.1%}"
        out.print(
            Text(say("explain.follows", token=follows.label, share=share, rank=follows.rank), style="dim")
        )
    out.print()
    out.print(Text(say("explain.looks", what=what(told, layer, head)), style="bold"))
    out.print(_looked_at(told))
    if len(told.looks) > 1:
        out.print()
        out.print(_heads(told))
        if len(told.looks) > _HEADS:
            out.print(Text(say("explain.more_heads", count=len(told.looks) - _HEADS), style="dim"))


def what(told: Explanation, layer: int | None, head: int | None) -> str:
    """Which layers and heads are meant, in words."""
    if layer is not None and head is not None:
        return say("explain.one_head", layer=layer, head=head)
    if layer is not None:
        return say("explain.one_layer", layer=layer, heads=told.heads)
    if head is not None:
        return say("explain.one_head_of_all", head=head, layers=told.layers)
    return say("explain.all", layers=told.layers, heads=told.heads)


def _text_line(told: Explanation, given: int) -> Any:
    """The whole text, token by token: what is out of view faint, the position marked, what was written underlined."""
    from rich.text import Text

    line = Text()
    for i, label in enumerate(told.labels):
        style = "dim" if i < told.first else ""
        if i >= given:
            style += " underline"
        if i == told.position:
            style = "reverse bold"
        line.append(label, style=style.strip())
        line.append(" ")
    return line


def _likeliest(told: Explanation) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(say("explain.token"))
    table.add_column(say("explain.model_gives"), justify="right")
    table.add_column("")
    table.add_column(say("explain.is_drawn"), justify="right")
    table.add_column("")
    for one in told.likeliest:
        table.add_row(
            Text(one.label),
            f"{one.before:.2%}",
            Text(_bar(one.before), style="cyan"),
            f"{one.after:.2%}" if one.after else "–",
            Text(_bar(one.after), style="green"),
        )
    return table


def _looked_at(told: Explanation) -> Any:
    from rich.table import Table
    from rich.text import Text

    mean = told.mean()
    places = sorted(range(len(mean)), key=lambda i: -mean[i])[:_PLACES]
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(say("explain.position"), justify="right")
    table.add_column(say("explain.token"))
    table.add_column(say("explain.weight"), justify="right")
    table.add_column("")
    for i in sorted(places):
        if mean[i] > 0:
            label = told.labels[told.first + i]
            row = (str(told.first + i), Text(label), f"{mean[i]:.1%}", Text(_bar(mean[i]), style="cyan"))
            table.add_row(*row)
    return table


def _heads(told: Explanation) -> Any:
    from rich.table import Table
    from rich.text import Text

    def row(look: Look) -> tuple[Any, ...]:
        place = look.place
        label = f"{told.labels[told.first + place]}  ({told.first + place})"
        weight = look.weights[place]
        return (
            str(look.layer),
            str(look.head),
            Text(label),
            f"{weight:.1%}",
            Text(_bar(weight), style="cyan"),
            _count(look.spread),
        )

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in (say("explain.layer"), say("explain.head")):
        table.add_column(heading, justify="right")
    table.add_column(say("explain.most"))
    table.add_column(say("explain.weight"), justify="right")
    table.add_column("")
    table.add_column(say("explain.spread"), justify="right")
    for look in sorted(sorted(told.looks, key=lambda one: one.spread)[:_HEADS]):
        table.add_row(*row(look))
    return table


def _draw(file: str, model: Finished, told: Explanation, layer: int | None, head: int | None) -> None:

    from jinjie.analyse.explain import attention_map
    from jinjie.base.files import write_whole
    from jinjie.base.pictures import heat_map
    from jinjie.base.svg import standalone

    weights = attention_map(model.network, told.ids, layer, head)[-_PICTURED:]
    shown = [row[-len(weights) :] for row in weights]
    svg = heat_map(
        shown,
        told.labels[-len(weights) :],
        say("explain.title", what=what(told, layer, head)),
        say("explain.x"),
        say("explain.y"),
    )
    write_whole(paths.place(file), standalone(svg))


def _check_picture(file: str) -> None:
    """Before the model works for nothing. Raises InvalidInput when no picture can be written there."""

    from jinjie.base.errors import InvalidInput, Problem

    place = paths.place(file).absolute()
    if place.suffix.lower() != ".svg":
        raise InvalidInput([Problem("--picture", "explain.svg_only", came=file)])
    if not place.parent.is_dir():
        raise InvalidInput([Problem("--picture", "explain.no_folder", came=place.parent)])


def _bar(share: float) -> str:
    """A bar of eighths of a column."""
    eighths = round(share * _BAR * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _count(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"

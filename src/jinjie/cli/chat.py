"""`jinjie chat`: a conversation with a finished model, in the terminal or from a script's pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base import paths
from jinjie.base.words import say
from jinjie.cli import sampling as options
from jinjie.cli.output import json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.decoding.conversation import Conversation

TOKENS = 400
_ASK = "› "
_COMMANDS = ("/help", "/reset", "/system", "/save", "/exit")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("chat", help=say("cli.chat.help"))(_chat())


def _chat() -> Any:
    """The command, its help in the current language."""

    def chat(
        name: str | None = typer.Argument(None, help=say("cli.chat.name"), metavar="[RUN]"),
        system: str | None = typer.Option(None, "--system", help=say("cli.chat.system")),
        tokens: int = typer.Option(TOKENS, "--tokens", "-n", help=say("cli.chat.tokens")),
        greedy: bool = options.greedy(),
        temperature: float | None = options.temperature(),
        top_k: int | None = options.top_k(),
        top_p: float | None = options.top_p(),
        min_p: float | None = options.min_p(),
        repetition_penalty: float | None = options.repetition_penalty(),
        frequency_penalty: float | None = options.frequency_penalty(),
        presence_penalty: float | None = options.presence_penalty(),
        stop: list[str] = options.stop(),
        seed: int | None = options.seed(),
        weights: str = options.weights(),
        stream: bool = typer.Option(True, "--stream/--no-stream", help=say("cli.generate.stream")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.decoding import precision
        from jinjie.decoding.chat import open_form
        from jinjie.decoding.conversation import Conversation
        from jinjie.training import finished

        sampling = options.sampling(
            greedy,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            repetition_penalty=repetition_penalty,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            max_tokens=tokens,
            stop=options.unescaped(stop),
            seed=options.some_seed() if seed is None else seed,
        )
        precision.check(weights)
        name = name or finished.PACKAGED
        folder = finished.model_folder(name)
        model = finished.open_finished(folder)
        processor = finished.text_processor(model)
        form = open_form(folder, processor)
        chosen = precision.prepare(model.network, weights, 1)
        talk = Conversation(model.network, processor, form, sampling, system)
        at_desk = sys.stdin.isatty() and not as_json
        if at_desk:
            note(say("cli.chat.begin", name=name))
        if not form.taught:
            note(say("cli.chat.not_taught"))
        _Session(talk, name, stream=stream, quiet=as_json, at_desk=at_desk).run()
        if as_json:
            print_json(
                {
                    "model": name,
                    "weights": chosen.format,
                    "taught": form.taught,
                    "messages": talk.messages,
                    "dropped": talk.dropped,
                }
            )

    return chat


class _Session:
    """Reads turns and commands until there are no more."""

    def __init__(self, talk: Conversation, name: str, *, stream: bool, quiet: bool, at_desk: bool) -> None:
        self.talk = talk
        self.name = name
        self.stream = stream
        self.quiet = quiet
        self.at_desk = at_desk
        self.told_of_dropping = False

    def run(self) -> None:
        for line in _typed() if self.at_desk else _piped():
            if not line.strip():
                continue
            if line.startswith("/") and not line.startswith("//"):
                if not self.command(line.strip()):
                    return
            else:
                self.turn(line.removeprefix("/") if line.startswith("//") else line)

    def turn(self, line: str) -> None:
        """One question and its answer. Ctrl-C at a desk ends the answer and keeps what has been written of it."""
        from jinjie.base.errors import InvalidInput

        text, lost = self.talk.readable(line)
        if lost:
            note(say("cli.chat.unknown", characters=" ".join(lost)))
        pieces = self.talk.answer(text)
        written = False
        try:
            for piece in pieces:
                written = True
                if self.stream and not self.quiet:
                    _write(piece)
        except KeyboardInterrupt:
            if not self.at_desk:
                raise
            _write("\n" if written else "")
            note(say("cli.chat.stopped"))
            return
        except InvalidInput as error:
            for problem in error.problems:
                note(str(problem))
            return
        answer = self.talk.turns[-1]
        if not self.quiet:
            _write(("" if self.stream else answer["content"]) + "\n")
            if self.at_desk:
                _write("\n")
        if self.talk.dropped and not self.told_of_dropping:
            self.told_of_dropping = True
            note(say("cli.chat.dropped", block=self.talk.network.config.block))
        if answer["finish_reason"] == "length" and self.at_desk:
            note(say("cli.chat.cut", tokens=self.talk.sampling.max_tokens))

    def command(self, line: str) -> bool:
        """Carry out a command; False when it is to end."""
        from jinjie.base.errors import did_you_mean

        word, _, rest = line.partition(" ")
        rest = rest.strip()
        match word:
            case "/help":
                note(say("cli.chat.commands"))
            case "/reset":
                self.talk.reset()
                self.told_of_dropping = False
                note(say("cli.chat.was_reset"))
            case "/system":
                if rest:
                    self.talk.system = rest
                said = self.talk.system
                note(say("cli.chat.told", text=said) if said else say("cli.chat.told_nothing"))
            case "/save":
                self.save(rest)
            case "/exit" | "/quit":
                return False
            case _:
                note(say("cli.chat.no_command", name=word, suggestion=did_you_mean(word, _COMMANDS)))
        return True

    def save(self, place: str) -> None:
        """Write the conversation as JSON; never over a file that is there."""
        import json
        from datetime import datetime

        from jinjie.base.files import write_whole

        file = paths.place(place or f"chat-{datetime.now():%Y%m%d-%H%M%S}.json")
        content = {"model": self.name, "messages": self.talk.messages}
        if file.exists():
            note(say("cli.chat.is_there", file=file))
            return
        try:
            write_whole(file, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        except OSError as error:
            note(say("cli.chat.not_saved", file=file, reason=error.strerror or str(error)))
            return
        note(say("cli.chat.saved", file=file))


def _typed() -> Iterator[str]:
    """Lines as they are typed, until Ctrl-D. Ctrl-C forgets the line; one that ends with a backslash goes on."""
    import contextlib

    # With it, input() has a history and moves about in the line; Windows' terminal does so by itself.
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401

    held: list[str] = []
    while True:
        try:
            line = input("  " if held else _ASK)
        except EOFError:
            _write("\n")
            return
        except KeyboardInterrupt:
            _write("\n")
            held = []
            continue
        if line.endswith("\\"):
            held.append(line[:-1])
            continue
        yield "\n".join([*held, line])
        held = []


def _piped() -> Iterator[str]:
    """A script's lines, one turn each. Raises InvalidInput when they are no text."""
    from jinjie.base.errors import InvalidInput, Problem

    for number, raw in enumerate(sys.stdin.buffer, 1):
        try:
            yield raw.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            byte = f"0x{raw[error.start]:02x}"
            problem = Problem(f"-:{number}", "data.not_utf8", path="-", offset=error.start, byte=byte)
            raise InvalidInput([problem]) from None


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()

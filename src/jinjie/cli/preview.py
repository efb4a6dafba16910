"""`jinjie content serve`: the lessons that are being written as pages, reloaded when a file of theirs changes."""

from __future__ import annotations

from pathlib import Path

import typer

from jinjie.base.words import say


def register(group: typer.Typer) -> None:
    """Add `serve` to the commands of `jinjie content`."""

    @group.command("serve", help=say("cli.preview.help"))
    def serve(
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.preview.content")),
        port: int = typer.Option(8643, "--port", min=0, max=65535, help=say("studio.server.port")),
        browser: bool = typer.Option(False, "--open", help=say("studio.server.browser")),
        as_json: bool = typer.Option(False, "--json", help=say("studio.server.json")),
    ) -> None:
        import json

        from jinjie.course.content.library import load, own
        from jinjie.studio.server import prepare

        folders = tuple(content) or (own(),)
        load(folders)  # a folder that is none is told before anything is served
        made = prepare(port, folders)
        if as_json:
            print(json.dumps({"address": made.address, "port": made.port}), flush=True)
        else:
            if made.moved:
                print(say("studio.server.port_taken", taken=port, port=made.port))
            print(say("cli.preview.address"))
            print(f"  {made.address}", flush=True)
        if browser:
            import webbrowser

            webbrowser.open(made.address)
        made.serve()

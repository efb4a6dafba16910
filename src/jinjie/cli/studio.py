"""`jinjie studio`: the web page where runs are started and watched."""

from __future__ import annotations

import typer

from jinjie.base.words import say


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("studio", help=say("studio.server.help"))
    def studio(
        port: int = typer.Option(8642, "--port", min=0, max=65535, help=say("studio.server.port")),
        browser: bool = typer.Option(False, "--open", help=say("studio.server.browser")),
        as_json: bool = typer.Option(False, "--json", help=say("studio.server.json")),
    ) -> None:
        import json

        from jinjie.studio.server import prepare

        made = prepare(port)
        if as_json:
            print(json.dumps({"address": made.address, "port": made.port}), flush=True)
        else:
            if made.moved:
                print(say("studio.server.port_taken", taken=port, port=made.port))
            print(say("studio.server.address"))
            print(f"  {made.address}", flush=True)
        if browser:
            import webbrowser

            webbrowser.open(made.address)
        made.serve()

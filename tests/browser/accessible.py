"""What axe-core (WCAG 2.2 A and AA) finds wrong with a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Any) -> list[str]:
    """Each in words, with the first places where it is."""
    # By the debugger, for which the page's content-security policy does not count.
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {'; '.join(node['html'][:120] for node in one['nodes'][:3])}"
        for one in found["violations"]
    ]

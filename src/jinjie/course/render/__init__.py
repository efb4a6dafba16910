"""A lesson's text: read into one tree, and written from it for a page, a terminal and a notebook."""

from jinjie.course.render.findings import findings
from jinjie.course.render.reading import parse, parse_line
from jinjie.course.render.tree import Tree

__all__ = ["Tree", "findings", "parse", "parse_line"]

"""The course as files: what each may say, all of them read by slug, and what was wrong with them."""

from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, load, own

__all__ = ["Finding", "Library", "load", "own"]

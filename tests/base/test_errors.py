"""Errors say what came and what to do, in the reader's language."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jinjie.base.errors import InvalidInput, JinjieError, NotFound, Problem, did_you_mean, nearest


def test_an_error_speaks_both_languages_and_ends_with_its_code() -> None:
    error = NotFound("recipe.not_found", name="mnist", suggestion="")
    assert "mnist" in error.in_("en")
    assert "mnist" in error.in_("zh")
    assert error.in_("en") != error.in_("zh")
    assert (error.text().en, error.text().zh) == (error.in_("en"), error.in_("zh"))
    assert (JinjieError.exit_code, NotFound.exit_code, InvalidInput.exit_code) == (1, 2, 2)


def test_invalid_input_names_every_place() -> None:
    error = InvalidInput([Problem("a.b", "problem.missing"), Problem("", "problem.steps_or_epochs")])
    first, second = str(error).splitlines()
    assert first.startswith("a.b: ")
    assert not second.startswith(":")


@given(st.sets(st.text("abcdefgh-", min_size=3), min_size=1))
def test_a_name_that_is_there_is_its_own_nearest(names: set[str]) -> None:
    for name in names:
        assert nearest(name, names) == name


def test_a_near_name_is_suggested_else_all_are_listed() -> None:
    names = ["gpt-poems", "mnist-mlp"]
    assert "gpt-poems" in did_you_mean("gpt-poem", names, "en")
    assert "mnist-mlp" not in did_you_mean("gpt-poem", names, "en")
    assert all(name in did_you_mean("zzz", names, "en") for name in names)
    assert did_you_mean("x", [], "en") == ""

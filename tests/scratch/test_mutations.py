"""One changed token of `scratch` turns a test red, in 95 of 100 cases and more."""

import sys

import pytest

from scratch import mutations


def test_a_mutation_changes_one_token_and_nothing_else():
    found = mutations.drawn("networks.optimizers", 1000, seed=0)
    source = mutations.subjects()["networks.optimizers"].read_text("utf-8")
    for mutation in found:
        changed = mutation.apply(source)
        differ = [(a, b) for a, b in zip(source.splitlines(), changed.splitlines(), strict=True) if a != b]
        assert len(differ) == 1 and mutation.before in differ[0][0], mutation
    assert len(found) > 50
    assert not any("import" in mutation.text or '"""' in mutation.text for mutation in found)


def test_every_judgement_of_an_equivalent_mutant_is_about_code_that_is_there():
    lines = {
        subject: {line.strip() for line in file.read_text("utf-8").splitlines()}
        for subject, file in mutations.subjects().items()
    }
    for subject, line, _, _ in mutations.judged_equivalent():
        assert line in lines[subject], f"{subject} has no line {line!r} any more"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_of_200_mutations_at_least_95_in_100_are_noticed():
    """Drawn anew each day, so that in time all are tried; the seed is the date, and is printed with the survivors."""
    import subprocess
    from datetime import date

    seed = str(date.today().toordinal())
    command = [sys.executable, mutations.__file__, "-n", "200", "--seed", seed, "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    print(f"seed {seed}\n{done.stdout}{done.stderr}")
    assert done.returncode == 0, done.stdout

"""The types of the package, as mypy sees them in a user's script."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def check(path: Path, cache: Path) -> list[str]:
    """Return the errors of mypy in strict mode, one line each."""
    options = ["--strict", "--no-error-summary", "--config-file=", f"--cache-dir={cache}"]
    command = [sys.executable, "-m", "mypy", *options, str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 1), ran.stderr
    return [line for line in ran.stdout.splitlines() if ": error:" in line]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_correct_script_passes_and_every_wrong_use_is_found(tmp_path):
    assert check(HERE / "good_uses.py", tmp_path) == []
    wrong = HERE / "wrong_uses.py"
    found = {int(re.search(r":(\d+): error:", line)[1]) for line in check(wrong, tmp_path)}
    marked = {number for number, line in enumerate(wrong.read_text("utf-8").splitlines(), 1) if "# wrong" in line}
    assert found == marked

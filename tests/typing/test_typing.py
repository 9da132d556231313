"""The types of the package, as mypy sees them in a user's script."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_correct_script_passes_and_every_wrong_use_is_found(tmp_path):
    good, wrong = HERE / "good_uses.py", HERE / "wrong_uses.py"
    options = ["--strict", "--no-error-summary", "--config-file=", f"--cache-dir={tmp_path}"]
    command = [sys.executable, "-m", "mypy", *options, str(good), str(wrong)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    errors = re.findall(r"^(.*):(\d+): error:", ran.stdout, re.MULTILINE)
    assert ran.returncode == 1, ran.stderr
    marked = {number for number, line in enumerate(wrong.read_text("utf-8").splitlines(), 1) if "# wrong" in line}
    assert {(Path(path).name, int(number)) for path, number in errors} == {(wrong.name, number) for number in marked}

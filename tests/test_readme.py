"""Every snippet of the README does what the README says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support import Notebook

from heco_jupyter.api import connection
from heco_jupyter.api.credentials import resolve
from heco_jupyter.api.model.plans import Preview
from heco_jupyter.commands.arguments import parse
from heco_jupyter.commands.catalog import BY_NAME, COMMANDS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def snippets(language: str) -> list[str]:
    return [body for kind, body in SNIPPETS if kind == language]


def test_every_snippet_is_of_a_kind_that_is_tested_here():
    assert {kind for kind, _ in SNIPPETS} == {"bash", "python", "toml", "yaml", "text"}


@pytest.fixture
def local(shell) -> Notebook:
    """Return a notebook on the local emulator."""
    connection.connect(local=True)
    return Notebook(shell)


@pytest.mark.parametrize("snippet", snippets("python"))
def test_a_python_snippet_runs(local, snippet):
    ran = local.run(snippet)
    assert ran.error is None, ran.text


@pytest.mark.parametrize("snippet", snippets("yaml"))
def test_a_spec_snippet_is_a_valid_spec_and_only_shown(local, snippet):
    preview = local.value(snippet)
    assert isinstance(preview, Preview)
    assert preview.body["adminInfo"]["userPw"] == "••••••"
    assert local.run(snippet.replace("!secret HUE_PASSWORD", "!base64 hunter2").replace("--dry-run", "")).error is None


@pytest.mark.parametrize("snippet", snippets("text"))
def test_the_errors_shown_are_the_errors_given(local, snippet):
    (spec,) = snippets("yaml")
    lines = spec.replace("workerFlavorName: m2a.xlarge\n", "", 1).replace("workerVolumeSize: 100\n", "", 1).splitlines()
    good = [line for line in lines if not line.startswith("workerCnt")]
    good[6:6] = ["workerCnt: 2"]
    assert good[6] == "workerCnt: 2"
    good[13:13] = ["workerVolumeSize: 100", "conifg: 1", "workerFlavorName: m2a.xlarge"]
    assert good[14] == "conifg: 1"
    assert local.refusal("\n".join(good)).strip() == snippet.strip()


@pytest.mark.parametrize("snippet", snippets("toml"))
def test_the_profile_snippet_is_a_valid_profile_file(tmp_path, snippet):
    path = tmp_path / "config.toml"
    path.write_text(snippet.replace('"..."', '"some-key"'))
    path.chmod(0o600)
    assert tomllib.loads(snippet)
    for name in (None, "staging"):
        assert resolve(profile=name, environ={}, config_file=path).credentials.id == "some-key"


def test_every_command_and_flag_is_in_the_table_and_nothing_else():
    rows = [
        cell
        for line in TEXT.splitlines()
        if line.startswith("| `%heco")
        for cell in re.findall(r"`(%heco[^`]*)`", line)
    ]
    named = {row.split()[1] for row in rows}
    assert named == set(BY_NAME)
    for row in rows:
        for flag in re.findall(r"--[\w-]+", row):
            assert flag in {argument.name for argument in BY_NAME[row.split()[1]].arguments}, row


def test_the_catalog_covers_what_the_readme_runs():
    assert parse(BY_NAME["scale"], shlex.split("etl-nightly 8 --wait")).n == 8
    assert len(COMMANDS) == len(BY_NAME)


def test_the_two_set_up_commands_use_extras_and_files_that_exist():
    start, test, emulator = snippets("bash")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for command in (start, test):
        (extra,) = re.findall(r"'\.\[(\w+)\]'", command)
        assert extra in extras
    assert (ROOT / start.split()[-1]).exists()
    module, *options = emulator.split()[2:]
    ran = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True)
    assert {option for option in options if option.startswith("--")} <= set(re.findall(r"--[\w-]+", ran.stdout))


def test_every_link_within_the_repository_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert target.startswith("https://") or (ROOT / target).exists(), target

"""The documents: what the README says is done, and every path and name in a document exists."""

from __future__ import annotations

import configparser
import csv
import json
import logging
import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import Notebook

from heco_jupyter.api import connection
from heco_jupyter.api.credentials import resolve
from heco_jupyter.api.model.plans import Preview
from heco_jupyter.commands.arguments import parse
from heco_jupyter.commands.catalog import BY_NAME, COMMANDS, SHELL_COMMANDS
from heco_jupyter.commands.line import as_words, scan
from heco_jupyter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
MOST_WORDS = 2000  # a page for users; figures go to tests/benchmarks, promises to tests/faults

DOCUMENTS = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    + [*(ROOT / "tests").rglob("*.md")]
)
NOT_IN_THE_REPOSITORY = (".venv", ".artifacts", "raw/", "daily/")  # the last two are an archive's
PATH = re.compile(r"\.?[\w-]+(?:/[\w.-]+)+/?|[\w-]+/|[\w.-]+\.(?:py|md|ipynb|toml|ya?ml)")
MODULE = re.compile(r"(?<![\w/.*-])[\w-]+(?:/[\w-]+)*\.py\b")  # in a drawing, too
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def snippets(language: str) -> list[str]:
    return [body for kind, body in SNIPPETS if kind == language]


def test_every_snippet_is_of_a_kind_that_is_tested_here():
    assert {kind for kind, _ in SNIPPETS} == {"bash", "python", "toml", "yaml", "text", "ini", "cron", "bat"}


def test_it_is_a_page_for_users():
    assert len(TEXT.split()) < MOST_WORDS


@pytest.fixture
def local(shell) -> Iterator[Notebook]:
    """Return a notebook on the local emulator, in which a snippet may set up logging."""
    connection.connect(local=True)
    yield Notebook(shell)
    logging.getLogger("heco_jupyter").setLevel(logging.NOTSET)


@pytest.mark.parametrize("snippet", snippets("python"))
def test_a_python_snippet_runs(local, snippet):
    ran = local.run(snippet)
    assert ran.error is None, ran.text


@pytest.mark.parametrize("line", ["list", "list --name nothing-like-it", "vms --all"])
def test_the_line_for_excel_makes_times_fit_for_it(local, line):
    (for_excel,) = re.findall(r"^sheet = .*$", TEXT, re.MULTILINE)
    fleet, sheet = local.value(f"fleet = %heco {line}\n{for_excel}\nfleet, sheet")
    assert [*sheet] == [*fleet]
    assert sheet["createdAt"].dt.tz is None
    assert sheet["createdAt"].tolist() == [time.tz_localize(None) for time in fleet["createdAt"]]
    assert not [*sheet.select_dtypes("datetimetz")]


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
    assert parse(BY_NAME["scale"], scan("etl-nightly 8 --wait")).n == 8
    assert len(COMMANDS) == len(BY_NAME)


def test_the_two_set_up_commands_use_extras_and_files_that_exist():
    start, test, _, emulator = snippets("bash")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for command in (start, test):
        (extra,) = re.findall(r"'\.\[(\w+)\]'", command)
        assert extra in extras
    assert (ROOT / start.split()[-1]).exists()
    module, *options = emulator.split()[2:]
    ran = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True)
    assert {option for option in options if option.startswith("--")} <= set(re.findall(r"--[\w-]+", ran.stdout))


def test_the_shell_snippet_writes_data_to_standard_output(tmp_path):
    to_csv, to_json = snippets("bash")[2].splitlines()
    with Emulator() as emulator:
        keys = {
            "PATH": os.environ["PATH"],
            "HECO_ENDPOINT": emulator.url,
            "HECO_CREDENTIAL_ID": emulator.credential_id,
            "HECO_CREDENTIAL_SECRET": emulator.credential_secret,
        }

        def run(line: str) -> str:
            command = line.replace("python", shlex.quote(sys.executable), 1)
            ran = subprocess.run(
                command, shell=True, cwd=tmp_path, env=keys, check=True, capture_output=True, text=True
            )
            assert not ran.stderr
            return ran.stdout

        assert not run(to_csv)
        assert json.loads(run(to_json))["name"] == "etl-nightly"
    with (tmp_path / "fleet.csv").open(encoding="utf-8") as file:
        assert "etl-nightly" in {row["name"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("kind", ["bash", "ini", "cron", "bat"])
def test_every_line_that_runs_this_package_in_a_shell_is_one_that_it_understands(kind):
    lines = re.findall(r"-m heco_jupyter (\w+) ?([^\n\"|>]*)", "\n".join(snippets(kind)))
    assert lines
    shell = {command.name: command for command in SHELL_COMMANDS}
    for name, rest in lines:
        parse(shell[name], as_words(rest.split()))


def test_the_service_snippet_is_a_unit_whose_program_is_kept_running():
    (snippet,) = snippets("ini")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read_string(snippet)
    assert set(unit) == {"DEFAULT", "Service", "Install"}
    assert unit["Service"]["ExecStart"].startswith("%h/")
    assert unit["Service"]["Restart"] == "on-failure"


def test_the_cron_snippet_has_five_fields_and_nothing_that_cron_reads_as_a_line_end():
    (snippet,) = snippets("cron")
    for line in snippet.splitlines():
        assert re.match(r"(?:[\d*/]+ ){5}~/", line)
        assert "%" not in line


def test_the_logging_snippet_shows_requests():
    (snippet,) = [snippet for snippet in snippets("python") if "getLogger" in snippet]
    assert len(list(filter(None, snippet.splitlines()))) == 3
    code = f"{snippet}\nimport heco_jupyter\nheco_jupyter.connect(local=True)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert re.search(r"DEBUG:heco_jupyter:GET /clusters 200 in \d+ ms, try 1", ran.stderr)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
class TestDocuments:
    def test_every_link_within_the_repository_leads_somewhere(self, document):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
            assert target.startswith("https://") or (document.parent / target).exists(), target

    def test_every_path_in_backticks_exists(self, document):
        text = document.read_text("utf-8")
        paths = {words for words in re.findall(r"`([^`\n]+)`", text) if PATH.fullmatch(words)} | {*MODULE.findall(text)}
        for path in paths:
            if not path.startswith(NOT_IN_THE_REPOSITORY):
                assert (ROOT / path).exists() or (ROOT / "heco_jupyter" / path).exists(), path

    def test_every_name_in_backticks_or_in_a_drawing_is_in_the_source(self, document):
        if document.name == "CHANGELOG.md":
            return  # it has the names of before, too
        text = document.read_text("utf-8")
        names = {words for words in re.findall(r"`([^`\n]+)`", text) if NAME.fullmatch(words)}
        for drawing in re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            names |= {*re.findall(r"\b[A-Z]\w+\.[a-z_]\w*\b|\b[a-z]+_\w+\b", drawing)}
        for name in names:
            assert set(name.split(".")) <= words_of_the_source(), name


@cache
def words_of_the_source() -> set[str]:
    """Return every word of the package and of its tests, and of pyproject.toml."""
    files = [*(ROOT / "heco_jupyter").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "pyproject.toml"]
    return {word for file in files for word in re.findall(r"\w+", file.read_text("utf-8"))}

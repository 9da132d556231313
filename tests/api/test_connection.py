"""The one connection that everything shares: what a failed connect leaves, and what a profile brings along."""

from __future__ import annotations

import builtins
import getpass
import signal
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import cluster_row, start_in_vain
from wire import WireServer, answer, silent

from heco_jupyter.api import connection
from heco_jupyter.emulator import Emulator
from heco_jupyter.errors import CommandError, CredentialsError, HecoError

if TYPE_CHECKING:
    from wire import Conversation

MISTAKES = {
    "a wrong flag": "%heco connect --nope",
    "a wrong flag of login": "%heco login --nope",
    "a word too many": "%heco connect somewhere",
    "a flag without its value": "%heco connect --endpoint",
    "a quote that is not closed": '%heco connect --profile "x',
    "no such profile": "%heco connect --profile none",
    "an unsafe endpoint": "%heco connect --endpoint http://example.com",
    "an empty endpoint": '%heco connect --endpoint ""',
    "local and an endpoint": "%heco connect --local --endpoint https://example.com",
    "no keys": "%heco connect",
    "nobody listening": "heco_jupyter.connect('http://127.0.0.1:CLOSED', 'a', 'b')",
    "a login with nobody there": "%heco login",
    "local and keys": "heco_jupyter.connect(credential_id='a', local=True)",
    "an id of a wrong type": "heco_jupyter.connect(credential_id=5, credential_secret='b')",
    "a secret of a wrong type": "heco_jupyter.connect(credential_id='a', credential_secret=b'b')",
    "an endpoint of a wrong type": "heco_jupyter.connect(endpoint=5)",
    "a profile of a wrong type": "heco_jupyter.connect(profile=5)",
    "a key that cannot be one": "heco_jupyter.connect(credential_id='a', credential_secret='b\\n')",
    "an emulator that cannot start": "%heco connect --local",
}


@pytest.fixture(autouse=True)
def _nobody_there(monkeypatch):
    def ask(question: str = "") -> str:
        raise EOFError

    monkeypatch.setattr(builtins, "input", ask)
    monkeypatch.setattr(getpass, "getpass", ask)


@pytest.mark.parametrize("name", MISTAKES)
def test_after_a_connect_that_failed_nothing_is_connected(name, notebook, emulator, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    if name == "an emulator that cannot start":
        monkeypatch.setattr(Emulator, "start", start_in_vain)
    notebook.run("import heco_jupyter\n%config HecoMagics.timeout = 2")
    ran = notebook.run(MISTAKES[name].replace("CLOSED", str(port)))
    assert isinstance(ran.error, HecoError), ran.text
    assert connection.connected() is None
    assert "the last connect failed" in notebook.refusal("%heco list")
    assert not emulator.requests


def interrupting(conversation: Conversation) -> None:
    """Press Ctrl-C while the answer is waited for."""
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    silent(conversation)


@pytest.mark.parametrize("cell", ["heco_jupyter.connect('URL', 'a', 'b')", "%heco connect --endpoint URL"])
def test_after_a_connect_that_was_interrupted_nothing_is_connected(notebook, emulator, monkeypatch, cell):
    monkeypatch.setenv("HECO_CREDENTIAL_ID", "a")
    monkeypatch.setenv("HECO_CREDENTIAL_SECRET", "b")
    with WireServer(interrupting) as server:
        assert notebook.run(f"import heco_jupyter\n{cell.replace('URL', server.url)}").error is not None
    assert "the last connect failed" in notebook.refusal("%heco list")
    assert not emulator.requests


def test_a_login_that_is_interrupted_leaves_nothing_connected(notebook, monkeypatch):
    def ask(question: str = "") -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", ask)
    notebook.refusal("%heco login")
    assert connection.connected() is None


@pytest.mark.parametrize(
    "cell", ["%heco connect --help", "%heco login -h", "%heco list --nope", "%heco conect --local", "%heco whoami x"]
)
def test_help_and_the_mistakes_of_other_commands_leave_the_connection_as_it_was(notebook, cell):
    before = connection.connected()
    notebook.run(cell)
    assert connection.connected() is before


def test_a_connect_after_one_that_failed_connects(notebook, emulator):
    notebook.refusal("%heco connect --nope")
    connection.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
    assert len(notebook.value("%heco list")) == 0


def test_an_emulator_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(Emulator, "start", start_in_vain)
    with pytest.raises(CommandError, match="the local emulator cannot start"):
        connection.connect(local=True)
    monkeypatch.undo()
    assert connection.connect(local=True).is_local


@pytest.mark.parametrize("typed", [("AKID ", "s"), ("AKID", "s\n"), ("AKID", '"s"'), ("\ufeffAKID", "s")])
def test_a_login_with_a_key_that_cannot_be_one_says_which_half(unconnected, monkeypatch, typed):
    answers = list(typed)

    def ask(question: str = "") -> str:
        return answers.pop(0)

    monkeypatch.setattr(builtins, "input", ask)
    monkeypatch.setattr(getpass, "getpass", ask)
    half = "id" if typed[1] == "s" else "secret"
    assert f"the access key's {half}, from arguments, " in unconnected.refusal("%heco login")


# Profiles


def profile(endpoint: str, **values: str) -> None:
    path = Path("~/.config/heco/config.toml").expanduser()
    path.parent.mkdir(parents=True)
    values = {"endpoint": endpoint, "credential_id": "the-id", "credential_secret": "the-secret"} | values
    path.write_text("[profile.team]\n" + "\n".join(f'{name} = "{value}"' for name, value in values.items()))
    path.chmod(0o600)


@pytest.fixture
def server():
    row = cluster_row(1)
    with WireServer(answer({"content": [row], "totalElements": 1, "size": 20})) as running:
        yield running


def zone_of(client) -> str:
    return str(client.list_clusters()["createdAt"].dt.tz)


def test_the_time_zone_of_a_profile_counts_for_its_connection(server, monkeypatch):
    profile(server.url, timezone="Asia/Seoul", language="ko")
    assert zone_of(connection.connect(profile="team")) == "Asia/Seoul"
    connection.configure(page_size=7)
    assert zone_of(connection.current()) == "Asia/Seoul"
    assert connection.current().settings.page_size == 7
    assert zone_of(connection.connect(server.url, "a", "b")) == "UTC"
    connection.disconnect()
    monkeypatch.setenv("HECO_PROFILE", "team")
    assert zone_of(connection.current()) == "Asia/Seoul"


def test_a_time_zone_that_the_user_has_chosen_counts_more(server, unconnected):
    profile(server.url, timezone="Asia/Seoul")
    unconnected.value("%config HecoMagics.timezone = 'Europe/Paris'")
    assert zone_of(connection.connect(profile="team")) == "Europe/Paris"
    connection.disconnect()
    unconnected.value("%config HecoMagics.timezone = 'UTC'")
    client = connection.connect(profile="team")
    unconnected.value("%config HecoMagics.timezone = 'America/Lima'")
    assert zone_of(client) == "America/Lima"


def write_default(text: str, mode: int = 0o600) -> None:
    path = Path("~/.config/heco/config.toml").expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


ZONE = '[default]\ntimezone = "Asia/Seoul"\n'


def test_a_time_zone_that_is_set_once_counts_wherever_the_keys_come_from(server, monkeypatch):
    write_default(f'{ZONE}[profile.lima]\ntimezone = "America/Lima"\n')
    assert zone_of(connection.connect(server.url, "a", "b")) == "Asia/Seoul"
    assert zone_of(connection.connect(local=True)) == "Asia/Seoul"
    connection.disconnect()
    for name, value in (("ENDPOINT", server.url), ("CREDENTIAL_ID", "a"), ("CREDENTIAL_SECRET", "b")):
        monkeypatch.setenv(f"HECO_{name}", value)
    assert zone_of(connection.connect()) == "Asia/Seoul"
    monkeypatch.setenv("HECO_PROFILE", "lima")
    assert zone_of(connection.connect()) == "America/Lima"


def test_utc_is_a_choice_too(server, unconnected):
    profile(server.url, timezone="Asia/Seoul")
    unconnected.value("%config HecoMagics.timezone = 'UTC'")
    assert zone_of(connection.connect(profile="team")) == "UTC"
    unconnected.value("%config HecoMagics.page_size = 5")
    assert zone_of(connection.current()) == "UTC"


def test_the_time_zone_is_known_without_a_connection_and_without_keys(unconnected, monkeypatch):
    assert connection.timezone() == "UTC"
    write_default(ZONE)
    assert connection.timezone() == "Asia/Seoul"
    monkeypatch.setenv("HECO_PROFILE", "nobody")
    assert connection.timezone() == "UTC"
    unconnected.value("%config HecoMagics.timezone = 'Europe/Paris'")
    assert connection.timezone() == "Europe/Paris"


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (ZONE, 0o644, "others can read it"),
        ("timezone = ", 0o600, "not valid TOML"),
        ('[default]\ntimezone = "Asia/Soul"', 0o600, "no time zone"),
    ],
)
def test_a_file_that_cannot_be_used_stops_nothing_that_needs_no_key_of_it(server, caplog, text, mode, words):
    write_default(text, mode)
    assert connection.timezone() == "UTC"
    assert words in caplog.text
    assert zone_of(connection.connect(server.url, "a", "b")) == "UTC"


def test_a_profile_with_a_wrong_time_zone_connects_nothing(server):
    profile(server.url, timezone="Asia/Soul")
    with pytest.raises(CredentialsError, match="no time zone 'Asia/Soul'"):
        connection.connect(profile="team")
    assert not server.requests


def test_an_endpoint_from_the_environment_gets_no_key_of_a_profile(server, unconnected, monkeypatch):
    profile("https://team.example.com")
    monkeypatch.setenv("HECO_ENDPOINT", server.url)
    monkeypatch.setenv("HECO_PROFILE", "team")
    for cell in ("%heco connect", "%heco list", "import heco_jupyter\nheco_jupyter.connect()"):
        block = unconnected.refusal(cell)
        assert "HECO_ENDPOINT" in block
        assert "profile 'team'" in block
        connection.disconnect()
    assert not server.requests

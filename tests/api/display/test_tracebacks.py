"""With `tracebacks` on and `%xmode Verbose`: many ways to fail, and no secret, environment or spec in what is shown.

Every case runs in a real shell, whose own traceback shows the arguments and variables of every frame.
"""

from __future__ import annotations

import base64
import builtins
import getpass
import html
import json
import signal
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
import stack_data
from support import SPEC, CellResult, Notebook, start_in_vain
from wire import WireServer, answer, hang_up, page, silent

from heco_jupyter.api import connection
from heco_jupyter.api.display.tracebacks import traceback_lines
from heco_jupyter.api.spec.checking import check_spec
from heco_jupyter.emulator import Emulator
from heco_jupyter.errors import HecoError, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wire import Conversation, Script

KEY_ID = "AKID-canary-id-0001-7f3a"
KEY = "canary<key>&'7d1f+/=x"
PASSWORD = "canary&admin 9c'5e"
URL_PASSWORD = "canary-url-81ab"
IN_ENVIRONMENT = "canary-environment-3c9d"
IN_NOTEBOOK = "canary-notebook-52e0"
IN_SCRIPT = "canary-script-6b1d"
IN_SETTINGS = "canary-settings-0a7e"
SECRETS = (KEY_ID, KEY, PASSWORD, URL_PASSWORD, IN_ENVIRONMENT, IN_NOTEBOOK)
BODIES = (IN_SCRIPT, IN_SETTINGS)

GOOD = "\n".join(f"{name}: {json.dumps(value)}" for name, value in SPEC.items() if name not in ("name", "config"))
SPEC_TEXT = f"""{GOOD}
name: secretive
adminInfo: {{userId: admin, userPw: !secret CANARY_PASSWORD}}
config:
  hdfsReplication: 2
  hdfsBlockSize: 128
  userScript: "echo {IN_SCRIPT}"
  configText: {{configurations: [{{classification: core-site, properties: {{key.a: {IN_SETTINGS}}}}}]}}
"""
PROFILES = f"""
[default]
credential_id = "{KEY_ID}"
credential_secret = "{KEY}"

[profile.team]
endpoint = "https://team.example.com"
credential_id = "{KEY_ID}"
credential_secret = "{KEY}"
"""
KEYS = {"HECO_CREDENTIAL_ID": KEY_ID, "HECO_CREDENTIAL_SECRET": KEY}


def echoing(status: int, encode: Callable[[str], str] = str) -> Script:
    """Return a script that answers with an error that repeats the whole request, encoded somehow."""

    def script(conversation: Conversation) -> None:
        request = f"{conversation.headers} {conversation.body.decode()}"
        if conversation.method == "GET":
            answer(page())(conversation)
        else:
            answer(raw=encode(request).encode(), status=status, content_type="text/plain")(conversation)

    return script


def refusing_keys(conversation: Conversation) -> None:
    """Answer 401 and repeat the headers."""
    answer({"message": f"denied: {conversation.headers}"}, 401)(conversation)


def interrupting(conversation: Conversation) -> None:
    """Press Ctrl-C while the answer is waited for."""
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    silent(conversation)


def losing(conversation: Conversation) -> None:
    """Answer every read, and lose the answer to every write."""
    (answer(page()) if conversation.method == "GET" else hang_up)(conversation)


@dataclass(frozen=True)
class Case:
    """One way to fail.

    Parameters
    ----------
    cell
        What is run; `URL` stands for the server's, `CLOSED` for a port that nobody listens on.
    words
        What the message must hold, so that it failed where it was meant to.
    environ
        Variables of the environment.
    profiles, mode
        The text of the profile file, and its mode.
    typed
        What a person enters.
    script, connected
        What the server does; and whether the shell is connected to it first.
    repeats_body
        Whether the server repeats the spec, which then may be shown, its secrets excepted.
    """

    cell: str
    words: str
    environ: dict[str, str] = field(default_factory=dict)
    profiles: str | None = None
    mode: int = 0o600
    typed: tuple[str, ...] = ()
    script: Script | None = None
    connected: bool = True
    repeats_body: bool = False


def creating(text: str, words: str, line: str = "", **options: Any) -> Case:
    options.setdefault("script", losing)
    return Case(f"%%heco_create {line}\n{text}", words, **options)


def changed(old: str, new: str) -> str:
    assert old in SPEC_TEXT
    return SPEC_TEXT.replace(old, new)


SECRET_NAME = "!secret CANARY_PASSWORD"
AS_JSON = json.dumps({**SPEC, "adminInfo": {"userId": "a", "userPw": PASSWORD}, "config": {"userScript": IN_SCRIPT}})
IN_PYTHON = f"""
import heco_jupyter, os
spec = {{**{SPEC!r}, "adminInfo": {{"userId": "a", "userPw": PASSWORD}}, "zz": {IN_SCRIPT!r}}}
heco_jupyter.connect("URL", os.environ["MY_ID"], os.environ["MY_KEY"]).create_cluster(spec)
"""
MINE = {"MY_ID": KEY_ID, "MY_KEY": KEY}
OFFLINE = {"script": refusing_keys, "connected": False}
CONNECT = "import heco_jupyter, os\nheco_jupyter.connect"

CASES = {
    # Keys and endpoints
    "half a pair": Case("%heco connect", "is not", {"HECO_CREDENTIAL_SECRET": KEY}),
    "a line break": Case("%heco connect", "secret, from", KEYS | {"HECO_CREDENTIAL_SECRET": f"{KEY}\n"}),
    "quotes": Case("%heco connect", "id, from", KEYS | {"HECO_CREDENTIAL_ID": f'"{KEY_ID}"'}),
    "a byte order mark": Case("%heco list", "U+FEFF", KEYS | {"HECO_CREDENTIAL_SECRET": f"\ufeff{KEY}"}),
    "letters that no key has": Case("%heco list", "no key has", KEYS | {"HECO_CREDENTIAL_ID": f"{KEY_ID}비"}),
    "a space": Case(f"{CONNECT}('URL', os.environ['MY_ID'], ' ' + os.environ['MY_KEY'])", "a space", MINE, **OFFLINE),
    "a password in the endpoint": Case(
        "%heco connect", "holds a user", KEYS | {"HECO_ENDPOINT": f"https://me:{URL_PASSWORD}@example.com"}
    ),
    "a password in what is no URL": Case(
        "%heco connect", "not a URL", KEYS | {"HECO_ENDPOINT": f"me:{URL_PASSWORD}@example.com"}
    ),
    "an unencrypted endpoint": Case("%heco connect", "unencrypted", KEYS | {"HECO_ENDPOINT": "http://example.com"}),
    "a profile's keys for another endpoint": Case(
        "%heco connect", "HECO_ENDPOINT", {"HECO_ENDPOINT": "https://example.com"}, PROFILES
    ),
    "no such profile": Case("%heco connect --profile taem", "did you mean team?", profiles=PROFILES),
    "a profile for all to read": Case("%heco connect", "chmod 600", profiles=PROFILES, mode=0o644),
    "a profile that is no TOML": Case("%heco connect", "not valid TOML", profiles=PROFILES.replace('"\n', "\n", 1)),
    "a profile with an unknown key": Case(
        "%heco connect", "unknown key", profiles=PROFILES.replace("credential_secret", "credential_secrt")
    ),
    "half a pair in a profile": Case("%heco connect", "is not", profiles=PROFILES.replace(f'"{KEY}"', '""', 1)),
    "a profile with a space in its key": Case("%heco connect", "secret", profiles=PROFILES.replace(KEY, f"{KEY} ")),
    "a profile of nonsense": Case(
        "%heco connect --profile team", "time zone", profiles=f"{PROFILES}timezone = 'Nowhere'"
    ),
    "keys that are refused": Case("%heco connect --endpoint URL", "401", KEYS, **OFFLINE),
    "keys that are refused in Python": Case(
        f"{CONNECT}('URL', os.environ['MY_ID'], os.environ['MY_KEY'])", "401", MINE, **OFFLINE
    ),
    "a secret in bytes": Case(
        f"{CONNECT}('URL', os.environ['MY_ID'], os.environb[b'MY_KEY'])", "type bytes", MINE, **OFFLINE
    ),
    "an id in bytes": Case(
        f"{CONNECT}('URL', os.environb[b'MY_ID'], os.environ['MY_KEY'])", "type bytes", MINE, **OFFLINE
    ),
    "a wrong flag": Case("%heco connect --nope", "no flag", KEYS),
    "local with keys": Case(f"{CONNECT}(credential_id=os.environ['MY_ID'], local=True)", "local takes no", MINE),
    "an emulator that cannot start": Case("%heco connect --local", "cannot start", KEYS),
    "nobody listening": Case("%heco connect --endpoint http://127.0.0.1:CLOSED", "no connection", KEYS),
    "login with nobody there": Case("%heco login", "nobody", typed=(KEY_ID,)),
    "login with a line break": Case("%heco login", "line break", typed=(KEY_ID, f"{KEY}\n")),
    "login refused": Case("%heco login --endpoint URL", "401", typed=(KEY_ID, KEY), **OFFLINE),
    # Specs that are refused here
    "an unknown field": creating(changed("name: secretive", "nmae: secretive"), "did you mean name?"),
    "a password as it is": creating(changed(SECRET_NAME, json.dumps(PASSWORD)), "is not Base64"),
    "a placeholder for a password": creating(changed(SECRET_NAME, f"<{URL_PASSWORD}>"), "a placeholder"),
    "no YAML": creating(changed("name: secretive", "name: [secretive"), "not valid YAML"),
    "no JSON": creating(AS_JSON.replace('"name":', "'name':") + "}", "not valid"),
    "JSON with a password": creating(AS_JSON, "is not Base64"),
    "an anchor": creating(changed("name: secretive", "name: &x secretive"), "an anchor"),
    "a second document": creating(f"{SPEC_TEXT}---\nx: 1", "second document"),
    "too large": creating(SPEC_TEXT + "#" * 300_000, "KiB"),
    "a list": creating(f"- {IN_SCRIPT}\n- {IN_SETTINGS}", "must be a mapping"),
    "a character that cannot stand there": creating(f"{SPEC_TEXT}\x07", "cannot stand here"),
    "an unknown tag": creating(changed(SECRET_NAME, f"!{URL_PASSWORD} x"), "unknown tag"),
    "a key twice": creating(f"{SPEC_TEXT}name: {IN_SCRIPT}", "twice"),
    "settings of another form": creating(changed("classification: core-site", "x: core-site"), "classification"),
    "too few workers": creating(changed("hdfsReplication: 2", "hdfsReplication: 9"), "cannot be fewer"),
    "no such variable": creating(changed("name: secretive", "name: $mien"), "no notebook variable"),
    "a variable that is no text": creating(changed("name: secretive", "name: $mine"), "name is"),
    "no such environment variable": creating(changed("name: secretive", "name: !env CANARY_NOT"), "no environment"),
    "nobody to ask for a secret": creating(changed("CANARY_PASSWORD", "CANARY_UNKNOWN"), "nobody to ask"),
    "a variable's name that is taken": creating(SPEC_TEXT, "cannot be the name", "print"),
    "a wrong flag of create": creating(SPEC_TEXT, "did you mean --dry-run", "--dryrun"),
    "one percent sign": Case("%heco_create etl", "two percent signs"),
    "a file that is wrong": Case("%heco create wrong.yaml", "cannot be fewer", script=losing),
    "no such file": Case("%heco create none.yaml", "cannot be read", script=losing),
    "a mapping in Python": Case(IN_PYTHON, "is not a field", MINE, script=losing, connected=False),
    # Specs that are sent
    "400 and the request": creating(SPEC_TEXT, "400", script=echoing(400), repeats_body=True),
    "400 and the request as HTML": creating(SPEC_TEXT, "400", script=echoing(400, html.escape), repeats_body=True),
    "400 and the request as a URL": creating(SPEC_TEXT, "400", script=echoing(400, quote_plus), repeats_body=True),
    "400 and the request as JSON": creating(SPEC_TEXT, "400", script=echoing(400, json.dumps), repeats_body=True),
    "409": creating(SPEC_TEXT, "409", script=echoing(409), repeats_body=True),
    "a lost answer": creating(SPEC_TEXT, "may have been created"),
    "an interrupt": Case("%heco list", "interrupted", script=interrupting),
    "an error that nobody foresaw": creating(SPEC_TEXT, "failed unexpectedly", "unforeseen"),
    # Others
    "no such cluster": Case("%heco clone none", "no cluster", script=losing),
    "no such kind of template": Case("%heco template hvie", "hive", script=losing),
    "no such command": Case("%heco lst", "no command"),
    "no such column": Case("%heco list --sort nme", "did you mean name", script=losing),
    "a quote that is not closed": Case('%heco connect "x', "close the quote", KEYS),
}


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture
def verbose(unconnected: Notebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Notebook]:
    """Return a notebook that shows all that it can."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.yaml").write_text(changed("hdfsReplication: 2", "hdfsReplication: 9"))
    monkeypatch.setenv("CANARY_PASSWORD", PASSWORD)
    monkeypatch.setenv("CANARY_ENVIRONMENT", IN_ENVIRONMENT)
    unconnected.run("%xmode Verbose")
    unconnected.run("%colors nocolor")  # colours would cut what is looked for into pieces
    unconnected.shell.user_ns |= {"mine": [IN_NOTEBOOK], "PASSWORD": PASSWORD}
    unconnected.run("%config HecoMagics.tracebacks = True\n%config HecoMagics.timeout = 2")
    yield unconnected
    unconnected.run("%config HecoMagics.tracebacks = False")
    unconnected.run("%xmode Context")


def fail(case: Case, name: str, notebook: Notebook, monkeypatch: pytest.MonkeyPatch, port: int) -> CellResult:
    """Run a case, and return what came of it."""
    for variable, value in case.environ.items():
        monkeypatch.setenv(variable, value)
    if case.profiles is not None:
        path = Path("~/.config/heco/config.toml").expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(case.profiles, "utf-8")
        path.chmod(case.mode)
    typed = list(case.typed)

    def ask(question: str = "") -> str:
        if not typed:
            raise EOFError
        return typed.pop(0)

    monkeypatch.setattr(builtins, "input", ask)
    monkeypatch.setattr(getpass, "getpass", ask)
    if name == "an emulator that cannot start":
        monkeypatch.setattr(Emulator, "start", start_in_vain)
    if name == "an error that nobody foresaw":
        monkeypatch.setattr("heco_jupyter.commands.creating.current", lambda: 1 / 0)
    with WireServer(answer(page())) as server:
        if case.script and case.connected:
            connection.connect(server.url, KEY_ID, KEY)
        if case.script:
            server.scripts = [case.script]
        ran = notebook.run(case.cell.replace("URL", server.url).replace("CLOSED", str(port)))
    assert isinstance(ran.error, HecoError), ran.text
    assert case.words in str(ran.error)
    return ran


def needles(text: str) -> set[str]:
    """Return every form of a canary that would give it away."""
    forms = {text, quote(text), quote_plus(text), html.escape(text), json.dumps(text)[1:-1], repr(text)[1:-1]}
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + text.encode()).decode()
        forms.add(encoded[4 if shift else 0 : len(encoded) - 4])
    return forms


def shown(text: str, canaries: tuple[str, ...]) -> list[str]:
    """Return where a text shows which canary."""
    return [
        f"{canary} in …{text[max(0, at - 60) : at + 60]!r}…"
        for canary in canaries
        for needle in needles(canary)
        if (at := text.find(needle)) >= 0
    ]


def visible_chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def held_by(error: BaseException) -> Iterator[str]:
    """Yield what a verbose traceback shows of our frames: variables, and the attributes that the code names."""
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if str(frame.f_globals.get("__name__")).startswith("heco_jupyter"):
            named = [(named.name, named.value) for named in stack_data.FrameInfo(trace).variables_in_lines]
            for variable, value in [*frame.f_locals.items(), *named]:
                if variable != "line":  # of a magic: IPython's own frames hold it too
                    yield f"{frame.f_code.co_qualname}, {variable}: {value!r}"
        trace = trace.tb_next


@pytest.mark.parametrize("name", CASES)
def test_a_traceback_shows_no_value_and_no_frame_of_ours_holds_one_that_would_show(name, verbose, monkeypatch, port):
    """The frames count too: whoever else makes a traceback of them, of another error or in another tool, shows them."""
    case = CASES[name]
    canaries = SECRETS if case.repeats_body else SECRETS + BODIES
    ran = fail(case, name, verbose, monkeypatch, port)
    assert "Traceback (most recent call last)" in ran.printed
    assert "heco_jupyter" in ran.printed
    assert not shown(ran.text, canaries)
    held = [held for error in visible_chain(ran.error) for held in held_by(error)]
    assert held
    assert not shown("\n".join(held), canaries)


def test_the_shell_itself_would_show_them(verbose, monkeypatch, port):
    """What the cases prove: IPython's own traceback of the same errors is full of canaries."""
    caught = 0
    for name in ("an unknown field", "too few workers", "a password as it is", "a mapping in Python"):
        with monkeypatch.context() as patch:
            ran = fail(CASES[name], name, verbose, patch, port)
        trace = verbose.shell.InteractiveTB.structured_traceback(type(ran.error), ran.error, ran.error.__traceback__)
        caught += bool(shown("\n".join(trace), SECRETS + BODIES))
    assert caught == 4


IN_USERS_CODE = """
import heco_jupyter
try:
    heco_jupyter.connect()
except Exception:
    raise RuntimeError("mine")
"""


def test_an_error_of_the_users_own_that_follows_one_of_ours_shows_no_value_of_ours(verbose, monkeypatch):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, f"{value}\n")
    ran = verbose.run(IN_USERS_CODE)
    assert "RuntimeError" in ran.printed
    assert "resolve(" in ran.printed
    assert not shown(ran.text, SECRETS)


def test_an_interrupt_of_a_python_call_which_the_shell_shows_by_itself_shows_no_value_of_ours(verbose, monkeypatch):
    for name, value in MINE.items():
        monkeypatch.setenv(name, value)
    with WireServer(interrupting) as server:
        verbose.run("from os import getenv\nimport heco_jupyter")
        ran = verbose.run(f"heco_jupyter.connect('{server.url}', getenv('MY_ID'), getenv('MY_KEY'))")
    assert isinstance(ran.error, KeyboardInterrupt)
    assert "check_connection(" in ran.printed
    assert not shown(ran.text, SECRETS)


def raised(action: Callable[[], Any]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        action()
    return caught.value


def test_a_traceback_shows_file_line_and_function_of_every_frame_and_the_code_of_our_own():
    text = "\n".join(traceback_lines(raised(lambda: check_spec({"zz": IN_SCRIPT}))))
    assert f"File {__file__!r}, line " in text
    assert "in <lambda>" in text
    assert "in check_spec" in text
    assert "    raise checked" in text
    assert "lambda:" not in text
    assert isinstance(raised(lambda: check_spec({})), SpecError)


def test_a_cause_and_a_context_are_told_in_order_and_a_suppressed_one_is_not():
    def cause() -> None:
        try:
            int("x")
        except ValueError as error:
            raise HecoError("the second") from error

    def context() -> None:
        try:
            cause()
        except HecoError:
            raise HecoError("the third")  # noqa: B904 (the context is what is tested)

    def suppressed() -> None:
        try:
            context()
        except HecoError:
            raise HecoError("alone") from None

    lines = traceback_lines(raised(context))
    order = [line for line in lines if not line.startswith(("  ", "Traceback"))]
    assert order == [
        "ValueError: invalid literal for int() with base 10: 'x'",
        "The exception above was the direct cause of this one:",
        "HecoError: the second",
        "While the exception above was handled, this one occurred:",
        "HecoError: the third",
    ]
    assert "third" not in "\n".join(traceback_lines(raised(suppressed)))


def test_a_chain_that_bites_its_tail_ends():
    first, second = HecoError("first"), HecoError("second")
    first.__cause__, second.__cause__ = second, first
    assert "HecoError: first" in traceback_lines(first)


def test_an_error_whose_own_text_fails_is_shown_all_the_same():
    class BrokenError(Exception):
        def __str__(self) -> str:
            raise ValueError

    error = HecoError("after all")
    error.__cause__ = BrokenError()
    lines = traceback_lines(error)
    assert "BrokenError" in lines
    assert "HecoError: after all" in lines


def test_without_tracebacks_the_block_stays_short(unconnected):
    assert "Traceback" not in unconnected.refusal("%heco lst")

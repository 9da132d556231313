"""The table of names: every kind of hostile word, through every argument of every command, Tab, hints and clones.

A word is brought by a variable of the notebook, or is what the API calls a cluster. Each row says what came of it. In
none of them may anything be evaluated, a flag come out of a value, another cluster be meant, or a traceback show. The
rows are written to `.artifacts/names/`.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from IPython.utils.capture import capture_output
from otherserver import KEY_ID, KEY_SECRET, OtherServer
from support import ARTIFACTS, cluster_row, writes

from heco_jupyter import Cluster
from heco_jupyter.api import connection
from heco_jupyter.api.model.errors import HecoError
from heco_jupyter.api.spec.cloning import spec_like
from heco_jupyter.api.spec.dumping import SecretName
from heco_jupyter.api.spec.reading import read_spec
from heco_jupyter.commands.arguments import is_flag, parse
from heco_jupyter.commands.catalog import BY_NAME, COMMANDS, CREATE, Argument, ArgumentKind, Command
from heco_jupyter.commands.line import Scope, expanded, scan
from heco_jupyter.commands.templates import clone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell
    from support import Notebook

    from heco_jupyter.emulator import Emulator

ANOTHER = "0a1b2c3d-0000-4000-8000-000000000002"
WORDS = {
    "a name and a flag": "web --yes",
    "two names": "web prod",
    "a flag": "--yes",
    "a flag with a value": "--timeout=1s",
    "help": "--help",
    "two dashes": "--",
    "a dash": "-",
    "a call": "{evil()}",
    "a call in a name": "etl-{evil()}",
    "an attribute": "{evil.x}",
    "a conversion": "{evil!r}",
    "a format": "{evil:>5}",
    "an assignment": "{(web := evil())}",
    "braces in braces": "{'{evil()}'}",
    "doubled braces": "{{evil()}}",
    "an open brace": "{evil(",
    "a closing brace": "evil()}",
    "a variable": "$evil",
    "a variable in a name": "etl-$evil.x",
    "a variable in braces": "${evil}",
    "two dollars": "$$evil",
    "three dollars": "$$$evil",
    "a variable of the environment": "$HOME",
    "double quotes": '" --yes "',
    "a double quote": 'web" --yes',
    "single quotes": "' --yes '",
    "a single quote": "kim's web",
    "both quotes": """'" --yes {evil()}""",
    "triple quotes": '"""\nevil()\n"""',
    "the end of a call": "'); evil(); ('",
    "a comment": "# --yes",
    "a comment after a name": "web # --yes",
    "a backslash": "web\\",
    "an escaped quote": 'web\\" --yes',
    "a line end": "web\nevil()",
    "a line end of Windows": "web\r\nevil()",
    "an old line end": "web\revil()",
    "a line separator": "web\u2028evil()",
    "a next line": "web\x85evil()",
    "a form feed": "web\x0cevil()",
    "a tab": "web\t--yes",
    "a semicolon": "web; evil()",
    "a semicolon at the end": "web;",
    "a question mark": "web?",
    "a shell": "!touch pwned",
    "a command substitution": "$(touch pwned)",
    "backticks": "`touch pwned`",
    "a magic": "%run evil",
    "a cell magic": "%%python\nevil()",
    "a format of old": "%(evil)s",
    "a null": "web\0",
    "a colour": "\x1b[31mweb",
    "half a character": "web\ud83d",
    "a direction mark": "\u202ebew",
    "a zero width": "we\u200bb",
    "a byte order mark": "\ufeffweb",
    "a no-break space": "web\u00a0prod",
    "a wide space": "web\u3000prod",
    "a long dash": "—yes",
    "curly quotes": "“web”",
    "full-width letters": "ｗｅｂ",
    "Korean": "추천-배치",
    "Korean in parts": unicodedata.normalize("NFD", "추천-배치"),
    "emoji": "👩\u200d💻🚀",
    "spaces around": "  web  ",
    "spaces within": "web  prod",
    "a space": " ",
    "nothing": "",
    "10,000 letters": "w" * 10_000,
    "another's id": ANOTHER,
    "the start of another's id": ANOTHER[:8],
    "an address": "s3://bucket/web",
    "a way up": "../web",
    "a home": "~",
    "a tag": "!env HOME",
    "a secret": "!secret HOME",
    "an anchor": "&web",
    "an alias": "*web",
    "a mapping": "web: {evil: 1}",
    "a document": "web\n---\nevil: 1",
    "a block": "|\n  web",
    "a number": "1.50",
    "an exponent": "1e3",
    "a truth": "true",
    "a null word": "null",
    "a placeholder": "CLUSTER",
}
WAYS = ("{word}", "$word", '"{word}"', "x{word}")


class Evil:
    """Something that the notebook has, and that tells when it is touched in any way."""

    touched: list[str]

    def __init__(self) -> None:
        object.__setattr__(self, "touched", [])

    def __call__(self, *_: Any) -> str:
        self.touched.append("called")
        return "web"

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            self.touched.append(f"asked for {name}")
        raise AttributeError(name)

    def __str__(self) -> str:
        self.touched.append("shown")
        return "web"

    __repr__ = __str__

    def __format__(self, form: str) -> str:
        return str(self)


def write_table(name: str, lines: list[str]) -> None:
    folder = ARTIFACTS / "names"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name.replace(' ', '-')}.txt").write_text("\n".join(lines) + "\n", "utf-8")


def valued(command: Command) -> list[Argument]:
    """Return the arguments of a command that have a value."""
    return [argument for argument in command.arguments if argument.kind is not ArgumentKind.SWITCH]


def line_with(command: Command, argument: Argument, way: str) -> str:
    """Return a line that gives an argument in some way, and whatever else the command needs."""
    parts = [command.name]
    for other in command.arguments:
        if other is argument:
            parts.append(f"{other.name} {way}" if other.is_flag else way)
        elif not other.is_flag and not other.optional:
            parts.append("3" if other.kind is ArgumentKind.COUNT else "web")
    return " ".join(parts)


def rows() -> list[tuple[Command, Argument, str, str]]:
    """Return every command, argument with a value, kind of word, and way to bring it."""
    return [
        (command, argument, what, way)
        for command in (*COMMANDS, CREATE)
        for argument in valued(command)
        for what in WORDS
        for way in (*WAYS, *(["="] if argument.is_flag else []))
    ]


@pytest.mark.parametrize("command", [*COMMANDS, CREATE], ids=lambda command: command.typed)
def test_a_word_that_a_variable_brings_is_the_value_of_its_argument_or_refused(command: Command) -> None:
    evil, lines, wrong = Evil(), [], []
    for _, argument, what, way in (row for row in rows() if row[0] is command):
        word = WORDS[what]
        line = line_with(command, argument, way)
        if way == "=":
            line = line_with(command, argument, "{word}").replace(f"{argument.name} ", f"{argument.name}=")
        words = expanded(scan(line), Scope({"evil": evil, "web": "web", "word": word}))
        try:
            options = vars(parse(command, words[1:] if command.name else words))
        except HecoError as error:
            outcome = f"refused: {error.what}"
            failed = len(error.lines()) > 3
        else:
            value = options[argument.dest]
            brought = f"x{word}" if way == WAYS[-1] else word
            expected: tuple[Any, ...] = (brought, [brought])
            if argument.kind is ArgumentKind.PATH:
                expected = (Path(brought).expanduser(),)
            elif argument.kind is not ArgumentKind.TEXT or argument.choices:
                expected = ()  # none of the words is a count, a duration or a choice
            is_it = value in expected
            switched = [other.name for other in command.arguments if options[other.dest] is True]
            outcome = "the whole word" if is_it else f"another value: {value!r}"
            failed = not is_it or bool(switched)
        lines.append(ascii(f"{line}; {what}; {outcome}")[1:-1])
        if failed or evil.touched:
            wrong.append(f"{lines[-1]} {evil.touched}")
    write_table(f"lines{command.name and '-'}{command.name}", lines)
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def evil(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evil]:
    """Return what must not be touched by the test, nor a file made."""
    monkeypatch.chdir(tmp_path)
    made = Evil()
    shell.user_ns["evil"] = made
    yield made
    assert not made.touched
    assert not (tmp_path / "pwned").exists()
    del shell.user_ns["evil"]


@pytest.mark.parametrize("command", [command for command in COMMANDS if valued(command)], ids=lambda c: c.name)
def test_a_word_that_a_variable_brings_does_nothing_else_when_it_runs(
    command: Command, notebook: Notebook, emulator: Emulator, evil: Evil
) -> None:
    emulator.load([cluster_row(1, name="web"), cluster_row(2, name="prod")])
    lines, wrong = [], []
    for what, word in WORDS.items():
        if command.name in ("connect", "login"):
            connection.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
        emulator.clear_requests()
        notebook.shell.user_ns["word"] = word
        ran = notebook.run(f"%heco {line_with(command, valued(command)[0], '{word}')}")
        is_ours = ran.error is None or isinstance(ran.error, HecoError)
        outcome = "it ran" if ran.error is None else f"{type(ran.error).__name__}: {ran.error}"
        lines.append(ascii(f"{command.name}; {what}; {outcome}")[1:-1])
        if not is_ours or "Traceback" in ran.text or writes(emulator) or evil.touched:
            wrong.append(lines[-1])
        close = getattr(ran.value, "close", None)
        if close and command.name == "panel":
            close()
    write_table(f"runs-{command.name}", lines)
    assert not wrong, "\n".join(wrong)


def offered(shell: InteractiveShell, text: str) -> list[str]:
    """Return what a line becomes with each completion that Tab at its end offers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython warns that its own completer is provisional
        found = list(shell.Completer.completions(text, len(text)))
    return [text[: item.start] + item.text for item in found]


def commands_in(text: str) -> list[str]:
    """Return the commands that a text tells to type, without the program's name."""
    found = [line.partition("%heco ")[2] for line in text.splitlines()]
    listed = [line.partition("names that contain it: ")[2].replace(", ", " ") for line in text.splitlines()]
    return [command for command in [*found, *listed] if command]


def misleading(text: str) -> list[str]:
    """Return the commands in a text in which something would be evaluated, or become a flag that we did not write."""
    flags = {argument.name for command in COMMANDS for argument in command.arguments if argument.is_flag}
    ours = {f for f in flags if f in ("--for", "--active", "--sort", "--name", "--local", "--help", "--exact")}
    wrong = []
    for command in commands_in(text):
        try:
            words = scan(command)
        except HecoError:
            wrong.append(command)
            continue
        if not all(word.is_plain and (not is_flag(word) or word.typed in ours) for word in words):
            wrong.append(command)
    return wrong


USES = ("vms {}", "scale {} 5 --dry-run", "scale {} 1 --dry-run", "delete {}", "wait {} --timeout 9s", "clone {}")


@pytest.mark.parametrize("what", WORDS)
def test_a_cluster_of_any_name_is_found_by_what_tab_and_its_card_say_and_no_other_is(
    what: str, shell: InteractiveShell, evil: Evil
) -> None:
    name, lines, wrong = WORDS[what], [], []
    with OtherServer() as api:
        hostile, others = api.add(name), {api.add("web"), api.add("prod", id=ANOTHER)}
        texts = dict.fromkeys(("owner", "clusterVersion", "keypairName", "vpcId", "hueUrl", "imageName"), name)
        api.clusters[hostile] |= texts
        connection.connect(api.url, KEY_ID, KEY_SECRET).list_clusters()

        def run(line: str) -> tuple[Any, str, set[str]]:
            """Run a line; return its value, all that it showed, and the ids that it asked for."""
            api.requests.clear()
            with capture_output() as captured:
                result = shell.run_cell(line)
            error = result.error_in_exec or result.error_before_exec
            shown = f"{captured.stdout}{captured.stderr}{result.result!r}"
            asked = {request.path.split("/")[4] for request in api.requests if request.path.count("/") > 3}
            if error is not None and not isinstance(error, HecoError):
                wrong.append(f"{line}: {error!r}")
            problems = [*misleading(shown), *(r.method for r in api.requests if r.method != "GET")]
            if problems or "Traceback" in shown or asked & others or evil.touched:
                wrong.append(f"{line}: {problems} {asked & others} {evil.touched}")
            lines.append(ascii(f"{line}; {what}; {type(error).__name__ if error else 'done'}")[1:-1])
            return result.result, shown, asked

        tabs = offered(shell, "%heco show ")
        (tab,) = [line for line in tabs if line not in ("%heco show web", "%heco show prod")]
        assert len(tabs) == 3
        cluster, _, _ = run(tab)
        assert cluster.id == hostile
        typed = tab.removeprefix("%heco show ")
        for use in USES:
            assert run(f"%heco {use.format(typed)}")[2] == {hostile}
        following = cluster.card().next_command
        assert run(following)[2] == {hostile}
        shell.user_ns["start"] = name[:2]
        run("%heco show {start}")
        shell.user_ns["cluster"] = cluster
        assert run("%heco show {cluster}")[0].id == hostile
    write_table(f"tab-{what}".replace("'", ""), lines)
    assert not wrong, "\n".join(wrong)


FIELDS = (
    *("name", "clusterType", "clusterVersion", "vpcId", "subnetId", "keypairName", "securityGroupIds"),
    *("adminInfo.userId", "config.configText", "config.fileUrl", "userTask.type", "userTask.hiveQuery"),
    *("userTask.execOpts", "hiveDbInfo.dbName", "dataCatalogInfo.catalogId", "redisInfo.objectId", "owner", "id"),
)


class Watched(dict[str, Any]):
    """Variables that tell which of them were looked up."""

    looked_up: list[object]

    def __contains__(self, name: object) -> bool:
        self.looked_up.append(name)
        return super().__contains__(name)


def as_read(value: Any) -> Any:
    """Return a spec as it is once it has been read, with secrets by their names."""
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_read(item) for item in value]
    return str(value) if isinstance(value, SecretName) else getattr(value, "name", value)


@pytest.mark.parametrize("field", FIELDS)
def test_a_clone_says_what_the_api_said_and_nothing_of_it_is_read_as_anything_else(field: str) -> None:
    lines, wrong = [], []
    for what, word in WORDS.items():
        raw: dict[str, Any] = cluster_row(1, isHa=False, monitoring=True, config={"hdfsReplication": 2})
        raw |= {"masterInfo": [{"flavorName": "m2a.xlarge", "volumeSize": 50}]}
        part, _, key = field.rpartition(".")
        (raw.setdefault(part, {}) if part else raw)[key] = [word, word] if key == "securityGroupIds" else word
        cluster = Cluster(raw)
        first, _, body = clone(cluster).partition("\n")
        variables = Watched(evil="evil", web="web")
        variables.looked_up = []
        document = read_spec(body, first_line=2, variables=variables, folder=Path())
        is_same = as_read(document.data) == as_read(spec_like(cluster)) and not document.problems
        is_refused = what == "half a character" and bool(document.problems)  # no JSON can hold it
        outcome = "as the API said it" if is_same else "refused" if is_refused else f"{document.data}"
        lines.append(ascii(f"{field}; {what}; {outcome}")[1:-1])
        is_whole = first == "%%heco_create cluster --dry-run"
        is_seen = not re.search(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00-\x08\x0b-\x1f]", body)
        if not ((is_same or is_refused) and is_whole and is_seen) or variables.looked_up:
            wrong.append(lines[-1])
    write_table(f"clone-{field}", lines)
    assert not wrong, "\n".join(wrong)


def test_a_template_of_any_kind_takes_nothing_from_anywhere() -> None:
    evil = Evil()
    for kind in BY_NAME["template"].arguments[0].choices:
        words = expanded(scan(f"template {kind}"), Scope({"evil": evil}))
        assert vars(parse(BY_NAME["template"], words[1:])) == {"kind": kind}
    assert not evil.touched


def test_the_page_of_promises_says_how_much_is_tried() -> None:
    page = (Path(__file__).parent / "README.md").read_text("utf-8")
    assert f"{len(WORDS)} kinds of hostile words" in page
    assert "more than 19,000 lines" in page
    assert len(rows()) > 19_000

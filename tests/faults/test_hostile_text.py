"""Hostile text from outside: markup, terminal codes, direction marks, line ends, sheer length.

A fleet with hostile text in every field goes through every command, in a shell and as in a notebook. Whatever is shown
must be nothing more than text.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from IPython.utils.capture import capture_output
from otherserver import KEY_ID, KEY_SECRET, WORDS, Habits, OtherServer

from heco_jupyter.api import connection
from heco_jupyter.magics.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

HOSTILE = {
    "an image": "<img src=x onerror=alert(1)>",
    "a script": "</pre></code><script>alert(1)</script>",
    "an attribute": "' onmouseover='alert(1)' x=\" onfocus=\"alert(1)\"",
    "a link": "javascript:alert(1)//https://example.com",
    "a colour": "\x1b[31mred\x1b[0m and \x9b32mgreen",
    "a title and a bell": "\x1b]0;owned\x07\x1b[2J\x1b[1;1H",
    "an unfinished escape": "\x1b]8;;https://evil.example",
    "line ends": "one\r\ntwo\u2028three\x85four\x00five",
    "direction marks": "\u202egnp.exe \u2066a\u2069 \u200fb",
    "invisible characters": "a\u200bb\ufeffc",
    "lone surrogates": "\ud83d and \udc00",
    "10,000 letters": "x" * 10_000,
    "10,000 wide letters": "한" * 10_000,
    "Markdown": "[click](javascript:alert(1)) `$(rm -rf ~)` {get_ipython()}",
    "LaTeX": "$\\unicode{x202e}\\href{javascript:alert(1)}{x}$",
}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_IPYTHONS_OWN = re.compile(r"\x1b\[[0-9;]*m")  # IPython colours the name of a failed command in the terminal
_TAGS = {
    *("div", "span", "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "b", "small"),
    *("style", "progress", "label", "p", "br", "strong", "em", "h3", "h4", "ul", "li", "tfoot"),
    *("svg", "g", "rect", "line", "text", "title"),
}


class Markup(HTMLParser):
    """Fails for a tag, an attribute or a link that is not one of the package."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, tag
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            assert name != "src", (tag, name)
            if name == "href":
                assert re.match(r"https?://", value or ""), value


def check(outputs: list[dict[str, Any]], printed: str) -> None:
    """Fail if anything that is shown is more than text."""
    for data in outputs:
        assert set(data) <= {"text/plain", "text/html"}, set(data)
        Markup().feed(data.get("text/html", ""))
        for shown in data.values():
            assert not _CONTROL.search(shown), ascii(_CONTROL.findall(shown))
    text = _IPYTHONS_OWN.sub("", printed)
    assert not _CONTROL.search(text), ascii(text)
    assert all(len(line) < 2000 for line in text.splitlines())


@pytest.fixture
def fleet(shell: InteractiveShell) -> Iterator[tuple[OtherServer, InteractiveShell]]:
    with OtherServer(Habits(ids="short")) as api:
        connection.connect(api.url, KEY_ID, KEY_SECRET)
        yield api, shell


def run(shell: InteractiveShell, cell: str) -> tuple[list[dict[str, Any]], str]:
    with capture_output() as captured:
        shell.run_cell(cell)
    return [output.data for output in captured.outputs], captured.stdout + captured.stderr


COMMANDS = (
    *("list", "list --sort name,asc --limit 1", "vms kc-0001", "vms --all", "show kc-0001", "show kc-0001 --timeout x"),
    *("scale kc-0001 5 --dry-run", "scale kc-0001 5 --yes", "wait kc-0001 --timeout 1s", "delete kc-0001 --dry-run"),
    *(
        "usage --by name --by owner --freq M",
        "report --by owner",
        "clone kc-0001",
        "show kc-00",
        "show nobody",
        "delete kc-0001 --yes",
        "show kc-0001",
    ),
)


@pytest.mark.parametrize("kind", HOSTILE)
def test_text_from_the_api_is_shown_as_text(fleet: tuple[OtherServer, InteractiveShell], kind: str) -> None:
    api, shell = fleet
    text = HOSTILE[kind]
    texts = dict.fromkeys(("owner", "clusterType", "clusterVersion", "apiKeyStatus", "vpcId", "newField"), text)
    urls = dict.fromkeys(("hueUrl", "nameNodeUrl", "resourceManagerUrl"), text)
    machines = {f"{role}Info": [{"flavorName": text, "volumeSize": 100}] for role in ("master", "worker")}
    api.add(text, **texts, **urls, **machines)
    api.add(text, status=text)
    api.vms["kc-0001"] = [
        dict.fromkeys(("name", "flavorName", "ip", "floatingIp", "status"), text)
        | {"instanceId": f"i{n}{text}", "index": n, "isMaster": False, "createdAt": 0}
        for n in range(2)
    ]
    for command in COMMANDS:
        check(*run(shell, f"%heco {command}"))
    api.clusters["kc-0001"]["status"] = WORDS["running"]
    for status in (400, 401, 403, 404, 409, 418, 500):
        api.refuse_next = [(status, text)] * 4
        check(*run(shell, "%heco vms kc-0001"))
        api.refuse_next = [(status, text)] * 4
        check(*run(shell, "%heco connect"))


@pytest.mark.parametrize("kind", HOSTILE)
def test_typed_text_is_repeated_as_text(fleet: tuple[OtherServer, InteractiveShell], kind: str) -> None:
    _, shell = fleet
    text = HOSTILE[kind]
    shell.user_ns["text"] = text
    for command in ("show", "list --sort", "list --status", "scale kc-0001", "wait --for", "template", "connect"):
        with capture_output() as captured:
            try:
                shell.run_line_magic("heco", f"{command} {text}")
            except Exception as error:  # noqa: BLE001 (shown as IPython shows it)
                block = getattr(error, "_render_traceback_", list)()
                assert block or not str(error).startswith("Traceback")
                check([], "\n".join(block))
        check([output.data for output in captured.outputs], captured.stdout + captured.stderr)


@pytest.mark.parametrize("kind", HOSTILE)
def test_progress_shows_a_name_as_text(kind: str, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "kernel", None, raising=False)  # as in a notebook
    shown: list[dict[str, Any]] = []
    with capture_output() as captured, OtherServer(Habits(ids="short")) as api:
        api.add(HOSTILE[kind])
        client = connection.connect(api.url, KEY_ID, KEY_SECRET)
        progress = Progress(shell, keep=True)
        client.wait("kc-0001", report=lambda text, fraction: (progress(text, fraction), shown.append(text)))
        assert shown
        for text in shown:
            check([{"text/plain": str(text)}], str(text))
    assert captured.outputs
    check([output.data for output in captured.outputs], "")

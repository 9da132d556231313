"""Canary secrets, searched for wherever a notebook leaves anything behind.

A notebook with every source of output turned on (Verbose tracebacks, DEBUG logs, the debug output of http.client,
IPython's session log) connects, creates, fails in many ways and shows its objects. Then everything that it wrote is
searched.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import nbformat
import pytest
from support import SPEC
from wire import WireServer, answer

from heco_jupyter.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wire import Conversation

CANARIES = {
    "HECO_CREDENTIAL_SECRET": "canary-key-7d1f",
    "CANARY_ADMIN": "canary-admin-§9c",
    "CANARY_DB": "canary&db '4b<2e",
    "CANARY_CONFIG": "canary-config-0a7e",
}
BODY = "\n".join(f"{name}: {json.dumps(value)}" for name, value in SPEC.items() if name not in ("name", "config"))
CREATE = f"""{BODY}
name: secretive
adminInfo: {{userId: admin, userPw: !secret CANARY_ADMIN}}
hiveDbInfo: {{objectId: o, dbName: d, userId: u, userPw: !secret CANARY_DB}}
config:
  hdfsReplication: 2
  hdfsBlockSize: 128
  configText: {{configurations: [{{classification: core-site, properties: {{key.a: !secret CANARY_CONFIG}}}}]}}
"""
SHOW_MORE = """
import copy, http.client, logging, pickle, sys, traceback, warnings
import heco_jupyter
warnings.simplefilter("always")
http.client.HTTPConnection.debuglevel = 1
logging.basicConfig(level=logging.DEBUG, handlers=[logging.StreamHandler(sys.stdout), logging.FileHandler("debug.log")])
logging.getLogger("urllib3").setLevel(logging.DEBUG)
logging.getLogger("heco_jupyter").setLevel(logging.DEBUG)
"""
LOOK_INSIDE = """
def look(thing, depth=0, seen=set()):
    if depth > 9 or id(thing) in seen or isinstance(thing, type(sys)):
        return
    seen.add(id(thing))
    print(repr(thing), str(thing), f"{thing}")
    try:
        parts = vars(thing)
    except TypeError:
        parts = {}
    print(parts)
    inner = thing if isinstance(thing, dict) else dict(enumerate(thing)) if isinstance(thing, (list, tuple)) else {}
    for part in [*parts.values(), *inner.values()]:
        look(part, depth + 1)

client = heco_jupyter.connect()
look(client)
print(sys.getsizeof(client.credentials.secret), client.credentials.secret, [client.credentials])
"""
PICKLE = """
for thing in (client, client.credentials, client.credentials.secret, client.list_clusters(), made):
    for save in (pickle.dumps, copy.deepcopy):
        try:
            saved = save(thing)
            with open("saved.pickle", "ab") as file:
                file.write(saved if isinstance(saved, bytes) else repr(saved).encode())
        except Exception as error:
            print(type(error), error)
"""
FAIL_INSIDE = """
from heco_jupyter.api.wire.sockets import _Watched
send = _Watched.send
def broken(self, data):
    raise ZeroDivisionError("in the middle of sending")
_Watched.send = broken
try:
    %heco list
finally:
    _Watched.send = send
"""
FAIL_WITH_LOCALS = """
def mine(client):
    kept = client.credentials
    inner = vars(client)
    try:
        client.create_cluster({"name": "x"})
    except Exception as error:
        print("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
        with open("error.pickle", "wb") as file:
            pickle.dump(error, file)
    client.get_cluster("no-such-cluster")
mine(client)
"""


def story(echo: str) -> list[str]:
    """Return the cells of the notebook; `echo` is a server that repeats what it receives."""
    wrong = CREATE.replace("hdfsReplication: 2", "hdfsReplication: 9").replace("name: secretive", "name: 7")
    return [
        SHOW_MORE,
        "%load_ext heco_jupyter\n%logstart -o -r session.log\n%xmode Verbose",
        "%heco connect",
        "%heco whoami",
        LOOK_INSIDE,
        f"%%heco_create --dry-run\n{CREATE}",
        f"%%heco_create made\n{CREATE}",
        "made, made.raw, vars(made) if hasattr(made, '__dict__') else None",
        f"%%heco_create\n{CREATE}",
        f"%%heco_create\n{wrong}",
        PICKLE,
        "%config HecoMagics.tracebacks = True",
        f"%%heco_create\n{CREATE}",
        f"%%heco_create\n{wrong}",
        "%heco show no-such-cluster",
        FAIL_INSIDE,
        FAIL_WITH_LOCALS,
        "%heco list --active",
        "%heco vms secretive",
        "%heco show secretive",
        "%heco scale secretive 5 --dry-run",
        "%heco clone secretive",
        "from heco_jupyter.commands.templates import clone\nprint(clone(client.find('secretive')))",
        "%heco delete secretive --yes",
        f"%heco connect --endpoint {echo}",
        f"import os\nheco_jupyter.connect('{echo}', 'AKID-other-0001', os.environ['HECO_CREDENTIAL_SECRET'])",
        "heco_jupyter.connect(credential_id='AKID', credential_secret=os.environb[b'HECO_CREDENTIAL_SECRET'])",
        "%config HecoMagics.tracebacks = False",
        f"%heco connect --endpoint {echo}",
        f"heco_jupyter.connect('{echo}', 'AKID-other-0001', client.credentials.secret)",
        "client",
        "%heco whoami",
        "%history -o",
        "%whos",
        "1 / 0",
        "In, Out, locals().keys()",
    ]


def echoing(conversation: Conversation) -> None:
    """Answer with an error that repeats every header."""
    answer({"message": f"denied: {conversation.headers}"}, 401)(conversation)


def needles(secret: str) -> set[bytes]:
    """Return every form in which `secret` could be read."""
    text = secret.encode()
    forms = {text, quote(secret).encode(), json.dumps(secret)[1:-1].encode(), repr(text)[2:-1].encode()}
    forms |= {quote_plus(secret).encode(), quote_plus(secret).lower().encode(), html.escape(secret).encode()}
    forms.add(re.sub("[<>&']", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(secret)[1:-1]).encode())
    for shift in range(3):  # Base64 of a longer text, in which the secret may begin at any of three offsets
        encoded = base64.b64encode(b"x" * shift + text)
        forms.add(encoded[4 if shift else 0 : len(encoded) - 4])
    return forms | {form.decode("ascii", "ignore").encode("utf-16-le") for form in forms if form.isascii()}


def found(places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Return each place that holds a canary, with the canary and the text around it."""
    return [
        f"{name} in {place}: …{content[max(0, at - 60) : at + 60]!r}…"
        for place, content in places
        for name, secret in CANARIES.items()
        for needle in needles(secret)
        if (at := content.find(needle)) >= 0
        # The API returns the settings of a cluster to every user who may read it, so the emulator has to keep them.
        if (name, place) != ("CANARY_CONFIG", "emulator.db")
    ]


def files(folder: Path) -> list[tuple[str, bytes]]:
    return [(str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file()]


RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True, ipython_hist_file="").execute()
nbformat.write(notebook, sys.argv[1])
"""


@pytest.mark.slow
def test_no_canary_is_found_anywhere(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True)
    saved = home / "work" / "story.ipynb"
    database = home / "emulator.db"
    secret = CANARIES["HECO_CREDENTIAL_SECRET"]
    key = {"credential_id": "AKID-canary-0001", "credential_secret": secret}
    with Emulator(seed="empty", db=str(database), speed=2000, **key) as emulator, WireServer(echoing) as echo:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in story(echo.url)])
        nbformat.write(notebook, saved)
        environment = os.environ | CANARIES
        environment |= {"HECO_ENDPOINT": emulator.url, "HECO_CREDENTIAL_ID": key["credential_id"], "HOME": str(home)}
        environment |= {"IPYTHONDIR": str(home / "ipython"), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
        ran = subprocess.run(
            [sys.executable, "-c", RUN, saved.name],
            cwd=saved.parent,
            env=environment,
            capture_output=True,
            check=False,
            timeout=110,
        )
        assert ran.returncode == 0, ran.stderr.decode()
        created = [request for request in emulator.requests if request.method == "POST"]
        assert created, "nothing was created, so the secrets were never used"
        records = repr(emulator.requests).encode()
    assert echo.requests
    assert all(echoed.headers["credential-secret"] == secret for echoed in echo.requests)
    places = [("stdout", ran.stdout), ("stderr", ran.stderr), ("the emulator's records", records), *files(home)]
    for expected in ("story.ipynb", "debug.log", "session.log", "history.sqlite", "emulator.db", "saved.pickle"):
        assert any(place.endswith(expected) and content for place, content in places), f"{expected} was not written"
    for expected in ("error.pickle", "ZeroDivisionError", "credential-secret", "ConflictError", "!secret KEY_A"):
        assert any(expected in place or expected.encode() in content for place, content in places), (
            f"{expected} did not occur"
        )
    assert not found(places)


@pytest.mark.parametrize("name", CANARIES)
def test_the_search_finds_a_canary_in_every_form(name: str) -> None:
    secret = CANARIES[name]
    forms = [secret, quote(secret), json.dumps(secret), repr(secret.encode()), html.escape(secret), quote_plus(secret)]
    forms.append(json.dumps(secret).replace("&", "\\u0026").replace("<", "\\u003c").replace("'", "\\u0027"))
    forms += [base64.b64encode(f"{'x' * n}{secret}{'y' * m}".encode()).decode() for n in range(4) for m in range(4)]
    for form in forms:
        assert any(re.match(name, line) for line in found([("here", f"before {form} after".encode())])), form

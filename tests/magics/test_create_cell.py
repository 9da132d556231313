"""`%%heco_create`: what a cell sends, what it shows, and how mistakes in it are answered."""

from __future__ import annotations

import base64
import getpass
import json

import pytest
from support import CREATE_REQUESTS, SPEC, as_yaml, base64_of, create_request, example, spec, writes

from heco_jupyter.api.model.cluster import Cluster
from heco_jupyter.api.model.plans import Preview

CANARY = "canary-secret-42"


def sent(emulator):
    """Return the body of each create that was sent."""
    return [request.body for request in writes(emulator)]


@pytest.mark.parametrize("as_text", [lambda body: json.dumps(body, indent=4, ensure_ascii=False), as_yaml])
@pytest.mark.parametrize("name", CREATE_REQUESTS)
def test_each_of_the_vendors_requests_reaches_the_server_unchanged(notebook, emulator, name, as_text):
    body = create_request(name, CANARY)
    ran = notebook.run(f"%%heco_create\n{as_text(body)}")
    assert ran.error is None, ran.text
    assert sent(emulator) == [body]
    assert CANARY not in ran.text


@pytest.mark.parametrize("name", [CREATE_REQUESTS[0], CREATE_REQUESTS[2]])
def test_an_unreplaced_placeholder_is_refused_with_its_line(notebook, emulator, name):
    text = json.dumps(example(f"create-request-{name}"), indent=2)
    line = 2 + next(number for number, line in enumerate(text.splitlines()) if "<base_64_string>" in line)
    block = notebook.refusal(f"%%heco_create\n{text}")
    assert f"line {line}: " in block
    assert "placeholder" in block
    assert not emulator.requests


def test_the_result_is_the_value_of_the_cell_and_of_the_named_variable(notebook, shell):
    made = notebook.value(f"%%heco_create etl\n{as_yaml(SPEC)}")
    assert isinstance(made, Cluster)
    assert shell.user_ns["etl"] is made
    assert (made.name, made.status) == ("etl-nightly", "Initializing")


def test_wait_returns_the_running_cluster(notebook):
    assert notebook.value(f"%%heco_create --wait --timeout 60s\n{as_yaml(SPEC)}").status == "Running"


def test_all_errors_are_reported_at_once_with_the_lines_of_the_cell(notebook, emulator):
    body = """%%heco_create
name: etl
clusterType: hadoop
clusterVersion: hde-2.0.1
isHa: maybe
masterFlavorName: m2a.xlarge
workerCnt: 2
workerFlavorName: m2a.xlarge
workerVolumeSize: 100
monitoring: true
keypairName: k
vpcId: $vpc
subnetId: s
securityGroupName: g
conifg: 1
config:
  hdfsReplication: 3
  hdfsBlockSize: 128
  hdfsBlockSize: 256
"""
    block = notebook.refusal(body)
    assert [line for line in block.splitlines() if line.startswith("line ")] == [
        "line 1: masterVolumeSize is missing: GB for each master",
        'line 5: isHa is "maybe", it must be true or false',
        "line 7: workerCnt is 2, config.hdfsReplication is 3: workers cannot be fewer",
        "line 12: there is no notebook variable vpc",
        "line 15: conifg is not a field, did you mean config?",
        "line 19: hdfsBlockSize is given twice, first on line 18: keep one of them",
    ]
    assert not emulator.requests


def test_variables_environment_variables_and_secrets_are_inserted(notebook, emulator, monkeypatch):
    monkeypatch.setenv("HECO_TEST_SUBNET", "subnet-1")
    monkeypatch.setenv("HECO_TEST_PW", CANARY)
    body = spec(workerCnt="$workers", subnetId="@subnet@", adminInfo={"userId": "a", "userPw": "@pw@"})
    text = as_yaml(body).replace("'@subnet@'", "!env HECO_TEST_SUBNET").replace("'@pw@'", "!secret HECO_TEST_PW")
    notebook.run("workers = 4")
    ran = notebook.run(f"%%heco_create made\n{text}")
    assert ran.error is None, ran.text
    (body,) = sent(emulator)
    assert (body["workerCnt"], body["subnetId"]) == (4, "subnet-1")
    assert base64.b64decode(body["adminInfo"]["userPw"]).decode() == CANARY
    history = "\n".join(notebook.shell.history_manager.input_hist_raw)
    for secret in (CANARY, base64_of(CANARY)):
        assert secret not in ran.text + history


class TestAsking:
    BODY = as_yaml(spec(adminInfo={"userId": "a", "userPw": "@"})).replace("'@'", "!secret HECO_TEST_ASKED")

    def test_a_secret_that_is_not_in_the_environment_is_asked_for_once_the_rest_is_valid(
        self, notebook, emulator, monkeypatch
    ):
        asked = []
        monkeypatch.setattr(getpass, "getpass", lambda question: asked.append(question) or CANARY)
        notebook.refusal(f"%%heco_create\n{self.BODY.replace('isHa: false', 'isHa: maybe')}")
        assert not asked
        ran = notebook.run(f"%%heco_create\n{self.BODY}")
        assert ran.error is None, ran.text
        assert asked == ["HECO_TEST_ASKED (hidden): "]
        assert base64.b64decode(sent(emulator)[0]["adminInfo"]["userPw"]).decode() == CANARY
        assert CANARY not in ran.text

    def test_a_dry_run_does_not_ask(self, notebook, monkeypatch):
        def unwanted(_question):
            raise AssertionError

        monkeypatch.setattr(getpass, "getpass", unwanted)
        assert notebook.value(f"%%heco_create --dry-run\n{self.BODY}").body["adminInfo"]["userPw"] == "••••••"

    def test_with_nobody_to_ask_the_refusal_names_the_environment_variable(self, notebook, emulator, monkeypatch):
        def nobody(_question):
            raise NotImplementedError

        monkeypatch.setattr(getpass, "getpass", nobody)
        assert "set the environment variable HECO_TEST_ASKED" in notebook.refusal(f"%%heco_create\n{self.BODY}")
        assert not writes(emulator)


def test_a_dry_run_shows_the_request_with_secrets_masked_and_sends_nothing(notebook, emulator):
    body = spec(adminInfo={"userId": "a", "userPw": base64_of(CANARY)})
    ran = notebook.run(f"%%heco_create --dry-run\n{as_yaml(body)}")
    assert isinstance(ran.value, Preview)
    assert ran.value.method == "POST"
    assert ran.value.url == f"{emulator.url}/v2/hadoop-eco/clusters"
    assert ran.value.body == body | {"adminInfo": {"userId": "a", "userPw": "••••••"}}
    for shown in (ran.text, repr(ran.value), ran.value._repr_html_(), f"{vars(ran.value)}"):
        assert base64_of(CANARY) not in shown
        assert CANARY not in shown
    assert not emulator.requests


def test_settings_as_a_mapping_and_a_script_as_text_are_sent_as_base64(notebook, emulator):
    settings = {"configurations": [{"classification": "core-site", "properties": {"io.file.buffer.size": "65536"}}]}
    script = "#!/bin/bash\nmsg=$1\necho ${msg} $HOME\n"
    config = SPEC["config"] | {"configText": settings, "userScript": script}
    notebook.value(f"%%heco_create\n{as_yaml(spec(config=config))}")
    (body,) = sent(emulator)
    assert json.loads(base64.b64decode(body["config"]["configText"])) == settings
    assert base64.b64decode(body["config"]["userScript"]).decode() == script


def test_an_unknown_field_is_sent_with_allow_unknown(notebook, emulator):
    cell = f"%%heco_create --allow-unknown\n{as_yaml(spec(newField=1))}"
    notebook.run(cell)
    assert sent(emulator)[0]["newField"] == 1


def test_a_mapping_for_a_newer_api_is_sent_with_warnings(notebook, emulator):
    body = {"name": "new", "clusterType": "Custom", "instanceSpecs": [{"type": "TASK", "nodeCnt": 2, "volumeSize": 50}]}
    ran = notebook.run(f"%%heco_create --allow-unknown\n{as_yaml(body)}")
    assert sent(emulator) == [body]
    assert "instanceSpecs is not a field" in ran.shown
    assert "required until now: clusterVersion, isHa" in ran.shown
    assert notebook.value(f"%%heco_create --allow-unknown --dry-run\n{as_yaml(body)}").body == body


def test_a_text_stays_as_it_was_written_where_the_api_wants_text(notebook, emulator):
    settings = "{configurations: [{classification: c, properties: {a: 0.10, b: 3001, c: 1.50, d: -0, e: true}}]}"
    text = as_yaml(spec(name="@", config=SPEC["config"] | {"configText": "@@"}))
    notebook.value(
        f"%%heco_create\n{text.replace(chr(39) + '@@' + chr(39), settings).replace(chr(39) + '@' + chr(39), '1.50')}"
    )
    (body,) = sent(emulator)
    assert body["name"] == "1.50"
    (part,) = json.loads(base64.b64decode(body["config"]["configText"]))["configurations"]
    assert part["properties"] == {"a": "0.10", "b": 3001, "c": "1.50", "d": "-0", "e": True}


def test_a_folded_script_is_named(notebook, emulator):
    text = as_yaml(spec()).replace("config:\n", "config:\n  userScript: >\n    #!/bin/bash\n    echo hi\n")
    assert "as > does" in notebook.refusal(f"%%heco_create\n{text}")
    assert not emulator.requests


@pytest.mark.parametrize("script", ['"#!/bin/bash\n    echo hi"', "'#!/bin/bash\n    echo hi'", "$script"])
def test_a_script_whose_lines_have_become_one_comment_is_named(notebook, emulator, script):
    notebook.run("script = '#!/bin/bash echo hi'")
    text = as_yaml(spec()).replace("config:\n", f"config:\n  userScript: {script}\n")
    assert "which #! makes a comment" in notebook.refusal(f"%%heco_create\n{text}")
    assert not emulator.requests


def test_a_password_in_a_variable_is_encoded_and_shown_nowhere(notebook, emulator):
    notebook.run(f"pw = {CANARY!r}")
    text = as_yaml(spec(adminInfo={"userId": "a", "userPw": "@"})).replace("'@'", "!base64 $pw")
    ran = notebook.run(f"%%heco_create --dry-run\n{text}")
    assert ran.error is None, ran.text
    assert CANARY not in ran.text
    assert base64_of(CANARY) not in ran.text
    notebook.value(f"%%heco_create\n{text}")
    assert sent(emulator)[0]["adminInfo"]["userPw"] == base64_of(CANARY)


def test_an_answer_to_a_secret_is_checked_before_it_is_sent(notebook, emulator, person):
    text = as_yaml(spec(config=SPEC["config"] | {"userScript": "@"})).replace("'@'", "!secret HECO_TEST_SCRIPT")
    person.answers = ["zq9xkw2p"]
    block = notebook.refusal(f"%%heco_create\n{text}")
    assert "HECO_TEST_SCRIPT could be a command or Base64" in block
    assert not writes(emulator)


def test_a_name_that_is_in_use_is_refused_with_409(notebook):
    notebook.value(f"%%heco_create\n{as_yaml(SPEC)}")
    assert "409, the cluster name is in use" in notebook.refusal(f"%%heco_create\n{as_yaml(SPEC)}")


@pytest.mark.parametrize(
    ("line", "body", "words"),
    [
        ("--dryrun", "name: x", "did you mean --dry-run?"),
        ("my-cluster", "name: x", "cannot be the name of a variable"),
        ("", "", "empty"),
        ("", "name: x\n\tfoo: 1", "line 3: "),
        ("", "name: [1, 2", "not valid YAML"),
        ("", '{"name": }', "not valid JSON"),
        ("", "name: &a x\nb: *a", "is an anchor"),
        ("", "name: !!python/name:os.system x", "unknown tag"),
        ("", "a: " + "x" * 400_000, "the most is 256 KiB"),
        ("", "[" * 3000, "nested more than 20 deep"),
    ],
)
def test_a_bad_cell_is_refused_in_a_short_block_and_nothing_is_sent(notebook, emulator, line, body, words):
    block = notebook.refusal(f"%%heco_create {line}\n{body}")
    assert words in block
    assert len(block) < 1500
    assert not emulator.requests


def test_of_many_problems_only_some_are_shown_and_the_rest_is_counted(notebook):
    body = "\n".join(f"field{number}: 1" for number in range(200))
    block = notebook.refusal(f"%%heco_create\n{body}")
    assert len(block.splitlines()) < 30
    assert "more" in block


@pytest.mark.parametrize("cell", ["%%heco_create --help\nname: x", "%heco_create --help"])
def test_the_help_needs_no_spec(unconnected, cell):
    assert "Example: %%heco_create etl --wait" in unconnected.run(cell).printed


def test_a_single_percent_sign_is_answered_with_the_correction(unconnected):
    assert "two percent signs" in unconnected.refusal("%heco_create etl")


@pytest.mark.parametrize("name", ["get_ipython", "class", "print", "In", "3x"])
def test_the_result_cannot_replace_a_name_that_python_or_the_notebook_needs(notebook, emulator, name):
    assert "cannot be the name of a variable" in notebook.refusal(f"%%heco_create {name}\n{as_yaml(SPEC)}")
    assert not emulator.requests
    assert notebook.value("%heco whoami")


@pytest.mark.parametrize(
    "written", ["!hunter2pass", "*hunter2pass", "&hunter2pass x", "$hunter2pass", "!secret hunter2-pass"]
)
def test_a_password_that_is_yaml_syntax_is_refused_and_not_repeated(notebook, emulator, written):
    body = as_yaml(spec(adminInfo={"userId": "a", "userPw": "@"})).replace("'@'", written)
    block = notebook.refusal(f"%%heco_create --dry-run\n{body}")
    assert "hunter2" not in block
    assert not emulator.requests

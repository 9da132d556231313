"""Create specs: which are accepted, which are refused and why, and what is sent."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CREATE_REQUESTS, base64_of, create_request, example, spec

from heco_jupyter.api.display.masking import MASK, Secret
from heco_jupyter.api.model.fields import FIELDS, FieldKind
from heco_jupyter.api.spec.checking import check_spec
from heco_jupyter.errors import SpecError


def problems_of(body: object, **options: bool) -> list[str]:
    with pytest.raises(SpecError) as caught:
        check_spec(body, **options)
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize("name", CREATE_REQUESTS)
def test_the_vendors_create_requests_are_sent_unchanged(name):
    assert check_spec(create_request(name)).wire() == create_request(name)


@pytest.mark.parametrize("name", [CREATE_REQUESTS[0], CREATE_REQUESTS[2]])
def test_the_documentations_placeholder_is_refused_with_a_way_out(name):
    (problem,) = [problem for problem in problems_of(example(f"create-request-{name}")) if "userPw" in problem]
    assert "userPw is a placeholder" in problem
    assert "!secret" in problem


@pytest.mark.parametrize("field", [field.path for field in FIELDS if field.required and "." not in field.path])
def test_a_missing_required_field_is_named(field):
    body = spec()
    del body[field]
    assert any(problem.startswith(f"{field} is missing") for problem in problems_of(body))


@pytest.mark.parametrize("field", ["config.hdfsReplication", "config.hdfsBlockSize"])
def test_a_missing_field_of_config_is_named(field):
    body = spec()
    del body["config"][field.partition(".")[2]]
    assert any(problem.startswith(f"{field} is missing") for problem in problems_of(body))


@pytest.mark.parametrize(
    ("part", "missing"),
    [
        ({"userTask": {"hiveQuery": "select 1"}}, ["userTask.type", "userTask.terminationPolicy"]),
        ({"hiveDbInfo": {"dbName": "a"}}, ["hiveDbInfo.objectId", "hiveDbInfo.userId", "hiveDbInfo.userPw"]),
        ({"dataCatalogInfo": {}}, ["dataCatalogInfo.catalogId"]),
        ({"dataCatalog": {}}, ["dataCatalog.catalogId"]),
        ({"redisInfo": {}}, ["redisInfo.objectId"]),
    ],
)
def test_an_optional_object_needs_all_of_its_required_fields(part, missing):
    assert [problem.split(" is missing")[0] for problem in problems_of(spec(**part))] == missing


@pytest.mark.parametrize("field", [field for field in FIELDS if field.kind != FieldKind.OBJECT and not field.base64])
def test_a_value_of_the_wrong_type_is_refused_and_named(field):
    body = spec()
    target = body
    *parents, key = field.path.split(".")
    for parent in parents:
        target = target.setdefault(parent, {})
    target[key] = {"nested": 1}
    assert any(problem.startswith(f"{field.path} is a mapping, it must be") for problem in problems_of(body))


def test_true_is_not_a_number_and_a_number_is_not_text():
    assert problems_of(spec(workerCnt=True, name=7)) == [
        'name is 7, it must be text: quote it, "7"',
        "workerCnt is true, it must be a whole number",
    ]


def test_workers_cannot_be_fewer_than_the_replication():
    body = spec(workerCnt=2, config={"hdfsReplication": 3, "hdfsBlockSize": 128})
    assert problems_of(body) == ["workerCnt is 2, config.hdfsReplication is 3: workers cannot be fewer"]


def test_workers_may_equal_the_replication():
    body = spec(workerCnt=3, config={"hdfsReplication": 3, "hdfsBlockSize": 128})
    assert check_spec(body).wire() == body


def test_one_of_the_security_group_fields_is_required():
    body = spec()
    del body["securityGroupName"]
    assert "securityGroupIds or securityGroupName is missing" in problems_of(body)[0]
    assert check_spec(body | {"securityGroupIds": ["a", "b"]}).wire()["securityGroupIds"] == ["a", "b"]


def test_both_security_group_fields_together_are_refused():
    assert "both given" in problems_of(spec(securityGroupIds=["a"]))[0]


@pytest.mark.parametrize("value", [[], "an-id", [1], [""]])
def test_security_group_ids_must_be_a_list_of_ids(value):
    body = spec(securityGroupIds=value)
    del body["securityGroupName"]
    assert problems_of(body)[0].startswith("securityGroupIds is")


@pytest.mark.parametrize(
    ("field", "value", "nearest"),
    [("type", "Hive", "hive"), ("terminationPolicy", "onsuccess", "onSuccess"), ("deployMode", "clusters", "cluster")],
)
def test_a_word_outside_a_vocabulary_is_answered_with_the_nearest_one(field, value, nearest):
    task = {"type": "spark", "terminationPolicy": "never", "deployMode": "client"} | {field: value}
    (problem,) = problems_of(spec(userTask=task))
    assert f"did you mean {nearest}?" in problem


@pytest.mark.parametrize("number", [-1, 16])
def test_a_redis_database_number_outside_0_to_15_is_refused(number):
    (problem,) = problems_of(spec(redisInfo={"objectId": "a", "dbIdSupersetCelery": number}))
    assert "redisInfo.dbIdSupersetCelery" in problem


def test_the_redis_database_numbers_0_and_15_are_accepted():
    redis = {"objectId": "a", "dbIdSupersetCelery": 0, "dbIdSupersetResults": 15}
    assert check_spec(spec(redisInfo=redis)).wire()["redisInfo"] == redis


def test_an_unknown_field_is_answered_with_the_nearest_known_one():
    body = spec(wrokerCnt=3, config={**spec()["config"], "BlockSize": 1})
    assert sorted(problems_of(body)) == [
        "BlockSize is not a field in config, did you mean hdfsBlockSize?",
        "wrokerCnt is not a field, did you mean workerCnt?",
    ]


def test_an_unknown_field_is_sent_when_unknown_fields_are_allowed():
    body = spec(newField={"a": [1, 2.5, None]})
    assert check_spec(body, allow_unknown=True).wire() == body


@pytest.mark.parametrize(("one", "other"), [("dataCatalogInfo", "dataCatalog")])
def test_either_name_of_the_data_catalog_is_sent_as_written_and_both_together_are_refused(one, other):
    value = {"catalogId": "e1ebae48"}
    for name in (one, other):
        assert check_spec(spec(**{name: value})).wire()[name] == value
    assert "both given" in problems_of(spec(**{one: value, other: value}))[0]


def test_either_name_of_the_settings_file_is_sent_as_written_and_both_together_are_refused():
    for name in ("fileUrl", "configFileUrl"):
        config = spec()["config"] | {name: "https://x/y.json"}
        assert check_spec(spec(config=config)).wire()["config"] == config
    config = spec()["config"] | {"fileUrl": "https://x", "configFileUrl": "https://y"}
    assert "both given" in problems_of(spec(config=config))[0]


def test_all_problems_are_reported_at_once():
    body = spec(isHa="yes", workerCnt=0, extra=1, userTask={"type": "pig", "terminationPolicy": "never"})
    del body["name"]
    assert len(problems_of(body)) == 6  # workerCnt is below the replication, too


def test_an_empty_value_is_refused():
    problems = problems_of(spec(name="", keypairName="  ", vpcId=None))
    assert [problem.split(" ")[0] for problem in problems] == ["name", "keypairName", "vpcId"]


class TestPasswords:
    def wire_of(self, value: object) -> str:
        return check_spec(spec(adminInfo={"userId": "a", "userPw": value})).wire()["adminInfo"]["userPw"]

    def test_base64_is_sent_as_it_is(self):
        assert self.wire_of(base64_of("비밀번호!")) == base64_of("비밀번호!")

    @pytest.mark.parametrize("value", ["hunter2", "password", "비밀번호", "a b c", "====", "YWJj\x00"])
    def test_a_password_that_is_not_base64_of_text_is_refused_and_not_shown(self, value):
        (problem,) = problems_of(spec(adminInfo={"userPw": value}))
        assert "!secret NAME, !base64 TEXT, or Base64" in problem
        assert value not in problem

    def test_a_secret_is_sent_as_base64(self):
        assert self.wire_of(Secret("hunter2", "PW")) == base64_of("hunter2")

    def test_no_form_of_a_checked_spec_shows_a_password(self):
        for value in (base64_of("hunter2-x"), Secret("hunter2-x", "PW")):
            checked = check_spec(spec(adminInfo={"userPw": value}))
            shown = f"{checked!r} {checked.masked()} {vars(checked) if not isinstance(value, str) else ''}"
            assert checked.masked()["adminInfo"]["userPw"] == MASK
            assert "hunter2-x" not in shown
            assert base64_of("hunter2-x") not in shown


SETTINGS = {"configurations": [{"classification": "core-site", "properties": {"a.b": "1", "c": 3001}}]}


class TestSettings:
    def wire_of(self, value: object) -> str:
        return check_spec(spec(config=spec()["config"] | {"configText": value})).wire()["config"]["configText"]

    def problem_of(self, value: object) -> str:
        (problem,) = problems_of(spec(config=spec()["config"] | {"configText": value}))
        return problem

    def test_a_mapping_is_sent_as_base64_of_its_json(self):
        assert json.loads(base64.b64decode(self.wire_of(SETTINGS))) == SETTINGS

    def test_json_text_is_sent_as_its_base64(self):
        text = json.dumps(SETTINGS, indent=2)
        assert self.wire_of(text) == base64_of(text)

    def test_base64_of_settings_is_sent_as_it_is(self):
        assert self.wire_of(base64_of(json.dumps(SETTINGS))) == base64_of(json.dumps(SETTINGS))

    def test_the_lines_of_the_base64_command_are_joined(self):
        encoded = base64_of(json.dumps(SETTINGS))
        assert self.wire_of(f"{encoded[:20]}\n{encoded[20:]}\n") == encoded

    @pytest.mark.parametrize("value", ["core-site", base64_of("core-site"), "{", "[1]"])
    def test_text_that_is_not_settings_is_refused(self, value):
        assert "configText" in self.problem_of(value)

    @pytest.mark.parametrize(
        "value",
        [
            {},
            {"configurations": {}},
            {"configurations": [{"properties": {}}]},
            {"configurations": [{"classification": "a"}]},
        ],
    )
    def test_a_mapping_of_another_form_is_refused_with_an_example(self, value):
        assert "classification: core-site" in self.problem_of(value)

    def test_a_secret_within_the_settings_is_sent_and_never_shown(self):
        settings = {"configurations": [{"classification": "c", "properties": {"key": Secret("top-secret-key", "K")}}]}
        checked = check_spec(spec(config=spec()["config"] | {"configText": settings}))
        assert "top-secret-key" in base64.b64decode(checked.wire()["config"]["configText"]).decode()
        assert MASK in checked.masked()["config"]["configText"]
        assert "dG9w" not in str(checked.masked())


class TestScripts:
    def wire_of(self, value: object) -> str:
        return check_spec(spec(config=spec()["config"] | {"userScript": value})).wire()["config"]["userScript"]

    def test_a_script_is_sent_as_its_base64(self):
        assert self.wire_of("#!/bin/bash\necho ${HOME}\n") == base64_of("#!/bin/bash\necho ${HOME}\n")

    def test_base64_of_a_script_is_sent_as_it_is(self):
        assert self.wire_of(base64_of("#!/bin/bash\nls\n")) == base64_of("#!/bin/bash\nls\n")

    @given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "Z"]), min_size=1))
    def test_any_script_with_a_shebang_arrives_unchanged(self, body):
        script = f"#!/bin/sh\n{body}"
        assert base64.b64decode(self.wire_of(script)).decode() == script


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    )
)
def test_an_allowed_unknown_value_arrives_unchanged(value):
    assert check_spec(spec(zzNew=value), allow_unknown=True).wire()["zzNew"] == value


field_names = st.sampled_from(sorted({field.path.split(".")[0] for field in FIELDS}))


@given(st.dictionaries(field_names, st.integers() | st.text() | st.none()))
def test_every_problem_of_a_mapping_without_a_config_is_explained(body):
    assert all(problems_of(body))


def test_any_mapping_is_sent_when_unknown_fields_are_allowed_and_what_it_breaks_is_noted():
    body = {
        "name": "etl",
        "clusterType": "Custom",
        "isHa": "maybe",
        "workerCnt": 0,
        "instanceSpecs": [{"type": "MASTER", "nodeCnt": 1}, {"type": "TASK", "nodeCnt": 2, "volumeSize": 50}],
        "config": ["x"],
        "userTask": {"type": "pig"},
        "securityGroupIds": {"new": "form"},
    }
    checked = check_spec(body, allow_unknown=True)
    assert checked.wire() == checked.masked() == body
    noted = " ".join(note.message for note in checked.notes)
    for field in ("isHa", "workerCnt", "instanceSpecs", "config", "userTask.type", "securityGroupIds", "keypairName"):
        assert field in noted
    assert check_spec({}, allow_unknown=True).wire() == {}


@pytest.mark.parametrize("body", [{"adminInfo": {"userPw": "hunter2"}}, {"config": {"userScript": "date"}}])
def test_what_is_not_certain_is_refused_all_the_same(body):
    assert problems_of(body, allow_unknown=True)


STORAGE_KEYS = {"fs.s3a.access.key": "AKIA-canary-0001", "fs.swifta.service.kic.credential.secret": "canary-secret-1"}
STORAGE = {"configurations": [{"classification": "core-site", "properties": STORAGE_KEYS}]}


class TestSecretsInSettings:
    @pytest.mark.parametrize("form", [dict, json.dumps, lambda settings: base64_of(json.dumps(settings))])
    def test_keys_of_object_storage_are_masked_and_offered_as_secrets(self, form):
        checked = check_spec(spec(config=spec()["config"] | {"configText": form(STORAGE)}))
        assert json.loads(base64.b64decode(checked.wire()["config"]["configText"])) == STORAGE
        assert MASK in checked.masked()["config"]["configText"]
        for key in STORAGE_KEYS:
            variable = key.replace(".", "_").upper()
            assert any(f"{key} is a secret" in offer.message and variable in offer.message for offer in checked.offers)
        assert "canary" not in str(checked.offers)

    @pytest.mark.parametrize("name", ["spark.authenticate", "hadoop.security.authentication", "io.file.buffer.size"])
    def test_other_settings_are_shown(self, name):
        settings = {"configurations": [{"classification": "c", "properties": {name: "true"}}]}
        checked = check_spec(spec(config=spec()["config"] | {"configText": settings}))
        assert checked.masked() == checked.wire()
        assert not checked.offers

    def test_a_key_in_options_or_in_a_script_is_masked_too(self):
        task = {"type": "spark", "terminationPolicy": "never", "execOpts": "--conf fs.s3a.secret.key=canary-1 -v"}
        script = "#!/bin/bash\nexport AWS_SECRET_ACCESS_KEY='canary-2'\n"
        checked = check_spec(spec(userTask=task, config=spec()["config"] | {"userScript": script}))
        assert checked.masked()["userTask"]["execOpts"] == f"--conf fs.s3a.secret.key={MASK} -v"
        assert MASK in checked.masked()["config"]["userScript"]
        assert checked.wire()["userTask"] == task


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "a\u00a0b", "a no-break space (U+00A0)"),
        ("vpcId", "\u200bvpc", "a zero-width character (U+200B)"),
        ("name", "a\n", "a line end (U+000A)"),
        ("keypairName", "a\x1b[31mb", "an invisible character (U+001B)"),
        ("subnetId", "a\u202eb", "an invisible character (U+202E)"),
        ("keypairName", "“key”", "a curly quotation mark (U+201C)"),
        ("vpcId", MASK, "bullets"),
    ],
)
def test_what_a_paste_leaves_in_a_name_is_named(field, value, words):
    (problem,) = problems_of(spec(**{field: value}))
    assert problem.startswith(f"{field} has ")
    assert words in problem


def test_a_look_alike_in_a_query_or_a_script_is_sent_and_noted():
    task = {"type": "hive", "terminationPolicy": "never", "hiveQuery": "select “a”;"}
    script = "#!/bin/bash\necho\u00a0hi\n"
    checked = check_spec(spec(userTask=task, config=spec()["config"] | {"userScript": script}))
    assert checked.wire()["userTask"] == task
    assert base64.b64decode(checked.wire()["config"]["userScript"]).decode() == script
    assert len(checked.notes) == 2


@pytest.mark.parametrize("text", ["hunter2\n", "half \ud83d"])
def test_a_secret_that_cannot_be_meant_is_refused_and_not_shown(text):
    (problem,) = problems_of(spec(adminInfo={"userId": "a", "userPw": Secret(text, "PW")}))
    assert "!secret PW" in problem
    assert text.strip() not in problem


def test_numpy_numbers_are_sent_as_numbers():
    body = check_spec(spec(workerCnt=np.int64(5), isHa=np.bool_(True))).wire()  # noqa: FBT003
    assert json.dumps([body["workerCnt"], body["isHa"]]) == "[5, true]"


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x", float("nan"), float("inf")])
def test_a_value_that_json_cannot_carry_is_refused(value):
    assert "JSON cannot carry" in problems_of(spec(extra=value), allow_unknown=True)[0]


@pytest.mark.parametrize("body", [None, "text", 5, ["a"]])
def test_a_spec_that_is_not_a_mapping_is_refused(body):
    assert "not a mapping" in problems_of(body)[0]


def test_deep_nesting_is_refused():
    deep: dict = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert "nested more than" in problems_of(spec(extra=deep), allow_unknown=True)[0]


@pytest.mark.parametrize("value", [12345678, 1.5, ["hunter2pass"], "hunter2pass", "<hunter2pass>", True])
@pytest.mark.parametrize("part", ["adminInfo", "hiveDbInfo"])
def test_a_password_of_the_wrong_form_is_refused_and_not_shown(part, value):
    shown = "\n".join(problems_of(spec(**{part: {"userId": "a", "objectId": "o", "dbName": "d", "userPw": value}})))
    assert f"{part}.userPw is " in shown
    assert "!secret" in shown
    assert "hunter2pass" not in shown
    assert "12345678" not in shown


def test_a_password_in_place_of_its_object_is_not_shown():
    assert problems_of(spec(adminInfo="hunter2pass")) == ["adminInfo is not a mapping"]


def test_a_missing_colon_in_the_only_line_of_an_object_is_named():
    (problem,) = problems_of(spec(adminInfo="userPw hunter2pass"))
    assert problem == "adminInfo is not a mapping: a colon and a space are missing after userPw: write userPw: VALUE"


def test_a_placeholder_in_any_field_is_refused():
    (problem,) = problems_of(spec(vpcId="<vpc-id>"))
    assert problem == 'vpcId is the placeholder "<vpc-id>", as in the documentation: put the value itself in its place'


def test_no_stack_frame_of_a_refusal_holds_the_spec():
    with pytest.raises(SpecError) as caught:
        check_spec(spec(adminInfo={"userId": "a", "userPw": "hunter2pass"}))
    trace = caught.value.__traceback__
    while trace := trace.tb_next:
        assert "hunter2pass" not in repr(trace.tb_frame.f_locals)

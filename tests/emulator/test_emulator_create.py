"""Creating clusters: the rules for the body, and what a GET returns afterwards."""

from __future__ import annotations

import json

import pytest

PLACEHOLDER = "<base_64_string>"


def with_passwords(request, password):
    return json.loads(json.dumps(request, ensure_ascii=False).replace(PLACEHOLDER, password))


@pytest.mark.parametrize(
    "name",
    ["create-request-1-hive-job.json", "create-request-2-spark-job.json", "create-request-3-mysql-metastore.json"],
)
def test_the_vendors_examples_are_accepted_with_real_passwords(api, example, b64, name):
    request = with_passwords(example(name), b64("hello"))
    response = api.call("POST", json=request)
    assert response.status_code == 200, response.text
    assert response.json() == {"id": response.json()["id"], "name": request["name"], "status": "Initializing"}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("create-request-1-hive-job.json", "adminInfo.userPw"),
        ("create-request-3-mysql-metastore.json", "hiveDbInfo.userPw"),
    ],
)
def test_the_placeholder_in_the_vendors_examples_is_refused(api, example, name, field):
    message = api.refusal(example(name))
    assert message == f"{field} must be Base64"


def test_a_get_returns_what_the_first_example_requested(api, clock, example, b64):
    request = with_passwords(example("create-request-1-hive-job.json"), b64("hello"))
    details = api.get(api.create(request))
    assert details["adminInfo"] == {"userId": "admin_user"}
    assert details["config"] == request["config"]
    assert details["userTask"] == {**request["userTask"], "logUrl": details["userTask"]["logUrl"]}
    assert details["userTask"]["logUrl"].endswith("/user-bucket/HadoopEco/hive-job-cluster")
    assert details["dataCatalogInfo"]["catalogId"] == request["dataCatalog"]["catalogId"]
    assert set(details["dataCatalogInfo"]) == {
        *("metastoreUri", "catalogId", "catalogName", "vpcId", "vpcName", "subnetId", "subnetName"),
    }
    assert len(details["securityGroupIds"]) == 1
    assert "hiveDbInfo" not in details


def test_a_get_returns_what_the_third_example_requested(api, example, b64):
    request = with_passwords(example("create-request-3-mysql-metastore.json"), b64("hello"))
    details = api.get(api.create(request))
    assert details["config"]["configFileUrl"] == request["config"]["configFileUrl"]
    assert set(details["config"]) == {"hdfsBlockSize", "hdfsReplication", "configFileUrl"}
    assert set(details["hiveDbInfo"]) == {"objectId", "subnetId", "name", "host", "port", "dbName", "userId"}
    assert details["hiveDbInfo"]["dbName"] == "meta_db"
    assert details["adminInfo"] == {"userId": details["owner"]}


def test_a_get_has_the_documented_fields_in_order_without_those_that_are_absent(api, clock, running):
    assert list(api.get(running)) == [
        *("id", "name", "owner", "clusterType", "clusterVersion", "isHa", "isScalable", "status", "apiKeyStatus"),
        *("masterCnt", "workerCnt", "nodeCnt", "vpcId", "subnetId", "securityGroupIds", "keypairName", "monitoring"),
        *("imageName", "nameNodeUrl", "resourceManagerUrl", "hueUrl", "createdAt", "runningAt", "elapsedTime"),
        *("totalVmUptime", "masterInfo", "workerInfo", "adminInfo", "config"),
    ]


@pytest.mark.parametrize(
    ("cluster_type", "urls"),
    [
        ("hadoop", {"nameNodeUrl", "resourceManagerUrl", "hueUrl"}),
        ("hbase", {"nameNodeUrl", "resourceManagerUrl", "hueUrl", "hmasterUrl"}),
        ("trino", {"nameNodeUrl", "resourceManagerUrl", "hueUrl", "trinoUrl"}),
        ("dataflow", {"nameNodeUrl", "resourceManagerUrl", "druidUrl", "supersetUrl"}),
        ("something-new", {"nameNodeUrl", "resourceManagerUrl"}),
    ],
)
def test_a_cluster_has_the_web_pages_of_its_type_once_it_runs(api, clock, body, cluster_type, urls):
    cluster_id = api.create(body(clusterType=cluster_type))
    assert not [field for field in api.get(cluster_id) if field.endswith("Url")]
    clock.advance(330)
    assert {field for field in api.get(cluster_id) if field.endswith("Url")} == urls


@pytest.mark.parametrize(("is_ha", "masters"), [(True, 3), (False, 1)])
def test_a_high_availability_cluster_has_three_masters(api, body, is_ha, masters):
    item = api.item(api.create(body(isHa=is_ha)))
    assert (item["masterCnt"], item["workerCnt"], item["nodeCnt"]) == (masters, 3, masters + 3)


def test_redis_ids_default_to_zero_and_one(api, body):
    details = api.get(api.create(body(redisInfo={"objectId": "object-1"})))
    assert (details["redisInfo"]["dbIdSupersetCelery"], details["redisInfo"]["dbIdSupersetResults"]) == (0, 1)
    assert set(details["redisInfo"]) == {
        *("objectId", "name", "subnetId", "primaryEndpoint", "readEndpoint", "clusterEnabled", "port"),
        *("dbIdSupersetCelery", "dbIdSupersetResults"),
    }


@pytest.mark.parametrize("spelling", ["dataCatalogInfo", "dataCatalog"])
def test_both_spellings_of_the_data_catalog_are_understood(api, body, spelling):
    details = api.get(api.create(body(**{spelling: {"catalogId": "catalog-1"}})))
    assert details["dataCatalogInfo"]["catalogId"] == "catalog-1"


@pytest.mark.parametrize("spelling", ["fileUrl", "configFileUrl"])
def test_both_spellings_of_the_config_file_are_understood(api, body, spelling):
    details = api.get(api.create(body(config={spelling: "https://example.com/c.json"})))
    assert details["config"]["configFileUrl"] == "https://example.com/c.json"


def test_both_spellings_at_once_are_refused(api, body):
    catalog = {"catalogId": "c"}
    message = api.refusal(
        body(dataCatalog=catalog, dataCatalogInfo=catalog, config={"fileUrl": "u", "configFileUrl": "u"})
    )
    assert "dataCatalogInfo" in message
    assert "config.configFileUrl" in message


def test_a_name_in_use_is_a_conflict_until_its_cluster_is_terminated(api, clock, body):
    cluster_id = api.create(body())
    conflict = api.call("POST", json=body())
    assert conflict.status_code == 409
    api.delete(cluster_id)
    assert api.call("POST", json=body()).status_code == 409
    clock.advance(90)
    assert api.create(body()) != cluster_id
    assert [item["name"] for item in api.items()] == ["etl", "etl"]


def test_the_name_of_a_loaded_cluster_is_in_use_too(emulator, api, body):
    emulator.load(
        [{"id": "a", "name": "etl", "status": "Running"}, {"id": "b", "name": "old", "status": "Terminated(User)"}]
    )
    assert api.call("POST", json=body()).status_code == 409
    assert api.call("POST", json=body(name="old")).status_code == 200


@pytest.mark.parametrize(
    "field",
    [
        *("name", "clusterType", "clusterVersion", "isHa", "keypairName", "vpcId", "subnetId", "masterFlavorName"),
        *("masterVolumeSize", "workerFlavorName", "workerVolumeSize", "workerCnt", "monitoring", "config"),
    ],
)
def test_each_required_field_is_required(api, body, field):
    assert api.refusal(body() | {field: None}) == f"{field} is required"


@pytest.mark.parametrize("field", ["hdfsReplication", "hdfsBlockSize"])
def test_each_required_setting_is_required(api, body, field):
    assert api.refusal(body(config={field: None})) == f"config.{field} is required"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 5}, "name must be a string"),
        ({"name": " "}, "name must not be empty"),
        ({"isHa": "true"}, "isHa must be true or false"),
        ({"monitoring": 1}, "monitoring must be true or false"),
        ({"workerCnt": True}, "workerCnt must be an integer"),
        ({"workerCnt": 3.0}, "workerCnt must be an integer"),
        ({"workerCnt": "3"}, "workerCnt must be an integer"),
        ({"workerCnt": 0}, "workerCnt must be at least 1"),
        ({"workerCnt": 1}, "workerCnt (1) must not be less than config.hdfsReplication (2)"),
        ({"workerCnt": 10**6}, "workerCnt must be at most 1000"),
        ({"masterVolumeSize": -5}, "masterVolumeSize must be at least 1"),
        ({"workerVolumeSize": 2**40}, "workerVolumeSize must be at most 2147483647"),
        ({"securityGroupName": None}, "securityGroupIds or securityGroupName is required"),
        (
            {"securityGroupName": None, "securityGroupIds": []},
            "securityGroupIds or securityGroupName is required",
        ),
        ({"securityGroupIds": "a"}, "securityGroupIds must be a list of strings"),
        ({"securityGroupName": None, "securityGroupIds": [1]}, "securityGroupIds must be a list of strings"),
        ({"adminInfo": "admin"}, "adminInfo must be an object"),
        ({"adminInfo": {"userPw": "비밀"}}, "adminInfo.userPw must be Base64"),
        ({"adminInfo": {"userPw": "abc"}}, "adminInfo.userPw must be Base64"),
        ({"adminInfo": {"userPw": 5}}, "adminInfo.userPw must be a string"),
        ({"config": {"hdfsReplication": 0}}, "config.hdfsReplication must be at least 1"),
        ({"config": {"userScript": "#!/bin/bash"}}, "config.userScript must be Base64"),
        ({"userTask": {"type": "pig", "terminationPolicy": "never"}}, "userTask.type must be one of hive, spark"),
        ({"userTask": {"type": "hive"}}, "userTask.terminationPolicy is required"),
        (
            {"userTask": {"type": "hive", "terminationPolicy": "NEVER"}},
            "userTask.terminationPolicy must be one of never, onSuccess, always",
        ),
        (
            {"userTask": {"type": "spark", "terminationPolicy": "never", "deployMode": "yarn"}},
            "userTask.deployMode must be one of cluster, client",
        ),
        ({"hiveDbInfo": {"objectId": "o", "dbName": "d", "userId": "u"}}, "hiveDbInfo.userPw is required"),
        ({"dataCatalogInfo": {}}, "dataCatalogInfo.catalogId is required"),
        ({"redisInfo": {}}, "redisInfo.objectId is required"),
        ({"redisInfo": {"objectId": "o", "dbIdSupersetCelery": 16}}, "redisInfo.dbIdSupersetCelery must be at most 15"),
        (
            {"redisInfo": {"objectId": "o", "dbIdSupersetResults": -1}},
            "redisInfo.dbIdSupersetResults must be at least 0",
        ),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_with_that_rule(api, body, changes, message):
    assert api.refusal(body(**changes)) == message
    assert api.items() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "config.configText must be Base64-encoded JSON"),
        ("[]", "config.configText must be Base64-encoded JSON: an object with a list named configurations"),
        (
            '{"configurations": {}}',
            "config.configText must be Base64-encoded JSON: an object with a list named configurations",
        ),
        (
            '{"configurations": [{"properties": {}}]}',
            "config.configText must have a classification and a properties object in each of its configurations",
        ),
    ],
)
def test_a_config_text_that_is_not_a_configuration_is_refused(api, body, b64, text, message):
    assert api.refusal(body(config={"configText": b64(text)})) == message


def test_a_config_text_that_is_not_base64_is_refused(api, body):
    text = '{"configurations": []}'
    assert api.refusal(body(config={"configText": text})) == "config.configText must be Base64"


@pytest.mark.parametrize("name", ["config-text-core-site.json", "config-file-user-env.json"])
def test_the_vendors_configurations_are_accepted_as_config_text(api, body, example, b64, name):
    text = b64(json.dumps(example(name)))
    assert api.get(api.create(body(config={"configText": text})))["config"]["configText"] == text


def test_every_problem_is_reported_at_once(api, body):
    message = api.refusal(body(name=None, workerCnt=1, userTask={"type": "pig"}, adminInfo={"userPw": "?"}))
    assert [problem.split()[0] for problem in sorted(message.split("; "))] == [
        *("adminInfo.userPw", "name", "userTask.terminationPolicy", "userTask.type", "workerCnt"),
    ]


def test_a_refusal_never_repeats_a_password(api, body):
    text = api.refusal(body(adminInfo={"userPw": "open sesame!"}, hiveDbInfo={"userPw": "open sesame!"}))
    assert "sesame" not in text


def test_null_is_the_same_as_absent_for_an_optional_field(api, body):
    optional = ("adminInfo", "userTask", "hiveDbInfo", "dataCatalogInfo", "redisInfo", "securityGroupIds")
    assert api.call("POST", json=body() | dict.fromkeys(optional)).status_code == 200


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "5", '{"a": NaN}', "[" * 100_000, '{"name": "\\ud800"}'])
def test_a_body_that_is_not_a_json_object_is_refused(api, content):
    response = api.call("POST", data=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["message"] in ("the body is not JSON", "the body must be a JSON object")


def test_a_body_that_is_not_utf_8_is_refused(api):
    response = api.call("POST", data='{"name": "한글"}'.encode("euc-kr"), headers={"Content-Type": "application/json"})
    assert response.status_code == 400


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_must_be_declared_as_json(api, body, content_type):
    response = api.call("POST", data=json.dumps(body()), headers={"Content-Type": content_type})
    assert response.status_code == 400
    assert "Content-Type" in response.json()["message"]


def test_a_charset_after_the_content_type_is_accepted(api, body):
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    assert api.call("POST", data=json.dumps(body()), headers=headers).status_code == 200


def test_korean_names_are_returned_unchanged(api, body):
    cluster_id = api.create(body(name="추천-배치-01"))
    assert api.item(cluster_id)["name"] == "추천-배치-01"
    assert api.get(cluster_id)["name"] == "추천-배치-01"

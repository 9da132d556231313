"""The console's words and the documentation's placeholders."""

from __future__ import annotations

import pytest

from heco_jupyter.api.model.fields import BY_PATH
from heco_jupyter.api.spec.vocabulary import documentation_placeholder, wire_word


@pytest.mark.parametrize(
    ("field", "written", "word"),
    [
        ("clusterType", "Core Hadoop", "hadoop"),
        ("clusterType", "core-hadoop", ""),
        ("clusterType", "Hadoop", "hadoop"),
        ("clusterType", "HBase", "hbase"),
        ("clusterType", "Trino", "trino"),
        ("clusterType", "hadoop", ""),
        ("clusterType", "flink", ""),
        ("clusterType", "Custom", ""),
        ("clusterVersion", "Hadoop Eco 2.2.0", "hde-2.2.0"),
        ("clusterVersion", "HDE-2.1.0", "hde-2.1.0"),
        ("clusterVersion", "hde 2.0.1", "hde-2.0.1"),
        ("clusterVersion", "2.2.0", "hde-2.2.0"),
        ("clusterVersion", "hde-9.9.9", ""),
        ("clusterVersion", "next", ""),
        ("name", "Core Hadoop", ""),
    ],
)
def test_the_consoles_words_lead_to_the_apis_and_unknown_ones_are_left_alone(field, written, word):
    assert wire_word(BY_PATH[field], written) == word


@pytest.mark.parametrize(
    ("text", "placeholder"),
    [
        ("<base_64_string>", "<base_64_string>"),
        (" <키 페어> ", "<키 페어>"),
        ("https://objectstorage.{리전명}.kakaocloud.com/v1/x", "{리전명}"),
        ("s3a://{bucket-name}/x", "{bucket-name}"),
        ("https://x/v1/{프로젝트 아이디}/y", "{프로젝트 아이디}"),
        ("https://objectstorage.<region>.kakaocloud.com/x", "<region>"),
        ("https://x/${user.name}/y", ""),
        ("hdfs://nn/logs/{a,b}/*.gz", ""),
        ("${fs.defaultFS}", ""),
        ("a <b> c", ""),
        ("select {x}", ""),
        ("etl-{x}", ""),
    ],
)
def test_a_placeholder_is_a_word_in_brackets_or_in_the_braces_of_a_url(text, placeholder):
    assert documentation_placeholder(text) == placeholder

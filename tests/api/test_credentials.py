"""Where the keys and the endpoint come from, in which order, and what is refused."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from heco_jupyter.api.credentials import resolve
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import DEFAULT_ENDPOINT, Credentials, check_endpoint
from heco_jupyter.errors import CredentialsError

if TYPE_CHECKING:
    from pathlib import Path

PROFILES = """
[default]
credential_id = "default-id"
credential_secret = "default-secret"

[profile.team]
endpoint = "https://team.example.com"
credential_id = "team-id"
credential_secret = "team-secret"
"""
HECO = {"HECO_CREDENTIAL_ID": "heco-id", "HECO_CREDENTIAL_SECRET": "heco-secret"}
TERRAFORM = {
    "KAKAOCLOUD_APPLICATION_CREDENTIAL_ID": "terraform-id",
    "KAKAOCLOUD_APPLICATION_CREDENTIAL_SECRET": "terraform-secret",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(PROFILES)
    path.chmod(0o600)
    return path


def resolved(config: Path, environ: dict[str, str] | None = None, **arguments):
    access = resolve(environ=environ or {}, config_file=config, **arguments)
    return access.credentials.id, access.credentials.secret.reveal(), access.endpoint


def refusal(config: Path, environ: dict[str, str] | None = None, **arguments) -> str:
    with pytest.raises(CredentialsError) as caught:
        resolve(environ=environ or {}, config_file=config, **arguments)
    return str(caught.value)


def test_arguments_come_first(config):
    given = {"credential_id": "my-id", "credential_secret": Secret("my-secret"), "endpoint": "https://mine.example.com"}
    environ = HECO | {"HECO_ENDPOINT": "https://env.example.com"}
    assert resolved(config, environ, **given) == ("my-id", "my-secret", "https://mine.example.com")


def test_a_profile_named_in_the_call_comes_second_with_its_own_endpoint(config):
    environ = HECO | {"HECO_ENDPOINT": "https://env.example.com"}
    assert resolved(config, environ, profile="team") == ("team-id", "team-secret", "https://team.example.com")


def test_the_environment_comes_third(config):
    environ = HECO | TERRAFORM | {"HECO_PROFILE": "team", "HECO_ENDPOINT": "https://env.example.com/"}
    assert resolved(config, environ) == ("heco-id", "heco-secret", "https://env.example.com")


def test_the_profile_that_the_environment_names_comes_fourth(config):
    assert resolved(config, TERRAFORM | {"HECO_PROFILE": "team"}) == (
        "team-id",
        "team-secret",
        "https://team.example.com",
    )


def test_the_keys_of_the_terraform_provider_come_fifth(config):
    assert resolved(config, TERRAFORM) == ("terraform-id", "terraform-secret", DEFAULT_ENDPOINT)


def test_the_default_profile_comes_last(config):
    assert resolved(config) == ("default-id", "default-secret", DEFAULT_ENDPOINT)


def test_the_endpoint_of_a_profile_is_not_used_with_other_keys(config):
    config.write_text(PROFILES.replace("[default]", '[default]\nendpoint = "https://other.example.com"'))
    assert resolved(config, HECO)[2] == DEFAULT_ENDPOINT
    assert resolved(config)[2] == "https://other.example.com"


def test_without_any_keys_two_lines_name_the_two_ways_to_connect(tmp_path):
    text = refusal(tmp_path / "none.toml")
    assert len(text.splitlines()) == 2
    assert "%heco login" in text
    assert "%heco connect --local" in text


@pytest.mark.parametrize("name", sorted(HECO | TERRAFORM))
def test_one_half_of_a_pair_of_keys_is_refused_and_the_other_is_named(tmp_path, name):
    pair = HECO if name in HECO else TERRAFORM
    (missing,) = set(pair) - {name}
    assert f"{missing} is not" in refusal(tmp_path / "none.toml", {name: "x"})


def test_one_half_of_a_pair_in_the_arguments_is_not_completed_from_elsewhere(config):
    assert "credential_secret is not" in refusal(config, HECO, credential_id="mine")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused_with_the_chmod_that_fixes_it(config, mode):
    config.chmod(mode)
    assert f"chmod 600 {config}" in refusal(config)


def test_a_file_that_is_not_needed_is_not_checked(config):
    config.chmod(0o644)
    assert resolved(config, HECO)[0] == "heco-id"


def test_an_unknown_profile_is_answered_with_the_nearest_one(config):
    assert "did you mean team?" in refusal(config, profile="taem")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[default", "not valid TOML"),
        ('[default]\ncredential_idd = "x"', "did you mean credential_id?"),
        ("[default]\ncredential_id = 5", "not text"),
        ('[default]\ncredential_id = "x"', "credential_secret is not"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(config, text, words):
    config.write_text(text)
    assert words in refusal(config)


def test_an_error_in_the_file_does_not_show_its_secrets(config):
    config.write_text('[default]\ncredential_secret = "canary-in-toml\n')
    assert "canary" not in refusal(config)


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com", "http://127.0.0.1:8765", "http://localhost:1", "http://[::1]:9", "https://h:8443/gw"],
)
def test_a_safe_endpoint_is_accepted(url):
    assert check_endpoint(url + "/") == url


def test_an_endpoint_may_end_in_the_prefix_of_the_api():
    assert check_endpoint(f"{DEFAULT_ENDPOINT}/v2/hadoop-eco/") == DEFAULT_ENDPOINT


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "ftp://x",
        "api.example.com",
        "",
        "https://",
        "https://user:pw@api.example.com",
        "https://api.example.com/?a=b",
        "https://api.example.com/#x",
        "https://a b",
        "https://[::1",
        "https://x:port",
    ],
)
def test_an_unsafe_endpoint_is_refused_and_its_password_not_shown(url):
    with pytest.raises(CredentialsError) as caught:
        check_endpoint(url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("secret", ["", " x", "x\n", "비밀", "a\x00b"])
def test_an_impossible_secret_is_refused_and_not_shown(secret):
    with pytest.raises(CredentialsError) as caught:
        Credentials("id", Secret(secret), "the test")
    assert not secret.strip() or secret not in str(caught.value)


def test_credentials_show_no_secret_and_only_a_part_of_the_id():
    credentials = Credentials("AKID0123456789abc", Secret("canary-secret"), "the test")
    shown = f"{credentials!r} {credentials} {credentials.secret!r} {credentials.secret:>30}"
    assert "canary" not in shown
    assert "AKID0123456789abc" not in shown
    assert "AKID…abc" in shown


def test_credentials_cannot_be_pickled_or_copied():
    credentials = Credentials("some-id", Secret("canary-secret"), "the test")
    for duplicate in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            duplicate(credentials)
    with pytest.raises(TypeError):
        vars(credentials.secret)

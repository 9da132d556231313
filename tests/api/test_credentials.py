"""Where the keys and the endpoint come from, in which order, and what is refused."""

from __future__ import annotations

import copy
import os
import pickle
import socket
from pathlib import Path

import pytest

from heco_jupyter.api.credentials import resolve
from heco_jupyter.api.display.masking import MASK, Secret, mask
from heco_jupyter.api.model.access import DEFAULT_ENDPOINT, Credentials, check_endpoint
from heco_jupyter.errors import CredentialsError

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


def test_a_named_profile_without_an_endpoint_uses_the_default_url_and_not_that_of_the_environment(config):
    environ = {"HECO_ENDPOINT": "https://env.example.com", "HECO_PROFILE": "team"}
    assert resolved(config, environ, profile="default") == ("default-id", "default-secret", DEFAULT_ENDPOINT)


ENDPOINT = {"HECO_ENDPOINT": "https://env.example.com"}


@pytest.mark.parametrize(
    ("environ", "source"), [({}, "profile 'default'"), ({"HECO_PROFILE": "team"}, "profile 'team'")]
)
@pytest.mark.parametrize("endpoint", ["https://env.example.com", "https://team.example.com", DEFAULT_ENDPOINT])
def test_an_endpoint_from_the_environment_never_takes_a_profiles_keys(config, environ, source, endpoint):
    text = refusal(config, environ | {"HECO_ENDPOINT": endpoint})
    for named in ("HECO_ENDPOINT", source, str(config), "unset HECO_ENDPOINT", "HECO_CREDENTIAL_ID"):
        assert named in text
    assert "secret'" not in text


def test_an_endpoint_from_the_environment_takes_keys_from_there_and_from_arguments(config):
    assert resolved(config, ENDPOINT | HECO)[::2] == ("heco-id", "https://env.example.com")
    assert resolved(config, ENDPOINT | TERRAFORM)[::2] == ("terraform-id", "https://env.example.com")
    given = {"credential_id": "my-id", "credential_secret": Secret("my-secret")}
    assert resolved(config, ENDPOINT, **given)[::2] == ("my-id", "https://env.example.com")


def test_an_empty_variable_counts_as_unset(config):
    empty = dict.fromkeys([*HECO, *TERRAFORM, "HECO_PROFILE", "HECO_ENDPOINT"], "")
    assert resolved(config, empty) == ("default-id", "default-secret", DEFAULT_ENDPOINT)


@pytest.mark.parametrize("environ", [{}, {"HECO_PROFILE": "default"}, ENDPOINT])
def test_an_endpoint_in_the_call_takes_the_keys_of_a_profile_that_has_no_endpoint(config, environ):
    assert resolved(config, environ, endpoint="https://mine.example.com")[::2] == (
        "default-id",
        "https://mine.example.com",
    )


def test_an_endpoint_in_the_call_takes_the_keys_of_a_profile_that_has_another_only_when_that_is_named_too(config):
    environ = {"HECO_PROFILE": "team"}
    text = refusal(config, environ, endpoint="https://mine.example.com")
    for named in ("https://mine.example.com", "profile 'team'", "--profile team"):
        assert named in text
    mine = {"endpoint": "https://mine.example.com", "profile": "team"}
    assert resolved(config, environ, **mine)[::2] == ("team-id", "https://mine.example.com")
    assert resolved(config, environ, endpoint="https://team.example.com/")[0] == "team-id"


def test_keys_and_a_profile_in_one_call_are_refused_since_each_names_keys(config):
    assert "both given" in refusal(config, credential_id="a", credential_secret=Secret("b"), profile="team")


@pytest.mark.parametrize("given", [{"profile": ""}, {"profile": " "}, {"endpoint": ""}, {"credential_id": ""}])
def test_an_empty_argument_is_refused_and_not_replaced(config, given):
    assert next(iter(given)) in refusal(config, HECO, **given)


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


def test_a_file_with_a_byte_order_mark_is_read(config):
    config.write_text(PROFILES, "utf-8-sig")
    assert resolved(config)[0] == "default-id"


def make_pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


NOT_FILES = {
    "a pipe": (make_pipe, "is not a regular file"),
    "a directory": (lambda path: path.mkdir(0o700), "is a directory"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    "a terminal": (lambda path: path.symlink_to("/dev/tty"), "config.toml"),
    "a socket": (make_socket, "cannot be read"),
    "a loop": (lambda path: path.symlink_to(path), "cannot be read"),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", NOT_FILES)
def test_a_file_that_is_not_regular_is_refused_at_once(tmp_path, monkeypatch, kind):
    make, words = NOT_FILES[kind]
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    make(Path("config.toml"))
    assert words in refusal(Path("config.toml"))


def test_a_link_to_ones_own_file_is_followed(config, tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(config)
    assert resolved(link)[0] == "default-id"


def test_a_file_of_another_user_is_refused(config, monkeypatch):
    # Another user's file cannot be made without being root, another user can.
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "belongs to another user" in refusal(config)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_that_was_given_to_another_user_is_refused(config):
    os.chown(config, 12345, 12345)
    assert "belongs to another user" in refusal(config)


@pytest.mark.parametrize("size", [2**20 + 1, 2**40])
def test_a_file_that_is_too_large_is_refused_by_the_bytes_that_are_read(config, size):
    os.truncate(config, size)
    assert "more than 1 MiB" in refusal(config)


def test_a_file_of_a_megabyte_is_read(config):
    config.write_text(f"{PROFILES}#".ljust(2**20))
    assert resolved(config)[0] == "default-id"


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
        ("profile = 5", "profile is not a section"),
        ("default = 5", "default is not a section"),
        ("[profile]\nteam = 5", "team is not a section"),
        ("[default]\ntimezone = 'Asia/Soul'", "no access key"),
        ("[default]\ncredential_id = 'a'\ncredential_secret = 'b'\ntimezone = 'Asia/Soul'", "no time zone"),
        ("[default]\ncredential_id = 'a'\ncredential_secret = 'b'\nlanguage = 'de'", "language is en or ko"),
        ("[default]\ncredential_id = 'a'\ncredential_secret = 'b'\nlanguage = ''", "language is en or ko"),
        (f"[default]\ncredential_id = {'9' * 5000}", "too long or nested too deep"),
        (f"[default]\ncredential_id = {'[' * 5000}", "not valid TOML"),
        ("credential_id = 'a'", "put a line [default] above"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(config, text, words):
    config.write_text(text)
    assert words in refusal(config)


@pytest.mark.parametrize("content", [PROFILES.encode("utf-16"), b"[default]\n# \xff", b"\xef\xbb"])
def test_a_file_in_another_encoding_is_explained(config, content):
    config.write_bytes(content)
    assert "not UTF-8 text" in refusal(config)


def test_a_section_that_lacks_the_word_profile_is_explained(config):
    config.write_text(PROFILES.replace("[profile.team]", "[team]"))
    assert "write [profile.team] in place of [team]" in refusal(config, profile="team")


def test_a_profile_can_set_a_time_zone_and_a_language(config):
    config.write_text(f'{PROFILES}timezone = "Asia/Seoul"\nlanguage = "ko"\n')
    access = resolve(environ={}, config_file=config, profile="team")
    assert (access.timezone, access.language) == ("Asia/Seoul", "ko")
    access = resolve(environ=HECO, config_file=config)
    assert (access.timezone, access.language) == (None, None)


def test_without_a_home_folder_there_is_no_file(monkeypatch):
    monkeypatch.setattr(Path, "expanduser", lambda self: (_ for _ in ()).throw(RuntimeError("no home")))
    with pytest.raises(CredentialsError, match="no access key"):
        resolve(environ={})
    assert resolve(environ=HECO).credentials.id == "heco-id"


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
        "user:pw@api.example.com",
        "ftp://user:pw@api.example.com",
        "https://user:pw@[api.example.com",
        "http://api.example.com pw@",
        "api.example.com?token=pw",
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


PASTED = {
    "line break": ["{}\n", "\n{}", "{}\r\n", "ab\n{}"],
    "space": [" {}", "{} ", "\t{}", "{}\xa0", "ab {}"],
    "quotation mark": ['"{}"', "'{}'", "`{}`", "\u201c{}\u201d", '{}"', "'{}"],
    "U+FEFF": ["\ufeff{}"],
    "U+200B": ["{}\u200b", "ab\u200b{}"],
    "U+0000": ["ab\x00{}"],
    "letters that no key has": ["{}비", "é{}"],
    "is empty": [" ", "\n"],
}


@pytest.mark.parametrize("half", ["id", "secret"])
@pytest.mark.parametrize(("fault", "pasted"), [(fault, text) for fault, texts in PASTED.items() for text in texts])
def test_a_badly_pasted_key_is_refused_with_its_name_and_its_fault_but_not_its_value(half, fault, pasted):
    halves = {"id": "good-id", "secret": "good-secret", half: pasted.format("canary0123")}
    with pytest.raises(CredentialsError) as caught:
        Credentials(halves["id"], Secret(halves["secret"]), "the test")
    text = str(caught.value)
    assert f"the access key's {half}, from the test, " in text
    assert fault in text
    assert "canary" not in text
    assert "é" not in text


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


def test_an_id_is_masked_if_it_is_long_enough():
    Credentials("AKID-canary-id-0000000001", Secret("canary-secret"), "the test")
    assert mask("no such id: AKID-canary-id-0000000001") == f"no such id: {MASK}"
    Credentials("local", Secret("canary-secret"), "the test")
    assert mask("the local emulator") == "the local emulator"


def test_credentials_cannot_be_pickled_or_copied():
    credentials = Credentials("some-id", Secret("canary-secret"), "the test")
    for duplicate in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            duplicate(credentials)
    with pytest.raises(TypeError):
        vars(credentials.secret)

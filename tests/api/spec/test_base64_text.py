"""What becomes of a text where the API wants Base64: every form of Base64, and what only looks like it."""

from __future__ import annotations

import base64
import gzip
import json
import textwrap
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import base64_of

from heco_jupyter.api.model.fields import Encoded
from heco_jupyter.api.spec.base64_text import encode, encoding_of

SCRIPT = "#!/bin/bash\necho 안녕하세요 여러분\u3000🎉 '\x1b[31m'\nls -la /tmp >> /var/log/x~\n"
SETTINGS = json.dumps({"configurations": [{"classification": "core-site", "properties": {"a": "값 >>>???"}}]})


def of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def wrapped(text: str, columns: int = 76) -> str:
    return "\n".join(textwrap.wrap(text, columns)) + "\n"


def certutil(text: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{wrapped(text, 64)}-----END CERTIFICATE-----\n"


CONTENTS = {
    "UTF-8": SCRIPT.encode(),
    "a byte order mark": SCRIPT.encode("utf-8-sig"),
    "cp949": "#!/bin/bash\necho 안녕하세요 여러분, 반갑습니다\n".encode("cp949"),
    "UTF-16": SCRIPT.encode("utf-16"),
    "gzip": gzip.compress(SCRIPT.encode()),
    "emoji alone": "👩‍👩‍👧🎉🎉🎉🎉".encode(),
    "Base64 once more": of(SCRIPT.encode()).encode(),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize(
    "form", [str, wrapped, lambda text: f"  {text}\n", certutil], ids=["", "76", "spaces", "BEGIN"]
)
def test_base64_of_a_script_is_never_encoded_again_whatever_it_holds(content, form):
    found = encoding_of(form(of(content)), Encoded.SCRIPT)
    assert (found.problem, found.was_text) == ("", False)
    assert base64.b64decode(found.encoded, validate=True) == content


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("form", [str, wrapped, certutil], ids=["", "76", "BEGIN"])
def test_base64_of_settings_is_left_alone_in_any_encoding(encoding, form):
    content = json.dumps(json.loads(SETTINGS), ensure_ascii=False).encode(encoding)
    found = encoding_of(form(of(content)), Encoded.CONFIG)
    assert (found.problem, base64.b64decode(found.encoded)) == ("", content)


@pytest.mark.parametrize(("kind", "text"), [(Encoded.SCRIPT, SCRIPT + "~"), (Encoded.CONFIG, SETTINGS + " ")])
@pytest.mark.parametrize(
    ("form", "said"),
    [
        (lambda text: base64_of(text).rstrip("="), "its = at the end"),
        (lambda text: base64.urlsafe_b64encode(text.encode()).decode(), "URL-safe"),
        (lambda text: certutil(base64_of(text)), "BEGIN and END"),
        (lambda text: " ".join(certutil(base64_of(text)).split("\n")), "BEGIN and END"),  # as YAML folds it
        (lambda text: f"data:text/plain;base64,{base64_of(text)}", "something around"),
    ],
)
def test_what_is_almost_base64_is_put_right_and_said(kind, text, form, said):
    found = encoding_of(form(text), kind)
    assert base64.b64decode(found.encoded, validate=True).decode() == text
    assert any(said in note for note in found.notes), found.notes


DAMAGED = {
    "cut": lambda text: text[: len(text) // 4 * 4 - 3],
    "a shell's %": lambda text: f"{text}%",
    "quotes": lambda text: f"'{text}'",
    "a zero-width space": lambda text: f"{text[:20]}\u200b{text[20:]}",
    "a written newline": lambda text: f"{text[:20]}\\n{text[20:]}",
    "two joined": lambda text: f"{of(b'#!/bin/bash -x')}\n{text}",
    "no END line": lambda text: f"-----BEGIN CERTIFICATE-----\n{text}",
    "no BEGIN line": lambda text: f"{text}\n-----END CERTIFICATE-----",
    "both alphabets": lambda text: f"{text[:20]}+-{text[22:]}",
    "an ellipsis": lambda text: f"{text[:38]}…",
    "percent signs": lambda text: quote(f"{text.rstrip('=')}=", safe=""),
    "too much padding": lambda text: f"{text.rstrip('=')}===",
    "a word in front": lambda text: f"Base64: {text}",
    "cut lines": lambda text: f"{text[:30]}\n{text[30 : len(text) // 4 * 4 - 3]}",
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize(("kind", "text"), [(Encoded.SCRIPT, SCRIPT), (Encoded.CONFIG, SETTINGS)])
def test_damaged_base64_is_named_and_never_encoded_again(kind, text, damage):
    found = encoding_of(damage(base64_of(text)), kind)
    assert "Base64" in found.problem
    assert not found.encoded


@pytest.mark.parametrize("text", ["echo é", "date", "#!/bin/sh\n", "sleep 5", "안녕\n", SCRIPT])
def test_unpadded_base64_that_is_cut_is_told_by_the_bits_that_are_left(text):
    unpadded = base64_of(text).rstrip("=")
    for cut in (unpadded[:-1], unpadded[:-2]):
        found = encoding_of(cut, Encoded.SCRIPT)
        is_whole = of(base64.b64decode(f"{cut}===")).rstrip("=") == cut if len(cut) % 4 != 1 else False
        assert not found.was_text
        assert found.problem or is_whole


@pytest.mark.parametrize(
    "text", ["YQ==%", "ZGF0ZQ==.", "aGk＝", "YQ%3D%3D", "(aGk=)", "IyEvYmluL2Jhc2gK;", "44CA7KC E6rCBCg==", "YQ==="]
)
def test_short_base64_with_something_that_does_not_belong_there_is_never_encoded(text):
    assert "Base64" in encoding_of(text, Encoded.SCRIPT).problem


@pytest.mark.parametrize("text", [f'"{base64_of(SETTINGS)}"', '"date"', "5", "true"])
def test_json_that_is_no_settings_is_not_encoded_as_some(text):
    assert "nor Base64 of JSON" in encoding_of(text, Encoded.CONFIG).problem


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("form", ['"{}"', "'{}'\n", "b'{}'", "`{}`", "base64:{}", "base64, {}"])
def test_what_stands_around_base64_is_named_whatever_it_holds(content, form):
    problem = encoding_of(form.format(of(content)), Encoded.SCRIPT).problem
    assert "looks like Base64, but" in problem
    assert "does not belong there" in problem


@pytest.mark.parametrize(
    "text", ["date", "true", "ls", "uname", "reboot", "poweroff", "apt-get", "/usr/local/bin/bootstrap", "/sbin/init"]
)
def test_one_word_that_could_be_either_is_refused_with_the_way_out(text):
    found = encoding_of(text, Encoded.SCRIPT)
    assert "!base64 TEXT" in found.problem
    assert base64.b64decode(encoding_of(encode(text), Encoded.SCRIPT).encoded).decode() == text


@pytest.mark.parametrize(
    "text",
    [
        "echo hi",
        "kill 1234",
        "date\ntrue\n",
        "./run.sh",
        "sh /opt/KakaoCloud/scripts/setup",
        "apt update\napt upgrade\napt autoremove\n",
        f"echo {base64_of(SCRIPT)} | base64 -d > /tmp/x\n",
        "cat > /tmp/x.pem <<END\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\nEND\n",
        "FOO=bar",
        "PATHS=.",
        "run --all=",
        "export JAVA_HOME=/usr/lib/jvm/java-11-openjdk\n",
        "export CLASSPATH=/usr/share/java/lib\n",
        "export A_SECRET_KEY=abcdefghijklmnop\n",
        '"date"',
    ],
)
def test_a_script_that_only_has_letters_of_base64_is_a_script(text):
    found = encoding_of(text, Encoded.SCRIPT)
    assert found.was_text
    assert base64.b64decode(found.encoded).decode() == text


def test_windows_line_ends_of_a_text_are_turned_and_said_and_in_base64_only_named():
    text = "#!/bin/bash\r\necho hi\r\n"
    turned, named = encoding_of(text, Encoded.SCRIPT), encoding_of(base64_of(text), Encoded.SCRIPT)
    assert base64.b64decode(turned.encoded) == b"#!/bin/bash\necho hi\n"
    assert base64.b64decode(named.encoded) == text.encode()
    assert all("CRLF" in found.notes[0] for found in (turned, named))


@pytest.mark.parametrize("password", ["hunter2\n", "hello \r\n", "비밀번호\n"])
@pytest.mark.parametrize("form", [base64_of, lambda text: certutil(base64_of(text)), encode])
def test_a_password_that_ends_in_a_newline_is_refused_with_printf_as_the_way(password, form):
    found = encoding_of(form(password), Encoded.PASSWORD)
    assert "printf" in found.problem
    assert "newline" in found.problem


@pytest.mark.parametrize("password", ["hunter2", "비밀번호!", "a\u3000b", "👩‍👩‍👧", "\u200bx", " x "])
@pytest.mark.parametrize("form", [base64_of, lambda text: certutil(base64_of(text)), encode])
def test_base64_of_any_other_password_is_left_alone(password, form):
    found = encoding_of(form(password), Encoded.PASSWORD)
    assert (found.problem, base64.b64decode(found.encoded).decode()) == ("", password)


@pytest.mark.parametrize(
    "text", ["hunter2", "date", base64_of("hunter2").rstrip("="), of(b"\xff\xfe\x00"), of(b"a\x00b")]
)
def test_a_password_is_never_guessed_at(text):
    assert "!secret NAME" in encoding_of(text, Encoded.PASSWORD).problem


@given(st.text(min_size=1), st.sampled_from(list(Encoded)))
def test_any_text_is_encoded_as_it_is_or_left_alone_or_refused(text, kind):
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    found = encoding_of(text, kind)
    if found.problem:
        assert not found.encoded
    elif found.was_text:
        assert base64.b64decode(found.encoded).decode() == text.removeprefix("\ufeff").replace("\r\n", "\n")
    elif not found.notes:
        assert found.encoded == "".join(text.split())


@given(st.binary(min_size=18), st.sampled_from([str, wrapped, certutil]))
def test_long_base64_of_anything_is_never_taken_for_a_script(content, form):
    found = encoding_of(form(of(content)), Encoded.SCRIPT)
    assert not found.was_text
    assert found.problem or base64.b64decode(found.encoded) == content


@pytest.mark.parametrize(
    "text", ["a" * 250_000, "A=" + "b" * 250_000, "{" * 250_000, "x =" * 80_000, " " * 250_000 + "x"]
)
@pytest.mark.parametrize("kind", Encoded)
def test_a_large_text_is_decided_on_as_any_other(text, kind):
    assert encoding_of(text, kind) == encoding_of(text, kind)

"""Secrets are found in whatever form a server or a library repeats them, and words that were no secrets are not."""

from __future__ import annotations

import base64
import copy
import html
import json
import pickle
import threading
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SPEC, spec

from heco_jupyter.api.display.masking import MASK, Hidden, Secret, mask, remember
from heco_jupyter.api.spec.checking import check_spec, try_spec
from heco_jupyter.errors import SpecError


def as_json_in_html(text: str) -> str:
    """Encode as servers do that keep JSON safe inside HTML: <, >, & and ' as escapes too."""
    encoded = json.dumps(text)[1:-1]
    for character in "<>&'":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return encoded


FORMS = {
    "itself": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON of characters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON inside HTML": as_json_in_html,
    "JSON inside HTML, upper case": lambda text: as_json_in_html(text).replace("\\u003c", "\\u003C"),
    "JSON with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON inside JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "HTML": html.escape,
    "HTML in decimals": lambda text: html.escape(text, quote=False).replace("'", "&#39;").replace('"', "&#034;"),
    "HTML in upper case": lambda text: html.escape(text).replace("&#x27;", "&#X27;"),
    "HTML with an apostrophe by name": lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    "HTML of HTML": lambda text: html.escape(html.escape(text)),
    "HTML for ASCII": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "a URL": quote,
    "a part of a URL": lambda text: quote(text, safe=""),
    "a form": quote_plus,
    "a URL in lower case": lambda text: percent(text, str.lower),
    "a URL in mixed case": lambda text: percent(text, str.swapcase),
    "a URL of a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "Python": lambda text: repr(text)[1:-1],
    "Python's bytes": lambda text: repr(text.encode())[2:-1],
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "Base64 in a URL": lambda text: quote_plus(base64.b64encode(text.encode()).decode()),
    "Base64 in JSON for HTML": lambda text: as_json_in_html(base64.b64encode(text.encode()).decode()),
}


def percent(text: str, case) -> str:
    """Encode for a URL, with the hexadecimal digits in a case that `case` makes of upper case."""
    return "".join(part if part == character else case(part) for character in text for part in [quote_plus(character)])


AWKWARD = (
    "tiger&<scott>'\"/+=% \\x",
    "한글 비밀번호 & é😀",
    "line one\nline two\ttabbed",
    "plainpassword01",
    "&amp;&#x27;%2F\\u0026",
    "\\\\\\\\server\\share",
    "++++ ++++ //// ====",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", AWKWARD)
def test_a_secret_is_masked_in_every_form(secret, form):
    assert mask(f"before {FORMS[form](secret)} after", also=[secret]) == f"before {MASK} after"


def is_a_secret(text: str) -> bool:
    """Return whether a text can be typed, and is not what masks show in its place."""
    return text.isprintable() and text not in MASK


@given(st.text(min_size=4, max_size=40).filter(is_a_secret), st.sampled_from(sorted(FORMS)))
def test_any_secret_is_masked_in_every_form(secret, form):
    encoded = FORMS[form](secret)
    assert encoded not in mask(f"before {encoded} after", also=[secret])


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
def test_a_secret_is_masked_inside_the_base64_of_a_longer_text(before, after):
    secret = "tiger&scott-0123"
    encoded = base64.b64encode(b"x" * before + secret.encode() + b"y" * after).decode()
    masked = mask(encoded, also=[secret])
    assert MASK in masked
    assert len(masked.replace(MASK, "")) <= 2 * (before + after) + 4  # what is around it, and at most a bit of its ends


def test_a_secret_that_holds_another_is_masked_whole():
    remember("inner-0a1b2c")
    remember("outer-inner-0a1b2c-outer")
    assert mask("outer-inner-0a1b2c-outer, inner-0a1b2c") == f"{MASK}, {MASK}"


def test_what_is_masked_once_is_not_masked_again():
    assert mask("another-word", also=["another-word"]) == MASK
    assert mask("another-word") == "another-word"


def test_short_texts_are_left_alone():
    assert mask("abc abc", also=["abc"]) == "abc abc"


def test_a_secret_of_half_a_character_is_no_reason_to_fail():
    Secret("\udcff\udcfe-half-a-character")
    assert mask("\udcff\udcfe-half-a-character") == MASK


def test_secrets_that_other_threads_bring_are_masked_from_the_moment_they_are_there():
    failed = []

    def use(number: int) -> None:
        for turn in range(50):
            secret = f"thread-{number}-{turn}-x"
            remember(secret)
            if secret in mask(f"before {secret} after"):
                failed.append(secret)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_a_text_made_to_make_the_search_slow_does_not():
    nasty = ["\\" * 60, '"\\' * 40, "&amp;" * 40, "%25" * 40, "'''' " * 20]
    started = time.process_time()
    for text in ("\\" * 20_000, "&amp;" * 5_000, "%25" * 8_000, '\\"' * 10_000):
        mask(f"{text}!", also=nasty)
    assert time.process_time() - started < 5


def test_a_long_script_is_masked_in_the_usual_forms():
    script = "\n".join(f"echo 'line {number} & more' > /dev/null" for number in range(200))
    for form in ("itself", "JSON", "JSON of characters", "a URL", "HTML"):
        assert mask(f"before {FORMS[form](script)} after", also=[script]) == f"before {MASK} after"


# Passwords in specs


def refused(**fields) -> str:
    refusal = try_spec(spec(**fields))
    assert isinstance(refusal, SpecError)
    return str(refusal)


@pytest.mark.parametrize("password", ["hadoop", "Running", "<hadoop>"])
def test_a_password_that_was_refused_masks_its_word_while_that_is_told_and_no_longer(password):
    told = refused(adminInfo={"userId": "a", "userPw": password}, clusterVersion=[password], isHa=password)
    assert password not in told
    assert "userPw" in told
    assert mask(f"the cluster {password} is here") == f"the cluster {password} is here"


def test_a_password_of_a_spec_that_was_refused_for_something_else_is_not_remembered_either():
    encoded = base64.b64encode(b"tomorrow").decode()
    assert "tomorrow" not in refused(adminInfo={"userId": "a", "userPw": encoded}, isHa="tomorrow")
    assert mask("tomorrow") == "tomorrow"


def test_a_password_that_was_accepted_stays_masked():
    encoded = base64.b64encode(b"hunter2-accepted").decode()
    check_spec(SPEC | {"adminInfo": {"userId": "a", "userPw": encoded}})
    assert mask(f"{encoded} hunter2-accepted") == f"{MASK} {MASK}"


def test_a_refused_password_does_not_mask_its_word_in_later_cells(notebook, emulator):
    lines = "\n".join(f"{name}: {json.dumps(value)}" for name, value in SPEC.items() if name != "name")
    cell = f"%%heco_create\nname: first\n{lines}\nadminInfo: {{userId: admin, userPw: hadoop}}"
    assert "userPw is not Base64" in notebook.refusal(cell)
    assert "there is no cluster hadoop" in notebook.refusal("%heco show hadoop").replace("'", "")


# What holds them


def test_a_hidden_text_is_a_text_whose_repr_does_not_show_it():
    text = Hidden("canary-hidden")
    assert text == "canary-hidden"
    assert f"{text}" == "canary-hidden"
    assert "canary" not in f"{text!r} {[text]} { ({'key': text}) }"


def test_a_secret_is_not_pickled_or_copied():
    for escape in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            escape(Secret("canary-secret"))

"""A cluster's status: an open vocabulary, read as a head and an optional reason in parentheses."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from heco_jupyter.api.display.markup import Tone


class Scaling(Enum):
    """In which direction a cluster is being scaled, as far as its status says."""

    OUT = "out"
    IN = "in"
    UNKNOWN = "unknown"


class _Phase(Enum):
    """What a status amounts to."""

    RUNNING = "running"
    BUSY = "busy"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    FAILED = "failed"


# Every head that is known, in lower case: those of the vendor's pages, and their plain synonyms. Heads that speak of
# scaling (`Scaling`, `Scaling-out`, `Resizing`) or of failure (`InstallFailed`) are known by the patterns below.
_RUNNING = "running"
_COMING_UP = frozenset({"initializing", "pending", "processing", "creating", "provisioning", "installing", "starting"})
_TERMINATED = ("terminated", "deleted")
_TERMINATING = ("terminat", "delet")  # `Terminating`, `Deleting`, `TerminationRequested`

# The patterns are for words in lower case with one space between them, `ScaleOut` and `SCALE_OUT` being `scale out`.
_HARMLESS = re.compile(  # what contains such a word and says the opposite, or something else
    r"\b(?:no|not|non|zero|0|without|without any) (?:errors?|fail(?:ed|ures?))\b|\berrors? (?:none|0)\b"
    r"|\bfail(?:ed|ing)? ?(?:over|back|safe)\b"
    r"|(?:오류|에러|실패|장애) ?(?:없음|없이|0)|장애 ?(?:조치|복구)|(?:중지|중단|정지|취소) ?중"
)
_FAILURE = re.compile(
    r"fail|error|\berr\b|stopped|abort(?!ing)|cancell?ed|crash|unhealthy|degraded|broken|fatal|exception|invalid"
    r"|abnormal|\bfault(?:s|y|ed)?\b(?! toler)|corrupt|unreachable|defunct"
    r"|rejected|killed|\bdead\b|suspended|paused|halted|shut ?(?:off|down)|time[ds]? ?out|^stop$"
    r"|오류|에러|실패|장애|비정상|중지|중단|정지|취소"
)
_SCALING = re.compile(r"(?<!\be)scal(?!ab)|resiz|\b(?:expand|shrink)|증설|확장|축소|감축|스케일|크기 ?조정")
_SCALING_OUT = re.compile(r"scal(?:e|ed|ing)? ?out(?![a-z])|증설|스케일 ?아웃")
_PERHAPS_IN = re.compile(r"scal(?:e|ed|ing)? ?in(?![a-z])|축소|감축|스케일 ?인")
# `scaling in` may be the start of `scaling in progress`: only what can follow a direction makes it one.
_SCALING_IN = re.compile(
    r"scal(?:e|ed|ing)? ?in(?=$| (?:\d|in\b|by\b|from\b|to\b|of\b|worker|node|vm|request|start|pend|accept|complet))"
    r"|scal(?:e|ed|ing)? ?in ?(?=[가-힣])|축소|감축|스케일 ?인(?![가-힣])"
)

_LONGEST_KEPT = 100  # characters of a status whose meaning is remembered


class _Meaning(NamedTuple):
    """A status, read."""

    head: str
    reason: str
    phase: _Phase
    scaling: Scaling | None
    is_known: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What a status text means.

    The head decides, in any case. `Running` is ready, unless its reason speaks of scaling, which is a transition, or of
    failure, which is a failure. `Terminated` is final, whatever its reason. `Failed`, `Error`, `Stopped` and their like
    are failures, with or without a reason; so are known heads whose reason is one, such as `Initializing(Error)`.
    Everything else, known or not, is in transition.

    Parameters
    ----------
    text
        The API's own words, such as `Terminated(User)`; None or empty when the API gave none.
    """

    text: str | None

    @property
    def head(self) -> str:
        """The word before the parentheses."""
        return self._meaning.head

    @property
    def reason(self) -> str:
        """What the parentheses hold, or an empty string."""
        return self._meaning.reason

    @property
    def is_running(self) -> bool:
        """Whether the cluster is up and nothing is under way."""
        return self._meaning.phase is _Phase.RUNNING

    @property
    def is_terminated(self) -> bool:
        """Whether the cluster is gone for good."""
        return self._meaning.phase is _Phase.TERMINATED

    @property
    def is_terminating(self) -> bool:
        """Whether the cluster is being terminated."""
        return self._meaning.phase is _Phase.TERMINATING

    @property
    def is_failed(self) -> bool:
        """Whether the cluster has failed or was stopped, so that it will not run by itself, or not as it should."""
        return self._meaning.phase is _Phase.FAILED

    @property
    def is_busy(self) -> bool:
        """Whether the cluster is in transition."""
        return self._meaning.phase in (_Phase.BUSY, _Phase.TERMINATING)

    @property
    def is_known(self) -> bool:
        """Whether the head is one whose meaning is known; any other is taken for a transition."""
        return self._meaning.is_known

    @property
    def scaling(self) -> Scaling | None:
        """The direction of the scaling under way, `Scaling.UNKNOWN` where the status does not say it, None without any.

        It is a direction only where the words leave no doubt: `Scaling In Progress` is not one.
        """
        return self._meaning.scaling

    @property
    def speaks_of_failure(self) -> bool:
        """Whether the head or the reason speaks of failure, as that of `Terminated(Error)` does."""
        return _speaks_of_failure(_words(self.head)) or _speaks_of_failure(_words(self.reason))

    @property
    def tone(self) -> Tone:
        """The colour of the state."""
        return _TONES[self._meaning.phase]

    @property
    def mark(self) -> str:
        """One character for the state, which is never told by colour alone."""
        return _MARKS[self._meaning.phase]

    @property
    def _meaning(self) -> _Meaning:
        text = self.text if isinstance(self.text, str) else ""
        return _remembered(text) if len(text) <= _LONGEST_KEPT else _read(text)


_TONES = {
    _Phase.RUNNING: Tone.GOOD,
    _Phase.BUSY: Tone.WARNING,
    _Phase.TERMINATING: Tone.WARNING,
    _Phase.TERMINATED: Tone.FAINT,
    _Phase.FAILED: Tone.BAD,
}
_MARKS = {
    _Phase.RUNNING: "●",
    _Phase.BUSY: "◐",
    _Phase.TERMINATING: "◐",
    _Phase.TERMINATED: "✕",
    _Phase.FAILED: "!",
}


def _read(text: str) -> _Meaning:
    head, reason = _parts(text)
    name, words, reason_words = head.casefold(), _words(head), _words(reason)
    scales = _SCALING.search(words) is not None
    is_known = name == _RUNNING or name in _COMING_UP or scales
    phase, scaling = _Phase.BUSY, None
    if name.startswith(_TERMINATED):
        phase, is_known = _Phase.TERMINATED, True
    elif _speaks_of_failure(words) or (is_known and _speaks_of_failure(reason_words)):
        phase, is_known = _Phase.FAILED, True
    elif name.startswith(_TERMINATING):
        phase, is_known = _Phase.TERMINATING, True
    elif scales or (is_known and _SCALING.search(reason_words)):
        scaling = _direction(f"{words} {reason_words}".strip())
    elif name == _RUNNING:
        phase = _Phase.RUNNING
    return _Meaning(head, reason, phase, scaling, is_known)


_remembered = lru_cache(maxsize=256)(_read)  # a fleet has few statuses, and each is judged many times


def _parts(text: str) -> tuple[str, str]:
    """Return head and reason; a text whose parentheses do not close at its end is all head."""
    text = text.strip()
    head, opening, rest = text.partition("(")
    if not opening:
        return text, ""
    reason, closing, after = rest.rpartition(")")
    return (text, "") if after or not closing or ")" in head else (head.strip(), reason)


def _words(text: str) -> str:
    """Return the words of a text in lower case, one space between them."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text))
    return " ".join(re.findall(r"[^\W_]+", spaced.casefold()))


def _speaks_of_failure(words: str) -> bool:
    return _FAILURE.search(_HARMLESS.sub(" ", words)) is not None


def _direction(words: str) -> Scaling:
    if _SCALING_OUT.search(words):
        return Scaling.UNKNOWN if _PERHAPS_IN.search(words) else Scaling.OUT
    return Scaling.IN if _SCALING_IN.search(words) else Scaling.UNKNOWN

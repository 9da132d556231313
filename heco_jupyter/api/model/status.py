"""A cluster's status: an open vocabulary, read as a head and an optional reason in parentheses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from heco_jupyter.api.display.markup import Tone

_FORM = re.compile(r"\s*([^()]*?)\s*(?:\((.*)\))?\s*", re.DOTALL)
_SCALING = re.compile(r"scal|resiz|증설|축소", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Status:
    """What a status text means.

    The head decides, in any case: `Running` is ready unless its reason speaks of scaling, `Terminated` is final, and
    everything else, known or not, is in transition.

    Parameters
    ----------
    text
        The API's own words, such as `Terminated(User)`; None or empty when the API gave none.
    """

    text: str | None

    @property
    def head(self) -> str:
        """The word before the parentheses."""
        return self._parts()[0]

    @property
    def reason(self) -> str:
        """What the parentheses hold, or an empty string."""
        return self._parts()[1]

    @property
    def is_running(self) -> bool:
        """Whether the cluster is up and nothing is under way."""
        return self.head.lower() == "running" and not _SCALING.search(self.reason)

    @property
    def is_terminated(self) -> bool:
        """Whether the cluster is gone for good."""
        return self.head.lower().startswith("terminated")

    @property
    def is_terminating(self) -> bool:
        """Whether the cluster is being terminated."""
        return not self.is_terminated and self.head.lower().startswith(("terminat", "delet"))

    @property
    def is_busy(self) -> bool:
        """Whether the cluster is in transition."""
        return not (self.is_running or self.is_terminated)

    @property
    def tone(self) -> Tone:
        """The colour of the state."""
        return Tone.GOOD if self.is_running else Tone.FAINT if self.is_terminated else Tone.WARNING

    @property
    def mark(self) -> str:
        """One character for the state, which is never told by colour alone."""
        return "●" if self.is_running else "✕" if self.is_terminated else "◐"

    def _parts(self) -> tuple[str, str]:
        match = _FORM.fullmatch(self.text or "")
        return (match[1], match[2] or "") if match else (self.text or "", "")

"""The documented Hadoop Eco Open API, served over real HTTP on loopback with no cloud behind it.

Use it to try things without a cluster, in notebooks that must run anywhere, and in tests. It implements the vendor's
documentation and shares no code with the client, so a mistake in one of them shows as a disagreement.

>>> from heco_jupyter.emulator import Emulator
>>> with Emulator(seed="empty") as emulator:
...     emulator.url.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

from heco_jupyter.emulator.emulator import Emulator
from heco_jupyter.emulator.faults import Fault
from heco_jupyter.emulator.request_log import RecordedRequest

__all__ = ["Emulator", "Fault", "RecordedRequest"]

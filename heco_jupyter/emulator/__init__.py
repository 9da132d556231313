"""The documented Hadoop Eco Open API over real HTTP on loopback, with no cloud behind it.

For trying things without a cluster, for notebooks that must run anywhere, and for tests. It is written from the
vendor's page alone and shares no code with the client, so that the two can disagree.

>>> from heco_jupyter.emulator import Emulator
>>> with Emulator(seed="empty") as emulator:
...     emulator.url.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

from heco_jupyter.emulator.emulator import Emulator
from heco_jupyter.emulator.faults import Fault
from heco_jupyter.emulator.recorder import RecordedRequest

__all__ = ["Emulator", "Fault", "RecordedRequest"]

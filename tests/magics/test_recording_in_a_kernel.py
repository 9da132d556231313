"""`%heco record` in a real kernel: what it tells stays at its cell, and it ends with the kernel."""

from __future__ import annotations

import time
from queue import Empty

import pytest
from jupyter_client.manager import start_new_kernel
from support import cluster_row, until

from heco_jupyter.emulator import Emulator, Fault

SET_UP = """
%load_ext heco_jupyter
import heco_jupyter
_ = heco_jupyter.connect({0.url!r}, {0.credential_id!r}, {0.credential_secret!r})
"""


@pytest.mark.slow
def test_a_failure_is_told_once_at_the_cell_that_records_and_the_recording_ends_with_the_kernel(tmp_path):
    with Emulator(seed="empty") as emulator:
        emulator.load([cluster_row(1)])
        manager, client = start_new_kernel(kernel_name="python3")
        try:
            shown, place = [], None

            def run(code):
                client.execute_interactive(code, output_hook=shown.append, timeout=60)

            def told():
                try:
                    while True:
                        shown.append(client.get_iopub_msg(timeout=0.05))
                except Empty:
                    pass
                updates = [m["content"] for m in shown if m["msg_type"] == "update_display_data"]
                return [update for update in updates if update["transient"]["display_id"] == place]

            run(SET_UP.format(emulator))
            run(f"%heco record {tmp_path}/h --every 1s")
            (place,) = [m["content"]["transient"]["display_id"] for m in shown if m["msg_type"] == "display_data"]
            emulator.faults.add(Fault(status=500))
            until(told)
            emulator.faults.clear()
            run("1 + 1")  # another cell
            until(lambda: len(told()) > 1)
            failed, healed = (update["data"]["text/plain"] for update in told())
            assert "500" in failed
            assert "the recording works again" in healed
            assert not [m for m in shown if m["msg_type"] in ("stream", "error")]
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
        emulator.clear_requests()
        time.sleep(1.5)
        assert not emulator.requests

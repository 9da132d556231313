"""The names, addresses and ids of VMs. They depend on the cluster alone, so a seed always gives the same ones."""

from __future__ import annotations

import uuid
import zlib

from heco_jupyter.emulator.model import Vm

# 10.0.0.1 to 10.0.255.254, without the first and the last address of each /24. The step is coprime to their number,
# so that addresses are scattered and do not repeat.
_ADDRESSES = 256 * 254
_STEP = 7919


def make_vm(
    cluster_id: str,
    cluster_name: str,
    *,
    index: int,
    isMaster: bool,
    flavorName: str,
    ordinal: int,
    createdAt: int,
    runningAt: int,
    floatingIp: str | None = None,
) -> Vm:
    """Return a new VM.

    Parameters
    ----------
    cluster_id, cluster_name
        The cluster of the VM.
    index
        Its number among the masters or among the workers, starting at 1.
    ordinal
        How many VMs the cluster has had before. It keeps their addresses distinct.
    isMaster, flavorName, createdAt, runningAt, floatingIp
        As in the API and in `Vm`.
    """
    name = f"Hadoop{'MST' if isMaster else 'WRK'}-{cluster_name}-{index}"
    return Vm(
        name=name,
        instanceId=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{cluster_id}/{ordinal}/{name}")),
        index=index,
        isMaster=isMaster,
        flavorName=flavorName,
        ip=_address(cluster_id, ordinal),
        createdAt=createdAt,
        runningAt=runningAt,
        floatingIp=floatingIp,
    )


def _address(cluster_id: str, ordinal: int) -> str:
    number = (zlib.crc32(cluster_id.encode()) + ordinal * _STEP) % _ADDRESSES
    return f"10.0.{number // 254}.{number % 254 + 1}"

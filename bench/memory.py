"""How much memory a process took, file-backed pages included."""

from __future__ import annotations

from pathlib import Path


def peak_bytes() -> int:
    """The most so far. `ru_maxrss` begins with the peak of whoever started the process, so Linux is
    asked for the process's own."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    import resource  # which Windows has not

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

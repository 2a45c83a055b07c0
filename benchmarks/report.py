"""Figures → docs/benchmarks.md. Every sentence with a number in it is made from the figures of one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.machine import describe
from benchmarks.systems import REPO, SYSTEM_CORE, System

TARGET = REPO / "docs" / "benchmarks.md"

INTRODUCTION = """# Benchmarks

Written by `python -m benchmarks.gateway`; run it to have the figures of your own machine (`--quick` is quicker).
How it measures, and what it leaves out, is in [benchmarks/README.md](../benchmarks/README.md).

"""
KINDS = {
    "clean": "Requests of 2 KB with nothing personal in them",
    "values": "Requests of 2 KB with a mobile number and a mail address, new ones in every request",
}


def write(systems: Sequence[System], figures: Mapping[str, Sequence[Any]], seconds: float) -> None:
    labels = {system.name: system.label for system in systems}
    core = "one core, load and origin on another" if SYSTEM_CORE is not None else "all cores, shared with the load"
    parts = [INTRODUCTION, f"Machine: {describe()} Each system had {core}; {seconds:g} s a measurement.\n"]
    parts += [_loads(labels, figures["loads"], kind, title) for kind, title in KINDS.items()]
    parts += [_streams(labels, figures["streams"]), _memory(labels, figures["memory"]), _aims(figures)]
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("\n".join(parts))
    print(f"wrote {TARGET.relative_to(REPO)}")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _loads(labels: Mapping[str, str], loads: Sequence[Any], kind: str, title: str) -> str:
    rows = []
    for name, label in labels.items():
        mine = [one for one in loads if (one.system, one.kind) == (name, kind)]
        if mine:
            cells = [f"{one.per_second:,.0f} · {one.p50_ms:.2f} · {one.p99_ms:.2f}" for one in mine]
            failures = sum(one.failures for one in mine)
            rows.append([label, *cells, f"{mine[-1].cpu_ms:.2f}" if mine[-1].cpu_ms else "–", str(failures)])
    concurrencies = sorted({one.concurrency for one in loads})
    head = ["system", *(f"{c} at once: req/s · p50 · p99 ms" for c in concurrencies), "CPU ms/request", "failed"]
    note = "CPU counts all processes of the system (workers, Valkey, supervisor) at the highest concurrency.\n"
    return f"## {title}\n\n{_table(head, rows)}\n{note}"


def _streams(labels: Mapping[str, str], streams: Sequence[Any]) -> str:
    rows = []
    for name, label in labels.items():
        mine = [one for one in streams if one.system == name]
        if mine:
            rows.append([label, *(f"{one.first_ms:.2f} · {one.p50_ms:.3f} · {one.p99_ms:.3f}" for one in mine)])
    head = ["system", *(f"{n} at once: first · p50 · p99 ms" for n in sorted({one.streams for one in streams}))]
    note = (
        "An event every 5 ms on each stream. `first`: from sending the request to the first event. `p50`, `p99`: "
        "from the moment when the origin wrote an event to the moment when the client had it.\n"
    )
    return f"## Streams\n\n{_table(head, rows)}\n{note}"


def _memory(labels: Mapping[str, str], memory: Sequence[Any]) -> str:
    rows = [[labels[one.system], f"{one.started_mib:.0f}", f"{one.after_mib:.0f}"] for one in memory if one.after_mib]
    table = _table(["system", "MiB after start", "MiB after the run"], rows)
    return f"## Memory\n\n{table}\nAll processes of the system, shared pages counted once.\n"


def _aims(figures: Mapping[str, Sequence[Any]]) -> str:
    loads = {(one.system, one.kind, one.concurrency): one for one in figures["loads"]}
    streams = {(one.system, one.streams): one for one in figures["streams"]}
    rows = []
    bare = loads.get(("mitm", "clean", 1))
    for name in ("mitm-rules", "asgi-rules"):
        for kind in KINDS:
            one = loads.get((name, kind, 1))
            if one and bare:
                rows.append(
                    [f"{name}, {kind}: p50 above bare mitmproxy", "≤ 1 ms", f"{one.p50_ms - bare.p50_ms:+.2f} ms"]
                )
            best = max((o.per_second for (s, k, _), o in loads.items() if (s, k) == (name, kind)), default=0.0)
            if best:
                rows.append([f"{name}, {kind}: on one core", "≥ 1,000 req/s", f"{best:,.0f} req/s"])
        added, direct = streams.get((name, 1)), streams.get(("direct", 1))
        if added and direct:
            rows.append([f"{name}: added to an event", "≤ 0.2 ms", f"{added.p50_ms - direct.p50_ms:+.3f} ms"])
            rows.append([f"{name}: added to the first event", "–", f"{added.first_ms - direct.first_ms:+.2f} ms"])
    return f"## Beside the aims\n\n{_table(['what', 'aim', 'measured'], rows)}"

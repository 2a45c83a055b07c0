from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from detectors import batch
from detectors.packs.detector import RuleDetector
from detectors.paths import RULES
from detectors.types import DetectorError
from gateway.commands.detect import detect

LINES = [
    {"id": 1, "text": "请发到zhang@example.com联系我", "lang": "zh"},
    {"id": "b", "text": "nothing here"},
    {"id": None, "text": "pay 4111111111111111 to 13800138000"},
    {"text": "😀 11010519491231002X"},
]


def run(lines: list[bytes], detector: RuleDetector, **options) -> tuple[list[dict], list[str], batch.Totals]:
    output, complaints = io.BytesIO(), []
    totals = batch.run(lines, output, [detector], batch.Options(**options), complaints.append)
    return [json.loads(line) for line in output.getvalue().splitlines()], complaints, totals


def test_same_order_with_code_points(detector: RuleDetector) -> None:
    result, complaints, totals = run([json.dumps(line).encode() for line in LINES], detector)
    assert complaints == []
    assert [item["id"] for item in result] == [1, "b", None, None]
    values = [
        [line["text"][f["start"] : f["end"]] for f in item["findings"]]
        for line, item in zip(LINES, result, strict=True)
    ]
    assert values == [["zhang@example.com"], [], ["4111111111111111", "13800138000"], ["11010519491231002X"]]
    assert totals == batch.Totals(4, 4, 0)
    assert set(result[0]["findings"][0]) == {"start", "end", "entity_type", "score", "rule"}


@pytest.mark.parametrize("bad", [b"{", b"[]", b"5", b'{"id":1}', b'{"text":5}', b"\xff", b'{"text":"a","lang":5}'])
def test_a_bad_line_is_named_without_its_text_and_costs_no_other(detector: RuleDetector, bad: bytes) -> None:
    good = json.dumps(LINES[0]).encode()
    result, complaints, totals = run([good, bad, good, b"  \n"], detector)
    assert len(result) == 2
    assert len(complaints) == 1
    assert complaints[0].startswith("line 2: ")
    assert totals.bad == 1


def test_chunks_keep_the_order(detector: RuleDetector) -> None:
    lines = [json.dumps({"id": n, "text": f"13800138000 {n}"}).encode() for n in range(batch.CHUNK_LINES * 2 + 3)]
    result, _, _ = run(lines, detector)
    assert [item["id"] for item in result] == list(range(len(lines)))
    assert all(len(item["findings"]) == 1 for item in result)


def test_scores_and_overlaps(detector: RuleDetector) -> None:
    line = [json.dumps({"id": 1, "text": "api_key: sk-abcdefghij0123456789abcdefghij01"}).encode()]
    resolved, _, _ = run(line, detector)
    everything, _, _ = run(line, detector, unresolved=True)
    nothing, _, _ = run(line, detector, min_score=0.999)
    assert len(resolved[0]["findings"]) == 1
    assert len(everything[0]["findings"]) == 2
    assert nothing[0]["findings"] == []


def test_an_error_of_a_detector_carries_no_text() -> None:
    class Broken:
        name, revision = "broken", "1"

        def find(self, text: str) -> list:
            raise ValueError(text)

    with pytest.raises(DetectorError) as caught:
        batch.run([b'{"id":1,"text":"payload"}'], io.BytesIO(), [Broken()], batch.Options(), print)
    assert "payload" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(detect)
    return app


def test_the_command_end_to_end() -> None:
    code = "import typer\nfrom gateway.commands.detect import detect\ntyper.run(detect)"
    data = json.dumps(LINES[2]).encode() + b"\nnonsense 13800138000\n"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-ner"], input=data, cwd=RULES.parent, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert b"line 2" in done.stderr
    assert b"13800138000" not in done.stderr


def test_the_command_reads_files_and_says_what_is_wrong(tmp_path, app: typer.Typer) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(json.dumps(LINES[0]).encode())
    done = CliRunner().invoke(app, [str(source), "--no-ner"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout)["findings"][0]["entity_type"] == "EMAIL_ADDRESS"
    for arguments in ([str(source), "--packs", str(tmp_path / "none")], [str(tmp_path / "missing.jsonl")]):
        done = CliRunner().invoke(app, [*arguments, "--no-ner"])
        assert done.exit_code == 2
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()

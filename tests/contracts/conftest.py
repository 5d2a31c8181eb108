"""The stores under test. `opened()` twice is what two processes see: one store, nothing else shared.

A new implementation adds itself to the parameters here, and passes all of this folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ec2kit.host.evidence import SqliteEvidence
from ec2kit.host.journal import SqliteJournal
from ec2kit.host.leases import SqliteLeases
from ec2kit.model.runs import EvidenceStore, Journal, Leases
from tests.support.evidence import MemoryEvidence
from tests.support.journals import MemoryJournal
from tests.support.leases import MemoryLeases

IMPLEMENTATIONS = ("sqlite", "memory")


@pytest.fixture(params=IMPLEMENTATIONS)
def open_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Journal]:
    memory = MemoryJournal()

    def opened() -> Journal:
        if request.param == "memory":
            return memory
        journal = SqliteJournal(tmp_path / "journal.sqlite", tmp_path / "locks")
        request.addfinalizer(journal.close)
        return journal

    return opened


@pytest.fixture(params=IMPLEMENTATIONS)
def open_leases(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Leases]:
    memory = MemoryLeases()

    def opened() -> Leases:
        if request.param == "memory":
            return memory
        leases = SqliteLeases(tmp_path / "leases.sqlite", tmp_path / "locks")
        request.addfinalizer(leases.close)
        return leases

    return opened


@pytest.fixture(params=IMPLEMENTATIONS)
def open_evidence(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], EvidenceStore]:
    memory: dict[int, MemoryEvidence] = {}

    def opened(ring: int) -> EvidenceStore:
        if request.param == "memory":
            return memory.setdefault(ring, MemoryEvidence(ring))
        evidence = SqliteEvidence(tmp_path / "evidence.sqlite", ring)
        request.addfinalizer(evidence.close)
        return evidence

    return opened

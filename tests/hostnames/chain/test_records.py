"""The chain with the other keepers of records: Knot, and Route 53 with the registry in DynamoDB; BIND has Puppet beside
it in `test_namespaces.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostnames.chain.ground import ground_of
from tests.hostnames.chain.names import reverse
from tests.hostnames.chain.town import town

pytestmark = [pytest.mark.boot, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("names", ["knot", "route53"])
def test_a_name_from_launch_to_its_end(names: str, base: Path, tmp_path: Path) -> None:
    with town(tmp_path, names, puppet=False) as made, ground_of(made, base, tmp_path / "machines") as ground:
        first = ground.launch("node-1")
        ground.check_named(first, "node-1", first.boot())

        made.terminate(first.instance)
        second = ground.launch("node-1")
        ground.check_named(second, "node-1", second.boot())
        assert made.dig(reverse(first.instance), "PTR") == ["NXDOMAIN"]

        made.terminate(second.instance)
        made.ec2kit("hostname", "gc", "--yes")
        ground.check_forgotten(second, "node-1")

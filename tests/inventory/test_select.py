"""From a selection to the sandbox's instances, in as few calls as possible."""

from __future__ import annotations

import pytest

from ec2kit.aws import Aws
from ec2kit.errors import NotFound, UsageError
from ec2kit.inventory.select import select, select_one
from ec2kit.inventory.selectors import parse
from tests.sandbox.seeded import Seeded
from tests.support.connecting import connected


@pytest.fixture(scope="module")
def sandbox() -> Seeded:
    """web-1 to web-4 (role web), `db` (role db), two machines named `twin`, and `old`, terminated."""
    seeded = Seeded()
    seeded.tick(600)
    for name, role in (("db", "db"), ("twin", "twin"), ("twin", "twin"), ("old", "web")):
        seeded.launch(name, role=role)
    seeded.tick(600)
    seeded.ec2.terminate_instances(InstanceIds=[seeded.id("old")])
    seeded.ec2.stop_instances(InstanceIds=[seeded.id("web-4")])
    seeded.tick(600)
    return seeded


@pytest.fixture(scope="module")
def aws(sandbox: Seeded) -> Aws:
    return connected(sandbox)


def names(aws: Aws, *words: str, without: tuple[str, ...] = (), terminated: bool = False) -> list[str]:
    return [each.name for each in select(aws, parse(words, without), terminated=terminated)]


@pytest.mark.parametrize(
    "words,found",
    [
        (["web-2", "web-1"], ["web-2", "web-1"]),
        (["web-*"], ["web-1", "web-2", "web-3", "web-4"]),
        (["web-[12]"], ["web-1", "web-2"]),
        (["web-?", "state:running"], ["web-1", "web-2", "web-3"]),
        (["role=web", "state:stopped"], ["web-4"]),
        (["role=db,nothing"], ["db"]),
        (["role=w*"], ["web-1", "web-2", "web-3", "web-4"]),
        (["type:t3.*", "role=db"], ["db"]),
        (["state:terminated"], ["old"]),
        (["newer:1h"], ["db", "twin", "twin"]),
        (["older:1d", "az:eu-west-1a"], ["web-1", "web-4"]),
        (["web-1", "web-*"], ["web-1", "web-2", "web-3", "web-4"]),
        (["nothing-*"], []),
        (["role=nothing"], []),
    ],
)
def test_selections(aws: Aws, words: list[str], found: list[str]) -> None:
    assert names(aws, *words) == found


def test_all_and_except(aws: Aws) -> None:
    assert names(aws, "all", without=("twin*", "web-1", "role=db")) == ["web-2", "web-3", "web-4"]


def test_ids_addresses_and_dns_names(aws: Aws, sandbox: Seeded) -> None:
    machine = sandbox.instance("web-2")

    for word in (
        machine["InstanceId"],
        machine["PrivateIpAddress"],
        machine["PublicIpAddress"],
        machine["PrivateDnsName"],
    ):
        assert names(aws, word) == ["web-2"]


def test_everything_missing_is_named(aws: Aws) -> None:
    with pytest.raises(NotFound, match="'nix', 'i-00000000000000000'"):
        select(aws, parse(["nix", "web-1", "i-00000000000000000"]))


def test_a_beginning_of_an_address_is_not_the_address(aws: Aws, sandbox: Seeded) -> None:
    address = sandbox.instance("web-1")["PrivateIpAddress"]

    with pytest.raises(NotFound):
        select(aws, parse([address + "0"]))


def test_an_ambiguous_name_lists_its_candidates(aws: Aws) -> None:
    with pytest.raises(UsageError, match=r"'twin' is ambiguous: i-\w+ \(twin, running, eu-west-1\w\), i-"):
        select(aws, parse(["twin"]))


def test_terminated_ones_are_there_by_id_and_when_asked(aws: Aws, sandbox: Seeded) -> None:
    (old,) = select(aws, parse(["old"]), terminated=True)

    assert names(aws, old.id) == ["old"]
    with pytest.raises(NotFound):
        select(aws, parse(["old"]))


def test_one_instance(aws: Aws) -> None:
    assert select_one(aws, parse(["db"])).name == "db"
    with pytest.raises(UsageError, match="one instance is wanted here, and 4 match"):
        select_one(aws, parse(["web-*"]))
    with pytest.raises(NotFound):
        select_one(aws, parse(["role=nothing"]))


@pytest.mark.parametrize(
    "words,calls", [(["role=web", "state:running"], 1), (["web-1", "web-2", "db"], 1), (["all"], 1)]
)
def test_filters_go_to_the_server(aws: Aws, sandbox: Seeded, words: list[str], calls: int) -> None:
    before = aws.calls

    select(aws, parse(words))

    assert aws.calls - before == calls

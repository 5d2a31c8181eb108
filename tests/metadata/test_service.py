"""The service over a whole machine: tokens, versions, the tree, user data."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ec2kit.metadata.authority import Authority
from ec2kit.metadata.responses import MetadataResponse
from ec2kit.metadata.service import MetadataService
from ec2kit.metadata.tokens import TokenStore
from ec2kit.metadata.tree import VERSIONS
from ec2kit.metadata.values import AccessOptions, MachineMetadata
from ec2kit.model.ids import InstanceId
from tests.metadata.machines import INTERFACE, PENDING, WEB

NOBODY = Authority("", "")
"""Enough wherever nothing is signed."""

OPEN = AccessOptions(tokens_required=False, tags_enabled=True)


class Clock:
    def __init__(self) -> None:
        self.at = PENDING

    def __call__(self) -> datetime:
        return self.at


def get(path: str, machine: MachineMetadata = WEB, **headers: str) -> MetadataResponse:
    machine = replace(machine, options=replace(machine.options, tokens_required=False))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return MetadataService(machine, NOBODY, Clock()).respond("GET", path, named)


def text(path: str, machine: MachineMetadata = WEB) -> str:
    found = get(path, machine)
    assert found.status == 200, path
    return found.body.decode()


def ask_token(service: MetadataService, ttl: str | None = "60", **headers: str) -> MetadataResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if ttl is not None:
        named["X-aws-ec2-metadata-token-ttl-seconds"] = ttl
    return service.respond("PUT", "/latest/api/token", named)


def test_a_token_opens_the_tree_until_it_expires() -> None:
    clock = Clock()
    service = MetadataService(WEB, NOBODY, clock)
    given = ask_token(service, "60")
    assert given.status == 200
    assert given.headers["X-aws-ec2-metadata-token-ttl-seconds"] == "60"
    token = {"X-Aws-Ec2-Metadata-Token": given.body.decode()}

    assert service.respond("GET", "/latest/meta-data/instance-id", token).body == WEB.instance_id.encode()
    clock.at = PENDING + timedelta(seconds=60)
    assert service.respond("GET", "/latest/meta-data/instance-id", token).status == 401


def test_without_a_token_required_ones_are_refused_and_optional_ones_are_not() -> None:
    required = MetadataService(WEB, NOBODY, Clock())
    optional = MetadataService(replace(WEB, options=OPEN), NOBODY, Clock())
    assert required.respond("GET", "/latest/meta-data/ami-id", {}).status == 401
    assert optional.respond("GET", "/latest/meta-data/ami-id", {}).status == 200
    wrong = {"x-aws-ec2-metadata-token": "wrong"}
    assert optional.respond("GET", "/latest/meta-data/ami-id", wrong).status == 401


def test_a_token_of_another_instance_is_refused() -> None:
    tokens = TokenStore()
    other = replace(WEB, instance_id=InstanceId("i-other"))
    token = ask_token(MetadataService(other, NOBODY, Clock(), tokens)).body.decode()
    mine = MetadataService(WEB, NOBODY, Clock(), tokens)
    assert mine.respond("GET", "/latest/user-data", {"x-aws-ec2-metadata-token": token}).status == 401


def test_tokens_outlive_the_service_and_a_pickle() -> None:
    tokens = TokenStore()
    token = ask_token(MetadataService(WEB, NOBODY, Clock(), tokens)).body.decode()
    again = MetadataService(WEB, NOBODY, Clock(), pickle.loads(pickle.dumps(tokens)))
    assert again.respond("GET", "/latest/user-data", {"x-aws-ec2-metadata-token": token}).status == 200


@pytest.mark.parametrize("ttl", [None, "", "0", "21601", "-5", "+5", "1.5", "ten", "٣", "9" * 5000])
def test_a_bad_ttl_is_a_bad_request(ttl: str | None) -> None:
    assert ask_token(MetadataService(WEB, NOBODY, Clock()), ttl).status == 400


@pytest.mark.parametrize("ttl", ["1", "21600"])
def test_the_ends_of_the_ttl_range_are_granted(ttl: str) -> None:
    assert ask_token(MetadataService(WEB, NOBODY, Clock()), ttl).status == 200


def test_a_forwarded_request_gets_no_token() -> None:
    assert ask_token(MetadataService(WEB, NOBODY, Clock()), X_Forwarded_For="10.0.0.1").status == 403


def test_a_disabled_endpoint_refuses_everything() -> None:
    service = MetadataService(replace(WEB, options=AccessOptions(endpoint_enabled=False)), NOBODY, Clock())
    assert ask_token(service).status == 403
    assert service.respond("GET", "/latest/meta-data/", {}).status == 403


def test_other_methods_are_refused_and_head_has_no_body() -> None:
    service = MetadataService(replace(WEB, options=OPEN), NOBODY, Clock())
    assert service.respond("POST", "/latest/meta-data/", {}).status == 405
    assert service.respond("DELETE", "/latest/user-data", {}).status == 405
    refused = service.respond("GET", "/latest/api/token", {})
    assert (refused.status, refused.headers["Allow"]) == (405, "OPTIONS, PUT")
    head = service.respond("HEAD", "/latest/meta-data/ami-id", {})
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "5")


def test_the_root_lists_the_versions_and_each_opens() -> None:
    assert text("/").split("\n") == list(VERSIONS)
    for version in VERSIONS:
        assert text(f"/{version}/meta-data/instance-id") == WEB.instance_id
        assert text(f"/{version}/") == "dynamic\nmeta-data\nuser-data"
    assert get("/2019-01-01/meta-data/").status == 404


def test_a_category_is_absent_before_its_version() -> None:
    assert get("/2021-01-03/meta-data/tags/").status == 404
    assert get("/2021-03-23/meta-data/tags/instance/Name").status == 200
    assert "network/" not in text("/2009-04-04/meta-data/").split("\n")
    assert "network/" in text("/2021-07-15/meta-data/").split("\n")


LEAVES = {
    "ami-id": "ami-1",
    "block-device-mapping/ami": "/dev/xvda",
    "block-device-mapping/ebs1": "/dev/sdf",
    "block-device-mapping/root": "/dev/xvda",
    "events/maintenance/scheduled": "[]",
    "hostname": INTERFACE.private_dns,
    "instance-type": "t3.micro",
    "local-hostname": INTERFACE.private_dns,
    "local-ipv4": "172.31.0.5",
    "mac": "02:00:00:00:00:01",
    "network/interfaces/macs/02:00:00:00:00:01/device-number": "0",
    "network/interfaces/macs/02:00:00:00:00:01/interface-id": "eni-1",
    "network/interfaces/macs/02:00:00:00:00:01/ipv4-associations/203.0.113.9": "172.31.0.5",
    "network/interfaces/macs/02:00:00:00:00:01/local-ipv4s": "172.31.0.5\n172.31.0.6",
    "network/interfaces/macs/02:00:00:00:00:01/owner-id": "123456789012",
    "network/interfaces/macs/02:00:00:00:00:01/public-ipv4s": "203.0.113.9",
    "network/interfaces/macs/02:00:00:00:00:01/security-group-ids": "sg-1\nsg-2",
    "network/interfaces/macs/02:00:00:00:00:01/subnet-ipv4-cidr-block": "172.31.0.0/20",
    "network/interfaces/macs/02:00:00:00:00:01/vpc-ipv4-cidr-blocks": "172.31.0.0/16",
    "placement/availability-zone": "eu-west-1a",
    "placement/availability-zone-id": "euw1-az1",
    "placement/region": "eu-west-1",
    "public-hostname": "ec2-203-0-113-9.eu-west-1.compute.amazonaws.com",
    "public-ipv4": "203.0.113.9",
    "public-keys/0/openssh-key": "ssh-ed25519 AAAA ops",
    "reservation-id": "r-1",
    "security-groups": "web\nadmin",
    "services/domain": "amazonaws.com",
    "services/partition": "aws",
    "tags/instance/Name": "web-1",
    "tags/instance/ec2kit:hostname": "web-1.shop.example.com",
    "tags/instance/ec2kit%3Ahostname": "web-1.shop.example.com",
}


@pytest.mark.parametrize("path, value", LEAVES.items())
def test_a_leaf_says_its_value(path: str, value: str) -> None:
    assert text(f"/latest/meta-data/{path}") == value


def walk(path: str) -> list[str]:
    """Follow the listings as a crawler does: a name that ends in a slash is a directory."""
    found: list[str] = []
    for name in text(path).split("\n"):
        if name.endswith("/"):
            found.extend(walk(path + name))
        elif "=" in name:
            found.append(f"{path}{name.partition('=')[0]}/openssh-key")
        else:
            found.append(path + name)
    return found


def test_every_listed_path_exists_and_every_known_leaf_is_listed() -> None:
    leaves = walk("/latest/meta-data/")
    assert len(leaves) == len(set(leaves))
    for leaf in leaves:
        assert get(leaf).status == 200
        assert get(leaf + "/").status == 404
    listed = {leaf.removeprefix("/latest/meta-data/") for leaf in leaves}
    assert {path for path in LEAVES if "%" not in path} <= listed


def test_a_directory_is_listed_with_and_without_its_slash() -> None:
    assert text("/latest/meta-data/placement") == text("/latest/meta-data/placement/")
    assert text("/latest/meta-data/public-keys/") == "0=ops"
    assert text("/latest/meta-data/public-keys/0/") == "openssh-key"
    assert text("/latest/meta-data/iam/security-credentials/") == "web"


def test_what_a_machine_lacks_is_not_found() -> None:
    bare = replace(
        WEB,
        key=None,
        profile=None,
        user_data=None,
        options=AccessOptions(),
        interfaces=(replace(INTERFACE, associations=(), public_dns=None),),
    )
    for path in ("iam/info", "public-keys/", "tags/", "public-ipv4", "spot/instance-action", "nonsense"):
        assert get(f"/latest/meta-data/{path}", bare).status == 404, path
    assert get("/latest/user-data", bare).status == 404
    assert text("/latest", bare) == "dynamic\nmeta-data"
    assert all(get(leaf, bare).status == 200 for leaf in ["/latest/meta-data/" + "mac"])


def test_user_data_comes_back_byte_for_byte() -> None:
    blob = bytes(range(256))
    found = get("/latest/user-data", replace(WEB, user_data=blob))
    assert (found.body, found.headers["Content-Type"]) == (blob, "application/octet-stream")


def test_the_role_shows_its_keys() -> None:
    info = json.loads(text("/latest/meta-data/iam/info"))
    assert info["InstanceProfileArn"].endswith(":instance-profile/web")
    keys = json.loads(text("/latest/meta-data/iam/security-credentials/web"))
    assert (keys["Code"], keys["AccessKeyId"], keys["Expiration"]) == (
        "Success",
        "ASIAEC2KITSANDBOX00",
        "2026-03-04T11:06:07Z",
    )

"""Metadata of the sandbox's machines, from their state."""

from __future__ import annotations

import json
import pickle
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from ec2kit.sandbox import imds
from ec2kit.sandbox.wire import Answer, Request
from tests.sandbox.seeded import Seeded


class Guest:
    """A process on one machine, which asks its metadata service."""

    def __init__(self, seeded: Seeded, instance_id: str) -> None:
        self._door = imds.door(seeded.app)
        self._base = f"/_ec2kit/imds/{instance_id}"
        self.token = ""

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._door(Request(method, self._base + path, named))

    def sign_in(self, ttl: int = 21_600) -> None:
        given = self.ask("PUT", "/latest/api/token", X_aws_ec2_metadata_token_ttl_seconds=str(ttl))
        assert given.status == 200
        self.token = given.body.decode()

    def get(self, path: str) -> str:
        found = self.ask("GET", path, X_aws_ec2_metadata_token=self.token)
        assert found.status == 200, path
        return found.body.decode()


@pytest.fixture
def seeded() -> Seeded:
    return Seeded()


def test_a_seeded_machine_reads_what_ec2_says_of_it(seeded: Seeded) -> None:
    web = seeded.instance("web-1")
    guest = Guest(seeded, web["InstanceId"])
    assert guest.ask("GET", "/latest/meta-data/instance-id").status == 401
    guest.sign_in()
    meta = "/latest/meta-data/"
    interface = web["NetworkInterfaces"][0]
    assert guest.get(meta + "ami-id") == web["ImageId"]
    assert guest.get(meta + "instance-type") == "t3.micro"
    assert guest.get(meta + "local-ipv4") == web["PrivateIpAddress"]
    assert guest.get(meta + "local-hostname") == web["PrivateDnsName"]
    assert guest.get(meta + "public-ipv4") == web["PublicIpAddress"]
    assert guest.get(meta + "public-hostname") == web["PublicDnsName"]
    assert guest.get(meta + "placement/availability-zone") == "eu-west-1a"
    assert guest.get(meta + "placement/availability-zone-id").startswith("euw1-az")
    assert guest.get(meta + "mac") == interface["MacAddress"]
    macs = f"{meta}network/interfaces/macs/{interface['MacAddress']}/"
    assert guest.get(macs + "interface-id") == interface["NetworkInterfaceId"]
    assert guest.get(macs + "subnet-id") == web["SubnetId"]
    assert guest.get(macs + "vpc-ipv4-cidr-block") == "172.31.0.0/16"
    assert guest.get(meta + "security-groups") == "web"
    assert guest.get(meta + "block-device-mapping/") == "ami\nebs1\nroot"
    assert guest.get(meta + "block-device-mapping/root") == "/dev/xvda"
    assert guest.get(meta + "block-device-mapping/ebs1") == "/dev/sdf"
    assert guest.get(meta + "public-keys/0/openssh-key").endswith(" ops")
    assert guest.get(meta + "tags/instance/role") == "web"
    assert guest.get(meta + "iam/security-credentials/") == "web"
    assert json.loads(guest.get(meta + "iam/info"))["InstanceProfileArn"] == web["IamInstanceProfile"]["Arn"]
    assert guest.get("/latest/user-data").startswith("#!/bin/sh\n")


def test_the_application_has_the_door_and_asks_for_no_token_of_its_own(seeded: Seeded) -> None:
    path = f"/_ec2kit/imds/{seeded.id('web-1')}/latest/api/token"
    given = seeded.app.answer(Request("PUT", path, {"X-aws-ec2-metadata-token-ttl-seconds": "60"}))
    assert given.status == 200
    assert given.header("X-Ec2kit-Sandbox") == "default"


def test_the_identity_document_is_signed_by_the_worlds_authority(seeded: Seeded, tmp_path: Path) -> None:
    web = seeded.instance("web-2")
    guest = Guest(seeded, web["InstanceId"])
    guest.sign_in()
    blob, certificate = tmp_path / "blob.pem", tmp_path / "certificate.pem"
    text = guest.get("/latest/dynamic/instance-identity/rsa2048")
    blob.write_text(f"-----BEGIN PKCS7-----\n{text}\n-----END PKCS7-----\n")
    certificate.write_text(imds.authority(seeded.app.world).certificate_pem)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "PEM", "-in", str(blob)]
    command += ["-certfile", str(certificate), "-CAfile", str(certificate)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=30)
    document = json.loads(done.stdout)
    assert document == json.loads(guest.get("/latest/dynamic/instance-identity/document"))
    assert document["instanceId"] == web["InstanceId"]
    assert document["privateIp"] == web["PrivateIpAddress"]
    assert document["accountId"] == "123456789012"
    assert document["architecture"] == "x86_64"
    assert document["pendingTime"] == f"{web['LaunchTime']:%Y-%m-%dT%H:%M:%SZ}"


def test_pending_time_moves_at_a_start_and_not_at_a_reboot(seeded: Seeded) -> None:
    instance_id = seeded.id("web-2")
    guest = Guest(seeded, instance_id)

    def pending_time() -> str:
        guest.sign_in()
        return str(json.loads(guest.get("/latest/dynamic/instance-identity/document"))["pendingTime"])

    before = pending_time()
    seeded.ec2.reboot_instances(InstanceIds=[instance_id])
    seeded.tick(120)
    assert pending_time() == before
    seeded.ec2.stop_instances(InstanceIds=[instance_id])
    seeded.tick(60)
    seeded.ec2.start_instances(InstanceIds=[instance_id])
    assert pending_time() == f"{seeded.now:%Y-%m-%dT%H:%M:%SZ}"


def test_only_a_living_machine_can_ask(seeded: Seeded) -> None:
    instance_id = seeded.id("web-1")
    assert Guest(seeded, "i-0123456789abcdef0").ask("GET", "/latest/meta-data/").status == 404
    seeded.ec2.stop_instances(InstanceIds=[instance_id])
    assert Guest(seeded, instance_id).ask("GET", "/latest/meta-data/").status == 404


def test_a_token_belongs_to_one_machine_ends_by_the_sandboxs_clock_and_is_saved(seeded: Seeded) -> None:
    guest, other = Guest(seeded, seeded.id("web-1")), Guest(seeded, seeded.id("web-2"))
    guest.sign_in(ttl=60)
    stolen = other.ask("GET", "/latest/meta-data/mac", X_aws_ec2_metadata_token=guest.token)
    assert stolen.status == 401

    world = seeded.app.world
    world.ledgers["imds"] = pickle.loads(pickle.dumps(imds.ledger(world)))
    assert guest.get("/latest/meta-data/mac")
    seeded.app.tick(timedelta(seconds=60))
    late = guest.ask("GET", "/latest/meta-data/mac", X_aws_ec2_metadata_token=guest.token)
    assert late.status == 401


def test_the_options_of_the_instance_hold(seeded: Seeded) -> None:
    instance_id = seeded.id("web-1")
    guest = Guest(seeded, instance_id)
    change = seeded.ec2.modify_instance_metadata_options
    change(
        InstanceId=instance_id,
        HttpTokens="optional",
        HttpEndpoint="enabled",
        InstanceMetadataTags="disabled",
    )
    assert guest.ask("GET", "/latest/meta-data/mac").status == 200
    assert guest.ask("GET", "/latest/meta-data/tags/").status == 404
    change(InstanceId=instance_id, HttpEndpoint="disabled")
    assert guest.ask("GET", "/latest/meta-data/mac").status == 403


def test_a_machine_sees_its_elastic_address_at_once(seeded: Seeded) -> None:
    instance_id = seeded.id("web-1")
    (address,) = seeded.ec2.describe_addresses(PublicIps=["203.0.113.9"])["Addresses"]
    seeded.ec2.associate_address(InstanceId=instance_id, AllocationId=address["AllocationId"])
    guest = Guest(seeded, instance_id)
    guest.sign_in()
    assert guest.get("/latest/meta-data/public-ipv4") == "203.0.113.9"


def test_a_machine_without_a_key_profile_or_user_data_says_so(seeded: Seeded) -> None:
    guest = Guest(seeded, seeded.launch("bare"))
    guest.sign_in()
    listed = guest.get("/latest/meta-data/").split("\n")
    assert not {"public-keys/", "iam/", "tags/"} & set(listed)
    missing = guest.ask("GET", "/latest/user-data", X_aws_ec2_metadata_token=guest.token)
    assert missing.status == 404

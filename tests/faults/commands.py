"""The rows of the table: each command, and the call at which a fault strikes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ADDRESS, SPARE = "203.0.113.9", "{spare}"
"""The seeded address, which web-1 has, and one that nobody has."""


@dataclass(frozen=True)
class Command:
    """What is typed, and where it is hurt. `{set}` and `{spare}` stand for what the ground has.

    `at` is the call that does the command's work, or the first one that it reads with; EC2's, unless a service stands
    before it. `things` are the faults of resources that concern it: the name of the column, and the words of
    `sandbox break`.
    """

    words: str
    at: str
    ground: str = "fleet"
    things: Mapping[str, str] = field(default_factory=dict)
    anew: bool = False
    """Whether the same words, typed again, finish what is unfinished and then do today's work as well."""
    looks: bool = False
    """Whether it changes nothing in AWS, although its call does not say so."""

    meanwhile: str = "images"
    """What it makes for a moment: restoring and replacing an image, a bundle a set."""
    rarely: bool = False
    """Whether `make deep` alone measures it again: one much like it is measured by `make test`."""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing by its nature."""
        return self.looks or self.at.startswith("Describe")

    @property
    def call(self) -> str:
        """Where the fault strikes, as `sandbox break` takes it."""
        return self.at if ":" in self.at else f"ec2:{self.at}"

    @property
    def refusal(self) -> str:
        """The code by which the call's service says that it is not permitted."""
        service = self.call.partition(":")[0]
        return {"s3": "AccessDenied", "ebs": "AccessDeniedException"}.get(service, "UnauthorizedOperation")

    @property
    def shown(self) -> str:
        """The words as the table shows them."""
        return (
            f"ec2kit {self.words}".replace("{set}", "SET")
            .replace("{spare}", "ADDRESS")
            .removesuffix(" --yes")
        )


NO_ZONE, NO_TYPE = "no capacity in the zone", "no capacity for the type"
STUCK, BAD_SNAPSHOT, RIVAL = "a stop that hangs", "a snapshot that ends in error", "a rival for the address"
NO_PLACE = "no capacity anywhere"
SHELF = "s3://backups/m"
DISK = "/dev/sdh"
"""A small volume of web-1 in the ground `images`, where there are two bundles of it in `SHELF`."""
SCARCE = {NO_ZONE: "no-capacity eu-west-1a", NO_TYPE: "no-capacity t3.micro", NO_PLACE: "no-capacity"}

COMMANDS = (
    Command("ls", "DescribeInstances"),
    Command("show web-1", "DescribeInstances"),
    Command("wait web-1 --for running", "DescribeInstances"),
    Command("tag ls web-1", "DescribeInstances"),
    Command("snapshot ls", "DescribeSnapshots"),
    Command("snapshot show {set}", "DescribeSnapshots"),
    Command("eip ls", "DescribeAddresses"),
    Command("check", "DescribeInstances"),
    Command("recovery status", "DescribeInstances"),
    Command(
        "launch shop --image debian-12-amd64 --type t3.micro,t3.small --group web --eip",
        "RunInstances",
        things=SCARCE,
    ),
    Command("start web-3", "StartInstances", things={NO_TYPE: "no-capacity t3.micro"}),
    Command("stop web-2 --yes", "StopInstances", things={STUCK: "stuck-stop web-2"}),
    Command("reboot web-2 --yes", "RebootInstances"),
    Command("terminate web-2 --yes", "TerminateInstances"),
    Command(
        "terminate web-2 --snapshot --yes", "CreateSnapshots", things={BAD_SNAPSHOT: "fail-snapshot web-2"}
    ),
    Command("tag set web-2 tier=front", "CreateTags"),
    Command("tag delete web-2 role", "DeleteTags"),
    Command(
        "snapshot create web-2",
        "CreateSnapshots",
        things={BAD_SNAPSHOT: "fail-snapshot web-2"},
        anew=True,
    ),
    Command("snapshot restore {set} --name copy", "RunInstances", things=SCARCE),
    Command("snapshot delete {set} --yes", "DeleteSnapshot"),
    Command("eip allocate", "AllocateAddress"),
    Command("eip assign {spare} web-2", "AssociateAddress", things={RIVAL: "rival:web-4 {spare}"}),
    Command(f"eip unassign {ADDRESS} --yes", "DisassociateAddress"),
    Command("eip release {spare} --yes", "ReleaseAddress"),
    Command("protect web-2", "CreateTags", things={BAD_SNAPSHOT: "fail-snapshot web-2"}),
    Command(
        "recover all",
        "StopInstances",
        ground="failed",
        things={
            STUCK: "stuck-stop web-1",
            NO_PLACE: "no-capacity",
            RIVAL: f"rival:web-4 {ADDRESS}",
        },
    ),
    Command("recovery pause web-1 --for 1h --reason work", "CreateTags", ground="failed"),
    Command("recovery resume web-4", "DeleteTags", ground="failed"),
    Command("recovery retire web-1.failed-1 --yes", "TerminateInstances", ground="healed"),
    Command("image ls", "DescribeImages", ground="images"),
    Command("image show web-20260101", "DescribeImages", ground="images"),
    Command(
        "image build debian-12-minimal --name built",
        "ebs:PutSnapshotBlock",
        ground="images",
        things={BAD_SNAPSHOT: "fail-snapshot"},
        rarely=True,
    ),
    Command("image import disk.raw --name moved --no-boot-test", "ebs:StartSnapshot", ground="images"),
    Command(
        "image create web-2 --name golden",
        "RegisterImage",
        ground="images",
        things={BAD_SNAPSHOT: "fail-snapshot web-2"},
        rarely=True,
    ),
    Command("image export web-20260101 disk.qcow2", "ebs:GetSnapshotBlock", ground="images", looks=True),
    Command("image copy web-20260101 --to eu-west-1 --name copy", "CopyImage", ground="images"),
    Command(
        "image share web-20260101 --with 444455556666", "ModifyImageAttribute", ground="images", rarely=True
    ),
    Command("image deprecate web-20260101 --in 30d", "EnableImageDeprecation", ground="images", rarely=True),
    Command("image delete web-20260101 --yes", "DeregisterImage", ground="images"),
    Command("image prune 'web-2*' --keep-last 1 --yes", "DeregisterImage", ground="images", rarely=True),
    Command("snapshot prune web-1 --keep-last 1 --yes", "DeleteSnapshot", ground="images", rarely=True),
    Command(
        f"bundle create web-1 {SHELF} --volume {DISK}",
        "s3:UploadPart",
        ground="images",
        things={BAD_SNAPSHOT: "fail-snapshot web-1"},
        anew=True,
        meanwhile="sets",
    ),
    Command(f"bundle ls {SHELF}", "s3:ListObjectsV2", ground="images", looks=True),
    Command(f"bundle verify {SHELF}/web-1", "s3:HeadObject", ground="images", rarely=True),
    Command(f"bundle restore {SHELF}/web-1 --to volume", "s3:GetObject", ground="images", rarely=True),
    Command(f"bundle restore {SHELF}/web-1 --to here", "s3:GetObject", ground="images", looks=True),
    Command(f"bundle prune {SHELF} --keep-last 1 --yes", "s3:DeleteObjects", ground="images", rarely=True),
    Command("cost", "ce:GetCostAndUsage", ground="priced", looks=True),
    Command("cost --running", "DescribeInstances", ground="priced"),
    Command("cost reserved t3.micro", "pricing:GetProducts", ground="priced", looks=True),
    Command(
        "cost reserved t3.small",
        "savingsplans:DescribeSavingsPlansOfferingRates",
        ground="priced",
        looks=True,
    ),
    Command("cost fleet", "DescribeReservedInstances", ground="priced"),
    Command("cost prices --update", "pricing:GetProducts", ground="fleet", looks=True),
)

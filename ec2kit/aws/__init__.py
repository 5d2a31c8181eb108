"""AWS behind one door: the only importer of boto3. Everything comes out as our values and our errors.

`connect` makes an `Aws`, which is a bundle of ports, one for each theme of the API. The ports that few commands need
are imported when they are used: each costs every command a hundredth of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ec2kit.aws.addresses import Addresses
from ec2kit.aws.answers import read_quickly
from ec2kit.aws.door import Clients, Clock, Door, Seen
from ec2kit.aws.faults import translate
from ec2kit.aws.images import Images
from ec2kit.aws.instances import Instances
from ec2kit.aws.limits import Limiter
from ec2kit.aws.network import Network
from ec2kit.aws.parameters import Parameters
from ec2kit.aws.snapshots import Snapshots
from ec2kit.aws.tags import TagPort
from ec2kit.aws.target import Target
from ec2kit.aws.templates import Templates
from ec2kit.aws.volumes import Volumes
from ec2kit.model.ids import AccountId, Region

if TYPE_CHECKING:
    import botocore.session

    from ec2kit.aws.blocks import Blocks
    from ec2kit.aws.cost_explorer import CostExplorer
    from ec2kit.aws.objects import Objects
    from ec2kit.aws.pricing import Pricing
    from ec2kit.aws.profiles import Profiles
    from ec2kit.aws.reservations import Reservations
    from ec2kit.aws.savings_plans import SavingsPlans
    from ec2kit.aws.sharing import Sharing

__all__ = ["Aws", "Target", "connect"]


@dataclass(frozen=True)
class Aws:
    """One region of one account at one endpoint."""

    door: Door

    @cached_property
    def instances(self) -> Instances:
        """Instances."""
        return Instances(self.door)

    @cached_property
    def volumes(self) -> Volumes:
        """Volumes."""
        return Volumes(self.door)

    @cached_property
    def snapshots(self) -> Snapshots:
        """Snapshots of this account."""
        return Snapshots(self.door)

    @cached_property
    def blocks(self) -> Blocks:
        """The blocks of snapshots."""
        from ec2kit.aws.blocks import Blocks

        return Blocks(self.door)

    @cached_property
    def objects(self) -> Objects:
        """Objects in S3."""
        from ec2kit.aws.objects import Objects

        return Objects(self.door)

    @cached_property
    def images(self) -> Images:
        """Images."""
        return Images(self.door)

    @cached_property
    def sharing(self) -> Sharing:
        """Who else may use our images and snapshots."""
        from ec2kit.aws.sharing import Sharing

        return Sharing(self.door)

    @cached_property
    def addresses(self) -> Addresses:
        """Elastic IPs."""
        return Addresses(self.door)

    @cached_property
    def tags(self) -> TagPort:
        """Tags of any resource."""
        return TagPort(self.door)

    @cached_property
    def templates(self) -> Templates:
        """Launch templates."""
        return Templates(self.door)

    @cached_property
    def network(self) -> Network:
        """Zones, subnets, groups, keys, types."""
        return Network(self.door)

    @cached_property
    def profiles(self) -> Profiles:
        """Instance profiles."""
        from ec2kit.aws.profiles import Profiles

        return Profiles(self.door)

    @cached_property
    def parameters(self) -> Parameters:
        """SSM parameters."""
        return Parameters(self.door)

    @cached_property
    def cost_explorer(self) -> CostExplorer:
        """The bill."""
        from ec2kit.aws.cost_explorer import CostExplorer

        return CostExplorer(self.door)

    @cached_property
    def pricing(self) -> Pricing:
        """AWS's price list."""
        from ec2kit.aws.pricing import Pricing

        return Pricing(self.door)

    @cached_property
    def reservations(self) -> Reservations:
        """Reserved instances."""
        from ec2kit.aws.reservations import Reservations

        return Reservations(self.door)

    @cached_property
    def savings_plans(self) -> SavingsPlans:
        """Savings plans."""
        from ec2kit.aws.savings_plans import SavingsPlans

        return SavingsPlans(self.door)

    @cached_property
    def account(self) -> AccountId:
        """The account's number (STS GetCallerIdentity, asked once)."""
        return AccountId(self.door.read(self.door.clients.sts.get_caller_identity)["Account"])

    @property
    def region(self) -> Region:
        """The region that calls go to."""
        return Region(self.door.clients.ec2_acting.meta.region_name)

    @property
    def endpoint(self) -> str:
        """The URL that EC2's calls go to."""
        url: str = self.door.clients.ec2_acting.meta.endpoint_url
        return url

    @property
    def sandbox(self) -> str:
        """The name of the sandbox that answered last, empty on AWS itself or before the first answer."""
        return self.door.clients.seen.sandbox

    @property
    def calls(self) -> int:
        """How many requests were sent."""
        return self.door.clients.seen.calls

    def now(self) -> datetime:
        """AWS's time, as the last answer's Date header told it."""
        return self.door.clients.clock.now()

    def elsewhere(self, region: str) -> Aws:
        """The same account in another region, under the same guard; this one for its own region and for none."""
        return self if region in ("", self.region) else Aws(self.door.elsewhere(region))

    def guarded(self, guard: Callable[[], None]) -> Aws:
        """The same account for acting under a lease: `guard` raises when it is lost, and is asked before each
        changing call and between tries."""
        return Aws(self.door.guarded(guard))


def connect(target: Target, clock: Clock, session: botocore.session.Session | None = None) -> Aws:
    """Given where to go, return the account there; nothing is sent yet.

    `session` is for those who bring their own transport (tests in process). Raises `UsageError` without a
    region or for an unknown profile, `AccessDenied` when no credentials can be read.
    """
    import boto3.session
    import botocore.session as botocore_session
    from botocore.exceptions import BotoCoreError

    try:
        base = session or botocore_session.Session(profile=target.profile or None)
        read_quickly(base)
        whole = boto3.session.Session(
            botocore_session=base,
            region_name=target.region or None,
            aws_access_key_id=target.access_key or None,
            aws_secret_access_key=target.secret_key or None,
        )
        clients = Clients(target, whole, clock, Seen())
        door = Door(clients, Limiter(clock))
        # A missing region is told here, before anything is planned. The other client is made only when it is needed.
        _ = clients.ec2_acting
    except BotoCoreError as error:
        raise translate(error, "connect", changing=False) from error
    return Aws(door)

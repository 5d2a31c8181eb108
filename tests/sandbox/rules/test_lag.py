from ec2kit.sandbox.delays import Delays
from tests.sandbox.rules.making import ZONE, instance, launch, make_image, refused
from tests.support.inprocess import InProcess


def lagging(seed: int = 1) -> InProcess:
    return InProcess(seed=seed, delays=Delays(lag_max=1000))


def test_what_was_just_made_is_not_there_yet_and_then_it_is() -> None:
    sandbox = lagging()
    ec2 = sandbox.client("ec2")
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    with refused("InvalidVolume.NotFound"):
        ec2.describe_volumes(VolumeIds=[made])
    assert ec2.describe_volumes()["Volumes"] == []
    # It can be used all the same.
    sandbox.tick(3)
    snapshot = ec2.create_snapshot(VolumeId=made)["SnapshotId"]
    with refused("InvalidSnapshot.NotFound"):
        ec2.describe_snapshots(SnapshotIds=[snapshot])
    address = ec2.allocate_address(Domain="vpc")
    with refused("InvalidAllocationID.NotFound"):
        ec2.describe_addresses(AllocationIds=[address["AllocationId"]])
    with refused("InvalidAddress.NotFound"):
        ec2.describe_addresses(PublicIps=[address["PublicIp"]])
    assert ec2.describe_addresses()["Addresses"] == []
    sandbox.tick(1000)
    assert len(ec2.describe_volumes(VolumeIds=[made])["Volumes"]) == 1
    assert len(ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]) == 1
    assert len(ec2.describe_addresses()["Addresses"]) == 1


def test_each_thing_has_its_own_lag() -> None:
    sandbox = lagging()
    ec2 = sandbox.client("ec2")
    image_id = make_image(sandbox)
    with refused("InvalidAMIID.NotFound"):
        ec2.describe_images(ImageIds=[image_id])
    ids = launch(sandbox, image_id, count=20)
    seen = []
    for _ in range(10):
        sandbox.tick(100)
        pages = ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": ids}])["Reservations"]
        seen.append(sum(len(page["Instances"]) for page in pages))
    assert seen == sorted(seen)
    assert 0 < seen[4] < 20
    assert seen[-1] == 20
    assert {instance(sandbox, one)["State"]["Name"] for one in ids} == {"running"}


def test_one_that_is_not_seen_yet_fails_the_whole_call_by_id() -> None:
    sandbox = lagging()
    ec2 = sandbox.client("ec2")
    ids = launch(sandbox, make_image(sandbox), count=2)
    with refused("InvalidInstanceID.NotFound"):
        ec2.describe_instances(InstanceIds=ids)
    with refused("InvalidInstanceID.NotFound"):
        ec2.describe_instance_status(InstanceIds=ids, IncludeAllInstances=True)
    assert ec2.describe_instance_status(IncludeAllInstances=True)["InstanceStatuses"] == []
    sandbox.tick(1000)
    assert len(ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"]) == 2


def test_a_new_tag_is_missed_by_listings_that_filter_by_it() -> None:
    sandbox = lagging()
    ec2 = sandbox.client("ec2")
    (instance_id,) = launch(sandbox, make_image(sandbox))
    sandbox.tick(1000)
    ec2.create_tags(Resources=[instance_id], Tags=[{"Key": "role", "Value": "web"}])
    by_role = [{"Name": "tag:role", "Values": ["web"]}]
    assert ec2.describe_instances(Filters=by_role)["Reservations"] == []
    assert len(ec2.describe_instances()["Reservations"]) == 1
    sandbox.tick(1000)
    assert len(ec2.describe_instances(Filters=by_role)["Reservations"]) == 1


def test_the_same_seed_lags_the_same() -> None:
    def seen(seed: int) -> list[bool]:
        sandbox = lagging(seed)
        ec2 = sandbox.client("ec2")
        ids = [ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"] for _ in range(12)]
        sandbox.tick(500)
        visible = {one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]}
        return [one in visible for one in ids]

    assert seen(1) == seen(1)
    assert seen(1) != seen(2)


def test_without_lag_everything_is_seen_at_once() -> None:
    sandbox = InProcess(delays=Delays(lag_max=0))
    ec2 = sandbox.client("ec2")
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    assert len(ec2.describe_volumes(VolumeIds=[made])["Volumes"]) == 1

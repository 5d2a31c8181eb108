"""Machines go on where they were when the sandbox is saved and loaded again."""

import pickle

from moto.ec2.models import ec2_backends

from ec2kit.sandbox import rules, world
from tests.sandbox.rules.ground import Ground


def test_what_was_on_its_way_arrives_after_a_restart(ground: Ground) -> None:
    booting, stopping = ground.launch(), ground.running()
    ground.ec2.stop_instances(InstanceIds=stopping)
    wanted = {"ImageId": ground.image_id, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    first = ground.ec2.run_instances(ClientToken="once", **wanted)["ReservationId"]
    saved = pickle.dumps((world.current(), dict(ec2_backends)))
    loaded, backends = pickle.loads(saved)
    world.activate(loaded)
    ground.sandbox.app.world = loaded
    ec2_backends.clear()
    ec2_backends.update(backends)
    ground.sandbox.tick(60)
    rules.settle(loaded.clock.now())
    assert [ground.state(one) for one in (*booting, *stopping)] == ["running", "stopped"]
    assert ground.ec2.run_instances(ClientToken="once", **wanted)["ReservationId"] == first
    addresses = [ground.one(one)["PrivateIpAddress"] for one in (*ground.found(), *ground.launch(5))]
    assert len(set(addresses)) == len(addresses)

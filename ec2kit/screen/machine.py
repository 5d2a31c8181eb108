"""One machine with everything about it: `show`, as JSON and as labelled lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ec2kit.costs.standing import Cost
from ec2kit.fleet.about import About
from ec2kit.fleet.recoverable import usable
from ec2kit.model.instances import InstanceStatus
from ec2kit.model.periods import format_age, format_time
from ec2kit.model.tags import CHECK, HOSTNAME, KEEP, NAME, PREFIX, PROTECT, STATE, name_of
from ec2kit.screen.amounts import cost_json, cost_pairs

Pairs = list[tuple[str, str]]


def machine_json(about: About, cost: Cost | None = None) -> dict[str, Any]:
    """Given a machine and what it costs, return the documented JSON object; keys are only ever added."""
    machine, instance = about.machine, about.machine.instance
    return {
        "id": instance.id,
        "name": name_of(instance.tags),
        "state": instance.state,
        "state_reason": instance.state_message or instance.transition_reason,
        "type": instance.type,
        "zone": instance.zone,
        "image": instance.image,
        "image_name": machine.image.name if machine.image else "",
        "architecture": instance.architecture,
        "launched": instance.launched,
        "private_ip": instance.private_ip,
        "public_ip": instance.public_ip,
        "elastic_ip": machine.address.public_ip if machine.address else "",
        "allocation": machine.address.allocation if machine.address else "",
        "vpc": instance.vpc,
        "subnet": instance.subnet,
        "groups": [{"id": group.id, "name": group.name} for group in about.groups],
        "key": instance.key,
        "instance_profile": instance.instance_profile,
        "user_data_bytes": len(machine.attributes.user_data.encode(errors="surrogateescape")),
        "termination_protection": machine.attributes.disable_api_termination,
        "stop_protection": machine.attributes.disable_api_stop,
        "disks": [_disk(about, device) for device in _devices(about)],
        "checks": _checks(about.status),
        "events": [event.description for event in about.status.events] if about.status else [],
        "last_set": _last_set(about),
        "sets": len(about.sets),
        "protect": instance.tags.get(PROTECT, ""),
        "probe": instance.tags.get(CHECK, ""),
        "holds": list(about.enrolment.holds),
        "mark": instance.tags.get(STATE, ""),
        "keep": KEEP in instance.tags,
        "hostname": instance.tags.get(HOSTNAME, ""),
        "recoverable": {
            "yes": about.recoverable.yes,
            "reasons": list(about.recoverable.reasons),
            "caveats": list(about.recoverable.caveats),
        },
        "tags": dict(sorted(instance.tags.items())),
        "cost": cost_json(cost, about.now or instance.launched),
    }


def machine_pairs(about: About, cost: Cost | None = None) -> Pairs:
    """Given a machine and what it costs, return label and text of each line; what it does not have is left out."""
    value = machine_json(about)
    state = f"{value['state']} ({value['state_reason']})" if value["state_reason"] else str(value["state"])
    lines: Pairs = [
        ("id", value["id"]),
        ("name", value["name"]),
        ("state", state),
        ("checks", ", ".join(f"{name} {word}" for name, word in value["checks"].items())),
        ("events", "; ".join(value["events"])),
        ("type", f"{value['type']} ({value['architecture']})"),
        ("zone", value["zone"]),
        ("launched", _moment(about)),
        ("image", f"{value['image']} ({value['image_name'] or 'gone'})"),
        ("address", value["elastic_ip"]),
        ("public ip", value["public_ip"]),
        ("private ip", value["private_ip"]),
        ("network", f"{value['subnet']} in {value['vpc']}" if value["subnet"] else ""),
        ("groups", ", ".join(f"{group['name']} ({group['id']})" for group in value["groups"])),
        ("key", value["key"]),
        ("role", value["instance_profile"]),
        ("user data", f"{value['user_data_bytes']} bytes" if value["user_data_bytes"] else ""),
        ("host name", value["hostname"]),
        *(("disk", _disk_text(disk)) for disk in value["disks"]),
        ("protected", _protection(value)),
        ("last set", _set_text(about)),
        ("enrolled", _enrolled(value)),
        *(("held", hold) for hold in value["holds"]),
        ("mark", value["mark"]),
        *(cost_pairs(cost, about.now or about.machine.instance.launched) if cost else ()),
        ("tags", ", ".join(f"{key}={text}" for key, text in value["tags"].items() if _is_persons(key))),
    ]
    shown = [(label, str(text)) for label, text in lines if text]
    return [*shown, ("recoverable", str(about.recoverable))]


def _is_persons(key: str) -> bool:
    return key != NAME and not key.startswith(PREFIX)


def _moment(about: About) -> str:
    launched = about.machine.instance.launched
    age = f" ({format_age(launched, about.now)} ago)" if about.now else ""
    return format_time(launched) + age


def _devices(about: About) -> list[str]:
    root = about.machine.instance.root_device
    return sorted(
        (disk.device for disk in about.machine.instance.disks), key=lambda name: (name != root, name)
    )


def _disk(about: About, device: str) -> dict[str, Any]:
    disk = next(each for each in about.machine.instance.disks if each.device == device)
    volume = about.machine.volume_at(device)
    return {
        "device": device,
        "volume": disk.volume,
        "root": device == about.machine.instance.root_device,
        "size_gib": volume.size_gib if volume else None,
        "type": volume.type if volume else "",
        "encrypted": volume.encrypted if volume else None,
        "goes_with_instance": disk.delete_on_termination,
    }


def _disk_text(disk: Mapping[str, Any]) -> str:
    words = [disk["device"], disk["volume"]]
    words += [f"{disk['size_gib']} GiB {disk['type']}"] if disk["size_gib"] else []
    words += ["root"] if disk["root"] else []
    words += ["encrypted"] if disk["encrypted"] else []
    return " ".join(words) + ("" if disk["goes_with_instance"] else ", stays when the machine ends")


def _checks(status: InstanceStatus | None) -> dict[str, str]:
    if status is None:
        return {}
    return {"system": status.system.status, "instance": status.instance.status, "ebs": status.ebs.status}


def _last_set(about: About) -> dict[str, Any] | None:
    found = usable(about.sets)[:1] or about.sets[:1]
    if not found or about.now is None:
        return None
    last = found[0]
    return {
        "id": last.name,
        "taken": last.taken,
        "age_seconds": int((about.now - last.taken).total_seconds()),
        "complete": last.complete,
        "bad": last.bad,
        "drilled": last.drilled,
    }


def _set_text(about: About) -> str:
    last = _last_set(about)
    if last is None or about.now is None:
        return "none"
    state = f"bad: {last['bad']}" if last["bad"] else "complete" if last["complete"] else "not complete"
    return f"{last['id']}, {format_age(last['taken'], about.now)} ago, {state}"


def _protection(value: Mapping[str, Any]) -> str:
    kinds = {
        "termination_protection": "from termination",
        "stop_protection": "from stop",
        "keep": f"by {KEEP}",
    }
    return ", ".join(text for key, text in kinds.items() if value[key])


def _enrolled(value: Mapping[str, Any]) -> str:
    if not value["protect"]:
        return "no"
    return f"up to {value['protect']}, {'probe ' + value['probe'] if value['probe'] else 'no probe'}"

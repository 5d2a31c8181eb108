"""The EFI system partition: the commands that make it and put the loader in, the same bytes each time. Pure."""

from __future__ import annotations

from ec2kit.images.disk.layout import SECTOR, Partition


def esp_commands(image: str, esp: Partition, serial: str, loader: str, name: str) -> list[list[str]]:
    """Given the partition, a volume serial of eight hexadecimal digits and a loader's file, return the commands.

    `name` is the loader's in \\EFI\\BOOT. mtools takes its times from SOURCE_DATE_EPOCH and from the file.
    """
    place = f"{image}@@{esp.start}"
    sectors = esp.size // SECTOR
    return [
        # Clusters of 2 KiB make 8,176 of them, which is FAT16 (Microsoft's FAT specification, 3.5).
        [
            "mformat",
            "-i",
            place,
            "-T",
            str(sectors),
            "-h",
            "16",
            "-s",
            "32",
            "-c",
            "4",
            "-H",
            str(esp.start // SECTOR),
            "-N",
            serial,
            "-v",
            "ESP",
            "::",
        ],
        ["mmd", "-i", place, "::EFI", "::EFI/BOOT"],
        ["mcopy", "-i", place, "-m", loader, f"::EFI/BOOT/{name}"],
    ]

"""Images: from a recipe to a bootable disk, and from a disk to AWS and back; bundles."""

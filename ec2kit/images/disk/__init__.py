"""From a root file system in a tar to a disk that boots, all in user space: no loop device, no root.

Start at `assemble.assemble`. `layout`, `grub`, `filesystem` and `contents` are pure and say what is done; the
same tar and the same spec give the same bytes.
"""

"""Frozen values that everything shares: ids, instances, disks, images, addresses, tags, runs, evidence.

Nothing here reads AWS, a clock or a file. Times are aware and UTC; sizes carry their unit in the name.
"""

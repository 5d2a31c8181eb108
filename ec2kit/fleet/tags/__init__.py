"""Tags of any resource: which resources a word means, what may be set, and the plans."""

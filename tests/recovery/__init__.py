"""The decisions of recovery, without any AWS."""

"""What is done with whole machines: launch, power, tags, restoring a set to an instance."""

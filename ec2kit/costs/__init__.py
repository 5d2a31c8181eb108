"""What machines cost and what reserving them would save: prices, the arithmetic, reports. Pure, but for files."""

"""What people write without Rounds: short, fair, and quick where its users would make it quick."""

"""What an admin writes, checked and turned into values."""

"""What must be in a portal before the first night."""

"""What the org's objects look like, what their values mean, and what fills them."""

"""OAuth apps: tokens that expire after half an hour, and what HubSpot answers about them."""

"""Setting fields of records, and what HubSpot says of each."""

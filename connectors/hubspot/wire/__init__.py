"""How a call reaches HubSpot: paths of each version, limits, answers, errors."""

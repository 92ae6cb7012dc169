"""Who in a pod: people, what they hold already, and how accounts are shared out."""

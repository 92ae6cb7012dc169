"""What the tool answers about rules and accounts without asking the CRM."""

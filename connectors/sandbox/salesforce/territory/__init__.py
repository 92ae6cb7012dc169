"""Enterprise Territory Management: models, territories, and which records and users are in them."""

"""What the portal knows of its objects: properties, pipelines, kinds of association."""

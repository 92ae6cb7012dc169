"""The exports API: files of whole objects, made one after the other and fetched from a link that expires."""

"""The Metadata API of the org: components created, read, changed and deleted by SOAP, at once and one by one."""

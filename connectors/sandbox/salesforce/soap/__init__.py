"""The SOAP API of the org: update, create and delete with the headers that only SOAP has."""

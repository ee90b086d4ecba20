"""The pages that the node serves to people: to check a certificate, for volunteers, merchants and the public."""

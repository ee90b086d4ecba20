"""Pictures and PDF files: what is in them, read in a process of its own, under limits, since anybody may send one."""

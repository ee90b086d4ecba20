"""Certificates on paper: the page, its fonts, and codes as pictures."""

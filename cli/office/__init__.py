"""An organisation's own files: spreadsheets in and out, the record book."""

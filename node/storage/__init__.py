"""What a node keeps on disk: one ordered map of bytes, written one synced batch a block."""

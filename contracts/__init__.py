"""What hours and points mean: rules as pure functions of (view, transaction, context)."""

"""What runs in the background: the watcher that keeps panels up to date, and the operations under way."""

"""What goes on by itself: the watcher that keeps panels up to date, and the operations under way."""

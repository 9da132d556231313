"""What people see: text made harmless, secrets masked, cards and markup; escaped and coloured here and nowhere else."""

"""What people see: renders a finished `Report` and writes it; computes nothing that is not in it."""

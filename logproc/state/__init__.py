"""What has been counted, and who may count now."""

"""What the suite notices of a contract that is wrong in one place."""

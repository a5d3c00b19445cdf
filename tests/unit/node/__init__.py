"""What the tests on a real node are made of, without a node."""

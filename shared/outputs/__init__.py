"""The resources that a submission creates: their names, a pure function for each, and the schedulers that place it."""

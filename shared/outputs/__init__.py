"""What a submission creates: names, one pure function per output resource, and the schedulers that place it."""

"""What the process of every service has: bus, delivery, settings, logs, health."""

/* The console's own script: small, and the page works without it. */

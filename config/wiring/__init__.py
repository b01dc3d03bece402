"""Join the five apps: adapters, signal receivers, mails, panels and navigation."""

"""What every test gets. The database server comes from `tests.postgres`, which must run before Django's settings."""

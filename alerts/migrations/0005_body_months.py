from django.db import migrations

# Bodies are the bulk of what is stored: by months, so that old ones are dropped instead of deleted row by row. Rows of no
# month of their own stand in the default part, and intake never waits for a part to be made (alerts/partitions.py).
# This month and the next two are there before the bodies move: what is in the default part would have to move once more.
MONTHS = """
SET LOCAL lock_timeout = '4s';
ALTER TABLE alerts_body RENAME TO alerts_body_whole;
CREATE SEQUENCE alerts_body_number AS bigint;
CREATE TABLE alerts_body (
  id bigint NOT NULL DEFAULT nextval('alerts_body_number'),
  source_id bigint NOT NULL REFERENCES alerts_source (id),
  received_at timestamptz NOT NULL,
  digest varchar(64) NOT NULL,
  content bytea NOT NULL,
  size integer NOT NULL CHECK (size >= 0),
  content_type varchar(100) NOT NULL,
  accepted integer NOT NULL CHECK (accepted >= 0),
  outcome jsonb NOT NULL,
  PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
ALTER SEQUENCE alerts_body_number OWNED BY alerts_body.id;
CREATE TABLE alerts_body_other PARTITION OF alerts_body DEFAULT;
DO $months$
DECLARE month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
BEGIN
  FOR ahead IN 0..2 LOOP
    EXECUTE format('CREATE TABLE alerts_body_%s PARTITION OF alerts_body FOR VALUES FROM (%L) TO (%L)',
      to_char(month, 'YYYY_MM'), month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
    month := month + interval '1 month';
  END LOOP;
END $months$;
INSERT INTO alerts_body (id, source_id, received_at, digest, content, size, content_type, accepted, outcome)
  SELECT id, source_id, received_at, digest, content, size, content_type, accepted, outcome FROM alerts_body_whole;
SELECT setval('alerts_body_number', greatest((SELECT max(id) FROM alerts_body_whole), 1), (SELECT count(*) > 0 FROM alerts_body_whole));
DROP TABLE alerts_body_whole;
CREATE INDEX body_source ON alerts_body (source_id, id DESC);
CREATE INDEX body_digest ON alerts_body (digest);
"""
# The months cannot be put together again as the table that Django made: nothing else reads them differently.


class Migration(migrations.Migration):
    dependencies = [("alerts", "0004_key_history")]

    operations = [migrations.RunSQL(MONTHS, migrations.RunSQL.noop)]

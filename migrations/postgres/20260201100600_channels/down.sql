ALTER TABLE channel DROP COLUMN last_callback_at;
ALTER TABLE channel DROP COLUMN last_outbound_at;
ALTER TABLE channel DROP COLUMN last_inbound_at;
ALTER TABLE channel DROP COLUMN reason_detail;
ALTER TABLE channel DROP COLUMN reason_code;
ALTER TABLE channel DROP COLUMN registration;
ALTER TABLE channel DROP COLUMN phone;

-- How each line is doing, and what is known of its number.
ALTER TABLE channel ADD COLUMN phone TEXT;
ALTER TABLE channel ADD COLUMN registration TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE channel ADD COLUMN reason_code TEXT;
ALTER TABLE channel ADD COLUMN reason_detail TEXT;
ALTER TABLE channel ADD COLUMN last_inbound_at BIGINT;
ALTER TABLE channel ADD COLUMN last_outbound_at BIGINT;
ALTER TABLE channel ADD COLUMN last_callback_at BIGINT;

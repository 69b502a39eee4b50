DROP INDEX care_window_end;
DROP INDEX outbox_conversation;
ALTER TABLE message DROP COLUMN release_at;
ALTER TABLE message DROP COLUMN hold_reason;
DROP TABLE business_hours;
DROP TABLE consent;

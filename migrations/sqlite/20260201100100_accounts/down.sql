DROP TABLE recovery_code;
DROP TABLE second_factor;
DROP TABLE access_link;
DROP TABLE mail;
ALTER TABLE user_account DROP COLUMN email_on_assignment;
ALTER TABLE user_account DROP COLUMN notify_enabled;
ALTER TABLE user_account DROP COLUMN mobile;

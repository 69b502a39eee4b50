DROP INDEX contact_with_email;
DROP TABLE email_recipient;
DROP TABLE email_announcement;
DROP TABLE email_consent;

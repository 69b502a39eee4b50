DROP TABLE search_contact;
DROP TABLE search_message;
DROP INDEX conversation_waiting;
DROP TRIGGER contact_search_news ON contact;
DROP TRIGGER contact_search_new ON contact;
DROP FUNCTION contact_search();
DROP TABLE search_pending;
DROP TABLE inbox_count;
DELETE FROM meta WHERE key IN ('search_cursor', 'inbox_counts');

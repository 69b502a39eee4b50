DROP INDEX conversation_waiting;
DROP TRIGGER contact_search_gone;
DROP TRIGGER contact_search_news;
DROP TRIGGER contact_search_new;
DROP TABLE search_pending;
DROP TABLE inbox_count;
DELETE FROM meta WHERE key = 'inbox_counts';

DROP TABLE audit;
DROP TABLE conversation_visibility;
DROP TABLE contact_visibility;
DROP INDEX team_group_first;
ALTER TABLE conversation DROP COLUMN restricted;
ALTER TABLE team_group DROP COLUMN is_first;

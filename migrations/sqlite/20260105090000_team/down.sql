DROP TABLE channel;
DROP TABLE group_member;
DROP TABLE team_group;
DROP TABLE session;
DROP TABLE user_account;
DROP TABLE business;
DROP TABLE meta;

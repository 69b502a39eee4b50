DROP TABLE saved_reply;
DROP TABLE template;
